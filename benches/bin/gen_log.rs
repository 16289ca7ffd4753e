//! `gen-log sparse|dense SIZE_MB OUT`: writes a log to measure with and says what is in it.

use oomparse_benches::{SEED, dense, sparse};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: gen-log sparse|dense SIZE_MB OUT";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("gen-log: {sentence}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    let [kind, size_mb, path] = args else {
        return Err(USAGE.to_owned());
    };
    let size_mb: u64 = size_mb.parse().map_err(|_| USAGE.to_owned())?;
    let size = size_mb * 1_000_000;
    let trouble = |error: std::io::Error| format!("{path}: {error}");
    let mut out = BufWriter::new(File::create(path).map_err(trouble)?);
    let totals = match kind.as_str() {
        "sparse" => sparse(&mut out, size, SEED),
        "dense" => dense(&mut out, size, SEED),
        _ => return Err(USAGE.to_owned()),
    }
    .map_err(trouble)?;
    out.flush().map_err(trouble)?;
    println!(
        "bytes={} lines={} kills={} pods={}",
        totals.bytes, totals.lines, totals.kills, totals.pods
    );
    Ok(())
}
