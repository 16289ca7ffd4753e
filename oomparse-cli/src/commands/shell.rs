//! `oomparse completions` and `oomparse man`: files that a package installs with the program.

use crate::Found;
use crate::sink;
use clap::Command;
use std::io::{self, Write as _};

/// Write what a shell needs to complete the command line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  oomparse completions bash > /etc/bash_completion.d/oomparse
  oomparse completions zsh > ~/.zfunc/_oomparse
  oomparse completions fish > ~/.config/fish/completions/oomparse.fish")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

/// Write the manual page, of the program or of one of its commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  oomparse man > oomparse.1
  oomparse man scan | man -l -")]
pub(crate) struct ManArgs {
    /// One of the commands, as `scan`; without it the program itself
    pub(crate) command: Option<String>,
}

/// Writes the completion script of a shell for this program.
pub(crate) fn completions(args: &CompletionsArgs, mut program: Command) -> io::Result<Found> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "oomparse", &mut script);
    write(&script)
}

/// Writes a manual page of this program; reports if it has no such command.
pub(crate) fn man(args: &ManArgs, mut program: Command) -> io::Result<Found> {
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let sentence = "is not a command; `oomparse help` lists the commands";
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
