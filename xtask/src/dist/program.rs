//! The static programs.

use super::{ARM, Machine, X86, reproducible};
use crate::lack::Lack;
use crate::steps;
use crate::{system, target_dir};
use std::path::PathBuf;
use std::process::Command;

/// Brings what builds them.
pub(super) fn bring() -> Result<(), Lack> {
    system::bring(&["tar", "gzip", "sha256sum", "wasm-opt", "node", "npm"])?;
    super::bring_programs().map_err(Lack::from)
}

/// Builds one.
pub(super) fn build(machine: Machine) -> Result<(), String> {
    steps::run(&mut command(machine))
}

/// What builds it, with all that it can do.
pub(super) fn command(machine: Machine) -> Command {
    let package = ["build", "--package", "oomparse-cli", "--features", "agent"];
    let mut build = reproducible(&package, machine.target);
    let compiler = format!("CC_{}", machine.target.replace('-', "_"));
    build.env(compiler, machine.compiler);
    build
}

/// Where it is.
pub(super) fn path(machine: Machine) -> PathBuf {
    target_dir().join(machine.target).join("release/oomparse")
}

/// The one that runs here.
pub(super) fn that_runs_here() -> PathBuf {
    path(if cfg!(target_arch = "aarch64") {
        ARM
    } else {
        X86
    })
}
