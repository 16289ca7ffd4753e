//! `cargo xtask semver [REVISION]`: whether the version's number says what changed in the crates' public items
//! (cargo-semver-checks).
//!
//! They are compared with the last release, which is the nearest tag `v1.2.3` before the commit. Before the first
//! release nobody can depend on anything: then the check says so, and runs for a given revision alone.

use crate::published::CRATES;
use crate::steps::{self, Steps};
use crate::tools::SEMVER;
use crate::{root, target_dir};
use std::process::{Command, ExitCode};

const NAME: &str = "public items since the last release";

/// The check alone, against the last release or a revision.
pub(crate) fn run(revision: Option<&str>) -> ExitCode {
    let mut steps = Steps::default();
    step(&mut steps, revision);
    steps.finish()
}

/// Compares the libraries, or says loudly why not.
pub(crate) fn step(steps: &mut Steps, revision: Option<&str>) {
    let Some(baseline) = revision.map(str::to_owned).or_else(last_release) else {
        let why = "there is no tag `v1.2.3` before this commit: nothing is released, so nothing can break. \
                   The first release is what the next is compared with; before, give a revision: \
                   cargo xtask semver REVISION";
        return steps.passed_over(NAME, why);
    };
    steps.with_tool(NAME, || SEMVER.bring(), || compare(&baseline));
}

fn compare(baseline: &str) -> Result<(), String> {
    println!("    against {baseline}");
    // The tool cannot unpack a revision by itself: the tests have links to places that are not here.
    let dir = target_dir().join("semver/baseline");
    _ = std::fs::remove_dir_all(&dir);
    let git = || Command::new("git");
    steps::run(
        git()
            .args(["clone", "--quiet", "--shared"])
            .arg(root())
            .arg(&dir),
    )?;
    let checkout = ["checkout", "--quiet", "--detach", &commit(baseline)?];
    steps::run(git().arg("-C").arg(&dir).args(checkout))?;
    let mut check = SEMVER.command(&["check-release", "--baseline-root"]);
    check.arg(&dir);
    check.args(libraries().flat_map(|name| ["--package", name]));
    steps::run(check.current_dir(root()))
}

/// The commit that a revision names: a clone has not all its names.
fn commit(revision: &str) -> Result<String, String> {
    let mut git = Command::new("git");
    git.args(["rev-parse", "--verify", "--quiet"]);
    git.arg(format!("{revision}^{{commit}}"))
        .current_dir(root());
    let output = git.output().map_err(|e| format!("git: {e}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(format!("`{revision}` is no revision of this repository")),
    }
}

/// What is published for other programs' code: a program has no public items.
fn libraries() -> impl Iterator<Item = &'static str> {
    CRATES.into_iter().filter(|name| *name != "oomparse-cli")
}

/// The nearest tag of a release.
fn last_release() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]);
    let output = git.current_dir(root()).output().ok()?;
    let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !tag.is_empty()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_is_compared() {
        let compared: Vec<&str> = libraries().collect();
        for name in CRATES {
            let has_library = root().join(name).join("src/lib.rs").is_file();
            assert_eq!(compared.contains(&name), has_library, "{name}");
        }
    }
}
