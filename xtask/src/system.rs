//! What must be installed beside rustup's toolchain.

use crate::steps::{self, cargo};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program and the package that brings it on Debian and Ubuntu.
struct Tool {
    program: &'static str,
    package: &'static str,
}

const TOOLS: &[Tool] = &[
    // Links Rust programs; the C tests compile with it.
    Tool {
        program: "cc",
        package: "gcc",
    },
    // Checks the counters of `oomparse watch --textfile`.
    Tool {
        program: "promtool",
        package: "prometheus",
    },
    // Makes the WebAssembly module small.
    Tool {
        program: "wasm-opt",
        package: "binaryen",
    },
    Tool {
        program: "gcc",
        package: "gcc",
    },
    // The C tests are C++ as well.
    Tool {
        program: "g++",
        package: "g++",
    },
    Tool {
        program: "valgrind",
        package: "valgrind",
    },
    // Finds an installed liboomparse.
    Tool {
        program: "pkg-config",
        package: "pkg-config",
    },
    Tool {
        program: "luajit",
        package: "luajit",
    },
    Tool {
        program: "python3",
        package: "python3",
    },
    Tool {
        program: "git",
        package: "git",
    },
];

/// Where a program is, if it is on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Whether cargo knows a subcommand.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    let mut command = cargo(&[name, "--version"]);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Looks for the system packages that the tests need; installs them in CI, else names them.
pub(crate) fn packages() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)?;
    match self::missing().as_slice() {
        [] => Ok(()),
        still => Err(format!(
            "still missing after the installation: {}",
            still.join(", ")
        )),
    }
}

/// Installs packages in CI, else says how to.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let (install, args) = apt(packages);
    println!("    missing: {}\n    {install}", packages.join(", "));
    if !crate::in_ci() {
        return Err(format!(
            "system packages are missing; install them with: {install}"
        ));
    }
    let root = is_root();
    for args in [vec!["update"], args] {
        let mut command = if root {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "apt-get"]);
            sudo
        };
        steps::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(())
}

fn missing() -> Vec<&'static str> {
    TOOLS
        .iter()
        .filter(|tool| find(tool.program).is_none())
        .map(|tool| tool.package)
        .collect()
}

/// The line to type, and the second command's arguments.
fn apt<'p>(packages: &[&'p str]) -> (String, Vec<&'p str>) {
    let sudo = if is_root() { "" } else { "sudo " };
    let list = packages.join(" ");
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(packages);
    (
        format!("{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {list}"),
        args,
    )
}

/// Whether we may install without asking.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
