//! What must be installed besides rustup's toolchain.

use crate::apt::{apt, is_root};
use crate::lack::Lack;
use crate::steps::{self, cargo};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What `test --all` installs: programs and files, the packages that bring them on Debian and Ubuntu, and what for.
const TOOLS: &[(&str, &str)] = &[
    // Links Rust programs; the C tests compile with it.
    ("cc", "gcc"),
    ("gcc", "gcc"),
    // The C library's headers, which gcc only recommends.
    ("/usr/include/stdio.h", "libc6-dev"),
    // The C tests are C++ as well.
    ("g++", "g++"),
    // Checks the counters of `oomparse watch --textfile`.
    ("promtool", "prometheus"),
    // Scrapes `oomparse watch --listen`.
    ("prometheus", "prometheus"),
    // Make the WebAssembly modules small.
    ("wasm-opt", "binaryen"),
    ("wasm-metadce", "binaryen"),
    // Test the JavaScript package.
    ("node", "nodejs"),
    ("npm", "npm"),
    ("valgrind", "valgrind"),
    // Finds an installed liboomparse.
    ("pkg-config", "pkg-config"),
    ("luajit", "luajit"),
    ("python3", "python3"),
    ("git", "git"),
    // Runs the configuration of integrations/rsyslog.
    ("rsyslogd", "rsyslog"),
    // Loads the Lua module.
    ("lua5.4", "lua5.4"),
];

/// What single steps and tasks need.
const OTHERS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("c++", "g++"),
    ("wasm-as", "binaryen"),
    ("busybox", "busybox-static"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    // Make packages, and try them.
    ("musl-gcc", "musl-tools"),
    ("nm", "binutils"),
    ("objcopy", "binutils"),
    ("/usr/include/x86_64-linux-musl/stdio.h", "musl-dev"),
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    (
        "/usr/aarch64-linux-gnu/include/stdio.h",
        "libc6-dev-arm64-cross",
    ),
    ("dpkg-deb", "dpkg"),
    ("tar", "tar"),
    ("gzip", "gzip"),
    ("sha256sum", "coreutils"),
    ("debootstrap", "debootstrap"),
    ("rpm", "rpm"),
    ("rpmbuild", "rpm"),
    ("rpm2cpio", "rpm2cpio"),
    ("cpio", "cpio"),
    ("lintian", "lintian"),
    ("rpmlint", "rpmlint"),
    ("qemu-aarch64-static", "qemu-user-static"),
    ("systemd-analyze", "systemd"),
    // Writes a journal.
    (
        "/lib/systemd/systemd-journal-remote",
        "systemd-journal-remote",
    ),
    // Look at the container image.
    ("skopeo", "skopeo"),
    ("umoci", "umoci"),
    // Talk to a cluster.
    ("kubectl", "kubernetes-client"),
    ("openssl", "openssl"),
    ("curl", "curl"),
    ("unshare", "util-linux"),
];

/// Debian does not let syslog-ng be installed beside rsyslog, so it is unpacked, and only what it needs is
/// installed.
const SYSLOG_NG: &str = "syslog-ng-core";

/// Where a program is, if it is on the search path, or a file, if it is there.
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
    let programs: Vec<&str> = TOOLS.iter().map(|(program, _)| *program).collect();
    bring(&programs)?;
    syslog_ng()
}

/// Finds programs; in CI installs what brings those that are missing, else says what is missing.
pub(crate) fn bring(programs: &[&str]) -> Result<(), Lack> {
    let missing = missing(programs)?;
    if missing.is_empty() {
        return Ok(());
    }
    if !crate::in_ci() {
        return Err(Lack::Packages(missing));
    }
    install(&missing)?;
    match self::missing(programs)?.as_slice() {
        [] => Ok(()),
        still => Err(Lack::Other(format!(
            "still missing after the installation: {}",
            still.join(", ")
        ))),
    }
}

/// The packages of those programs that are not there.
fn missing(programs: &[&str]) -> Result<Vec<&'static str>, Lack> {
    let mut packages = Vec::new();
    for program in programs.iter().filter(|program| find(program).is_none()) {
        let package = package_of(program)
            .ok_or_else(|| Lack::Other(format!("{program} is missing, of no known package")))?;
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    Ok(packages)
}

/// The package that brings a program.
pub(crate) fn package_of(program: &str) -> Option<&'static str> {
    let known = TOOLS.iter().chain(OTHERS);
    known
        .filter(|(name, _)| *name == program)
        .map(|(_, package)| *package)
        .next()
}

/// Whether syslog-ng is where the tests look for it.
pub(crate) fn has_syslog_ng() -> bool {
    let unpacked = crate::target_dir().join("debian/usr/sbin/syslog-ng");
    find("syslog-ng").is_some() || unpacked.is_file()
}

/// syslog-ng under target/debian, where the tests look for it.
fn syslog_ng() -> Result<(), String> {
    let dir = crate::target_dir().join("debian");
    if has_syslog_ng() {
        return Ok(());
    }
    if !crate::in_ci() {
        return Err(format!(
            "{SYSLOG_NG} is missing; get it with `cargo xtask packages --install`, or install what `apt-cache depends {SYSLOG_NG}` lists, then: apt-get download {SYSLOG_NG}; dpkg -x {SYSLOG_NG}_*.deb {}",
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
        // A name in brackets is not a package but what several provide.
        .filter(|name| !name.starts_with('<'))
        .map(str::to_owned)
        .collect();
    if needs.is_empty() {
        return Err(format!("`{}` lists nothing", steps::typed(&command)));
    }
    Ok(needs)
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
