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
    // Test the JavaScript package.
    Tool {
        program: "node",
        package: "nodejs",
    },
    Tool {
        program: "npm",
        package: "npm",
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
    // Runs the configuration of integrations/rsyslog.
    Tool {
        program: "rsyslogd",
        package: "rsyslog",
    },
    // Loads the Lua module.
    Tool {
        program: "lua5.4",
        package: "lua5.4",
    },
];

/// Debian does not let syslog-ng be installed beside rsyslog, so it is unpacked, and only what it needs is
/// installed.
const SYSLOG_NG: &str = "syslog-ng-core";

/// Where a program is, if it is on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Daemons stand where only root's search path leads.
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
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
    installed()?;
    syslog_ng()
}

/// syslog-ng under target/debian, where the tests look for it.
fn syslog_ng() -> Result<(), String> {
    let dir = crate::target_dir().join("debian");
    if find("syslog-ng").is_some() || dir.join("usr/sbin/syslog-ng").is_file() {
        return Ok(());
    }
    if !crate::in_ci() {
        return Err(format!(
            "{SYSLOG_NG} is missing; install what `apt-cache depends {SYSLOG_NG}` lists, then: apt-get download {SYSLOG_NG}; dpkg -x {SYSLOG_NG}_*.deb {}",
            dir.display()
        ));
    }
    println!(
        "    missing: {SYSLOG_NG}, to be unpacked into {}",
        dir.display()
    );
    as_root(&["update"])?;
    let needs = needs_of(SYSLOG_NG)?;
    let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
    as_root(&apt(&needs).1)?;
    std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut download = Command::new("apt-get");
    steps::run(download.args(["download", SYSLOG_NG]).current_dir(&dir))?;
    let files = std::fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let package = files
        .flatten()
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or("apt-get downloaded no package")?;
    steps::run(Command::new("dpkg").arg("-x").arg(package).arg(&dir))
}

/// The packages that a package depends on, of several alternatives each.
fn needs_of(package: &str) -> Result<Vec<String>, String> {
    let mut command = Command::new("apt-cache");
    command.args(["depends", "--important", package]);
    let output = command
        .output()
        .map_err(|error| format!("apt-cache: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let needs: Vec<String> = text
        .lines()
        .filter_map(|line| {
            line.trim_start_matches([' ', '|'])
                .strip_prefix("Depends: ")
        })
        // A name in brackets is no package but what several provide.
        .filter(|name| !name.starts_with('<'))
        .map(str::to_owned)
        .collect();
    if needs.is_empty() {
        return Err(format!("`{}` lists nothing", steps::typed(&command)));
    }
    Ok(needs)
}

/// The packages that can be installed side by side.
fn installed() -> Result<(), String> {
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
    as_root(&["update"])?;
    as_root(&args)
}

/// Runs apt-get, with sudo where we are not root.
fn as_root(args: &[&str]) -> Result<(), String> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    steps::run(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
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
    // What is there already stays as it is.
    let mut args = vec!["install", "-y", "--no-install-recommends", "--no-upgrade"];
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
