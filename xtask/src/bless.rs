//! Snapshots: the full output for each case of the corpus.

use oomparse_tests::{Case, cases, to_snapshot};
use std::fs;
use std::process::ExitCode;

/// Writes every snapshot that differs from the current output. `truth.json` is never changed.
pub(crate) fn write() -> ExitCode {
    let written = stale().and_then(|stale| {
        for (case, snapshot) in &stale {
            let path = case.dir.join("snapshot.json");
            fs::write(&path, snapshot).map_err(|e| format!("{}: {e}", path.display()))?;
            println!("written: corpus/cases/{}/snapshot.json", case.name);
        }
        Ok(stale.len())
    });
    match written {
        Ok(0) => println!("every snapshot is what comes out"),
        Ok(count) => println!("{count} written; read them: git diff -- corpus"),
        Err(sentence) => {
            eprintln!("xtask bless: {sentence}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Fails if [`write()`] would write something.
pub(crate) fn check() -> Result<(), String> {
    let stale = stale()?;
    if stale.is_empty() {
        return Ok(());
    }
    for (case, _) in &stale {
        println!("    differs: corpus/cases/{}", case.name);
    }
    Err(format!(
        "{} snapshots differ; run `cargo xtask bless` and read the difference",
        stale.len()
    ))
}

/// The cases whose snapshot is missing or outdated, with the right one.
fn stale() -> Result<Vec<(Case, String)>, String> {
    let cases = cases()?;
    if cases.is_empty() {
        return Err("corpus/cases is empty".to_owned());
    }
    Ok(cases
        .into_iter()
        .map(|case| {
            let now = to_snapshot(&case.events());
            (case, now)
        })
        .filter(|(case, now)| case.snapshot().as_ref() != Some(now))
        .collect())
}
