//! Kept inputs between a text of one input a line and a directory of files.
//!
//! `corpus unpack TEXT DIR` writes the files. `corpus pack TEXT DIR MORE` writes the text: at most [`MOST`]
//! of `DIR`, the shortest ones, and if those are fewer than [`LEAST`] the shortest of `MORE` as well.

use oomparse_fuzz::unescape;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What the replay asks for.
const LEAST: usize = 1000;

/// What it has time for.
const MOST: usize = 1200;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["unpack", text, dir] => unpack(Path::new(text), Path::new(dir)),
        ["pack", text, dir, more] => pack(Path::new(text), Path::new(dir), Path::new(more)),
        _ => Err(io::Error::other(
            "usage: corpus unpack TEXT DIR | corpus pack TEXT DIR MORE",
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

fn pack(text: &Path, dir: &Path, more: &Path) -> io::Result<usize> {
    let mut lines = shortest(dir, MOST)?;
    if lines.len() < LEAST {
        for line in shortest(more, usize::MAX)? {
            if lines.len() < LEAST && !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    // An order that does not depend on the files' names: a small difference stays small.
    lines.sort();
    fs::write(text, lines.join("\n") + "\n")?;
    Ok(lines.len())
}

fn shortest(dir: &Path, most: usize) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(dir)? {
        lines.push(fs::read(entry?.path())?.escape_ascii().to_string());
    }
    lines.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    lines.dedup();
    lines.truncate(most);
    Ok(lines)
}
