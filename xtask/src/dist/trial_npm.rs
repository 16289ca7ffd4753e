//! The packed JavaScript package in a fresh project: Node, esbuild, vite, a plain page, TypeScript.

use super::trial_roots::{LOG, events, fresh};
use super::{VERSION, packages, read, write};
use crate::licences::FILE;
use crate::root;
use crate::steps;
use std::process::Command;

/// Installs it as a user would, and runs `packaging/npm/try.mjs` in the project.
pub(super) fn javascript() -> Result<(), String> {
    let dir = fresh("npm")?;
    let from = root().join("packaging/npm/.");
    steps::run(Command::new("cp").arg("--recursive").arg(from).arg(&dir))?;
    let packed = packages().join(format!("oomparse-{VERSION}.tgz"));
    let npm = |args: &[&str]| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm.args(args).current_dir(&dir);
        npm
    };
    steps::run(&mut npm(&[]))?;
    steps::run(npm(&["--no-save"]).arg(&packed))?;
    for (file, text) in [(FILE, "\nwasm-bindgen "), ("LICENSE-MIT", "MIT")] {
        if !read(&dir.join("node_modules/oomparse").join(file))?.contains(text) {
            return Err(format!("the package's {file} has no{text}"));
        }
    }
    let expected = dir.join("expected.ndjson");
    write(&expected, events()?)?;
    let mut uses = Command::new("node");
    uses.arg("try.mjs").arg(root()).arg(root().join(LOG));
    steps::run(uses.arg(expected).arg(packed).current_dir(&dir))
}
