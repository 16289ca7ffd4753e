//! Reads a log and writes its events as JSON lines: `read_dmesg FILE`.

use std::io::{BufWriter, Write};

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: read_dmesg FILE");
        std::process::exit(2);
    };
    let log = std::fs::read(path)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for event in oomparse_core::parse_all(&log, &oomparse_core::Options::new()) {
        writeln!(out, "{}", event.to_json())?;
    }
    out.flush()
}
