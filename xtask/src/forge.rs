//! The forge's own definitions, `.github/workflows`: `cargo xtask workflows` has actionlint read them.

use crate::lack::Lack;
use crate::steps;
use crate::{in_ci, root, system, target_dir};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A Go module, which Go builds.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

/// Reads every definition.
pub(crate) fn check() -> Result<(), String> {
    let actionlint = bring()?;
    let mut command = Command::new(actionlint);
    let files = workflows()?;
    let files = files
        .iter()
        .map(|(name, _)| root().join(".github/workflows").join(name));
    steps::run(command.arg("-color").args(files).current_dir(root()))
}

/// actionlint, which in CI is built below `target/tools`.
fn bring() -> Result<PathBuf, Lack> {
    let bin = target_dir().join("tools/bin");
    let built = bin.join("actionlint");
    if let Some(found) = system::find("actionlint").or(built.is_file().then_some(built.clone())) {
        return Ok(found);
    }
    if !in_ci() || system::find("go").is_none() {
        let how = format!("go install {ACTIONLINT}");
        return Err(Lack::command("actionlint is missing", how));
    }
    steps::run(
        Command::new("go")
            .args(["install", ACTIONLINT])
            .env("GOBIN", &bin),
    )?;
    Ok(built)
}

/// The definitions, with their names.
fn workflows() -> Result<Vec<(String, String)>, String> {
    let dir = root().join(".github/workflows");
    let failed = |e: std::io::Error| format!("{}: {e}", dir.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        found.push((name, fs::read_to_string(&path).map_err(failed)?));
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_call_commands_that_there_are() {
        let mut count = 0;
        for (name, text) in workflows().unwrap() {
            for rest in text.split("cargo xtask ").skip(1) {
                let command = rest.split([' ', '\n']).next().unwrap();
                let known = crate::HELP.lines().any(|line| {
                    let words = line.strip_prefix("  ").unwrap_or_default();
                    words.split(' ').next() == Some(command)
                });
                assert!(known, "{name}: cargo xtask {command}");
                count += 1;
            }
        }
        assert!(count > 3, "{count}");
    }

    /// The toolchain is the one that `Cargo.toml` names, and every fuzz target is fuzzed.
    #[test]
    fn workflows_know_the_toolchain_and_the_fuzz_targets() {
        let wanted = concat!("toolchain install ", env!("CARGO_PKG_RUST_VERSION"), " ");
        let wanted_bare = concat!("--default-toolchain ", env!("CARGO_PKG_RUST_VERSION"), " ");
        for (name, text) in workflows().unwrap() {
            assert!(text.contains(wanted), "{name}: not `{wanted}`");
            assert!(
                !text.contains("--default-toolchain") || text.contains(wanted_bare),
                "{name}"
            );
            if name == "fuzz.yml" {
                let (_, list) = text.split_once("target: [").unwrap();
                let listed: Vec<&str> = list.split_once(']').unwrap().0.split(", ").collect();
                let files = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
                let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
                let mut targets: Vec<String> =
                    files.map(|file| stem(file.unwrap().path())).collect();
                targets.sort();
                assert_eq!(listed, targets);
            }
        }
    }
}
