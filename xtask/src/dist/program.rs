//! The static programs.

use super::{ARM, MACHINES, Machine, X86, reproducible};
use crate::lack::Lack;
use crate::steps;
use crate::{system, target_dir, tools};
use std::path::PathBuf;
use std::process::Command;

/// Brings what builds them.
pub(super) fn bring() -> Result<(), Lack> {
    system::bring(&[
        "musl-gcc",
        "tar",
        "gzip",
        "sha256sum",
        "wasm-opt",
        "node",
        "npm",
    ])?;
    for machine in MACHINES {
        tools::bring_target(&[machine.target])?;
    }
    Ok(())
}

/// Builds one; zstd by its C library where there is a C compiler for the machine.
pub(super) fn build(machine: Machine) -> Result<(), String> {
    steps::run(&mut command(machine))
}

/// What builds it.
pub(super) fn command(machine: Machine) -> Command {
    let mut build = reproducible(&["build", "--package", "oomparse-cli"], machine.target);
    if !machine.compiles_c {
        build.arg("--no-default-features");
    }
    if machine.target == X86.target {
        build.env("CC_x86_64_unknown_linux_musl", "musl-gcc");
    }
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
