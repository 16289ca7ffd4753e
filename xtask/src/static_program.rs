//! The static programs.

use crate::lack::Lack;
use crate::reproducible::at_no_place;
use crate::steps::{self, cargo};
use crate::{root, system, target_dir, tools};
use std::path::PathBuf;
use std::process::Command;

/// A machine that static programs are built for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) target: &'static str,
    /// Its name in Debian and RPM.
    pub(crate) deb: &'static str,
    pub(crate) rpm: &'static str,
    /// Compiles what is C: zstd's own decoder, and a part of the agent's TLS.
    compiler: &'static str,
    /// One of the headers that it needs.
    header: &'static str,
}

pub(crate) const X86: Machine = Machine {
    target: "x86_64-unknown-linux-musl",
    deb: "amd64",
    rpm: "x86_64",
    compiler: "musl-gcc",
    header: "/usr/include/x86_64-linux-musl/stdio.h",
};

pub(crate) const ARM: Machine = Machine {
    target: "aarch64-unknown-linux-musl",
    deb: "arm64",
    rpm: "aarch64",
    compiler: "aarch64-linux-gnu-gcc",
    header: "/usr/aarch64-linux-gnu/include/stdio.h",
};

pub(crate) const MACHINES: [Machine; 2] = [X86, ARM];

/// The features that the program has beyond its own default.
pub(crate) const FEATURES: &str = "agent";

/// Brings what builds them.
pub(crate) fn bring(machines: &[Machine]) -> Result<(), Lack> {
    system::bring(&[
        "tar",
        "gzip",
        "sha256sum",
        "wasm-opt",
        "node",
        "npm",
        "objcopy",
    ])?;
    bring_compilers(machines).map_err(Lack::from)
}

/// Builds one.
pub(crate) fn build(machine: Machine) -> Result<(), String> {
    steps::run(&mut command(machine))
}

/// What builds it, with all that it can do.
pub(crate) fn command(machine: Machine) -> Command {
    let package = ["build", "--package", "oomparse-cli", "--features", FEATURES];
    let mut build = reproducible(&package, machine.target);
    let compiler = format!("CC_{}", machine.target.replace('-', "_"));
    build.env(compiler, machine.compiler);
    build
}

/// Where it is.
pub(crate) fn path(machine: Machine) -> PathBuf {
    target_dir().join(machine.target).join("release/oomparse")
}

/// The one that runs here.
pub(crate) fn that_runs_here() -> PathBuf {
    path(if cfg!(target_arch = "aarch64") {
        ARM
    } else {
        X86
    })
}

/// Installs what builds the static programs.
pub(crate) fn bring_compilers(machines: &[Machine]) -> Result<(), String> {
    for machine in machines {
        system::bring(&[machine.compiler, machine.header])?;
        tools::bring_target(&[machine.target])?;
    }
    Ok(())
}

/// Builds the static program for a machine, without the page for `report --html`; returns its path.
pub(crate) fn build_alone(machine: Machine) -> Result<PathBuf, String> {
    steps::run(command(machine).env_remove("OOMPARSE_PAGE"))?;
    Ok(path(machine))
}

/// A program of the workspace, built for a target; its paths and its time do not depend on this machine.
pub(crate) fn reproducible(args: &[&str], target: &str) -> Command {
    let mut command = cargo(&[args, &["--locked", "--release", "--target", target]].concat());
    // The linker and the C library that come with the compiler.
    let own = ["-Clinker=rust-lld", "-Clink-self-contained=yes"];
    let flags: &[&str] = if target == ARM.target { &own } else { &[] };
    at_no_place(&mut command, flags);
    command.env("OOMPARSE_PAGE", root().join("dist/oomparse.html"));
    command
}
