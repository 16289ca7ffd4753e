//! Kept inputs between a text of one input a line and a directory of files.
//!
//! `corpus unpack TEXT DIR` writes the files, `corpus pack TEXT DIR` writes the text of what is in `DIR`.

use oomparse_fuzz::unescape;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["unpack", text, dir] => unpack(Path::new(text), Path::new(dir)),
        ["pack", text, dir] => pack(Path::new(text), Path::new(dir)),
        _ => Err(io::Error::other(
            "usage: corpus unpack TEXT DIR | corpus pack TEXT DIR",
        )),
    };
    match result {
        Ok(count) => {
            println!("{count} inputs");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("corpus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn unpack(text: &Path, dir: &Path) -> io::Result<usize> {
    fs::create_dir_all(dir)?;
    let text = fs::read_to_string(text)?;
    for (at, line) in text.lines().enumerate() {
        let input = unescape(line)
            .ok_or_else(|| io::Error::other(format!("line {}: not an escaped input", at + 1)))?;
        fs::write(dir.join(format!("kept-{at:05}")), input)?;
    }
    Ok(text.lines().count())
}

fn pack(text: &Path, dir: &Path) -> io::Result<usize> {
    // In an order that does not depend on the files' names: a small difference stays small.
    let mut lines = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        lines.insert(fs::read(entry?.path())?.escape_ascii().to_string());
    }
    let count = lines.len();
    let lines: Vec<String> = lines.into_iter().collect();
    fs::write(text, lines.join("\n") + "\n")?;
    Ok(count)
}
