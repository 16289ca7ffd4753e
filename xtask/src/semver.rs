//! `cargo xtask semver [REVISION]`: whether the version's number says what changed in the crates' public items
//! (cargo-semver-checks).
//!
//! They are compared with the last release, which is the nearest tag `v1.2.3` before the commit. Before the first
//! release nobody can depend on anything: then the check says so, and runs for a given revision alone.

use crate::published::CRATES;
use crate::root;
use crate::steps::{self, Steps};
use crate::tools::SEMVER;
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
    let mut check = SEMVER.command(&["check-release", "--baseline-rev", baseline]);
    check.args(libraries().flat_map(|name| ["--package", name]));
    steps::run(check.current_dir(root()))
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
