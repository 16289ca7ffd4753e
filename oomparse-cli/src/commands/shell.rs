//! `oomparse completions` and `oomparse man`: files that a package installs with the program.

use crate::Found;
use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::sink;
use clap::CommandFactory as _;
use std::io::{self, Write as _};

/// Writes the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> io::Result<Found> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "oomparse", &mut script);
    write(&script)
}

/// Writes a manual page; reports if there is no such command.
pub(crate) fn man(args: &ManArgs) -> io::Result<Found> {
    let mut program = Args::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let sentence = "is no command; `oomparse help` lists the commands";
                crate::warn(name, sentence);
                return Ok(Found::Trouble);
            }
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    write(&page)
}

fn write(text: &[u8]) -> io::Result<Found> {
    let mut out = sink::stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(Found::Some)
}
