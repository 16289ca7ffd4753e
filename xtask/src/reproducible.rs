//! What makes the bytes of a package depend on the commit and the toolchain alone.

use crate::{root, steps};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes what a command builds independent of this machine's folders and of the day.
pub(crate) fn at_no_place(command: &mut Command, more: &[&str]) {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let cargo_home = cargo_home.unwrap_or_else(|| home.join(".cargo"));
    let mut flags = vec![
        format!("--remap-path-prefix={}=/oomparse", root().display()),
        format!("--remap-path-prefix={}=/cargo", cargo_home.display()),
    ];
    flags.extend(more.iter().map(|&flag| flag.to_owned()));
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env_remove("CARGO_PROFILE_RELEASE_DEBUG");
    at_the_time(command);
}

/// Sets the time for a program to that of the last commit.
pub(crate) fn at_the_time(command: &mut Command) {
    command.env("SOURCE_DATE_EPOCH", epoch()).env("TZ", "UTC");
}

/// Seconds since 1970 for every file in every package: the time of the last commit, or of 2020 if there is none.
pub(crate) fn epoch() -> String {
    if let Ok(given) = std::env::var("SOURCE_DATE_EPOCH") {
        return given;
    }
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(root());
    let text = git
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "1577836800".to_owned())
}

/// A tar of these files of a folder, which depends only on their bytes and the last commit's time.
pub(crate) fn tar(dir: &Path, names: &[&Path], to: &Path) -> Result<(), String> {
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--format=gnu",
    ])
    // Independent of the umask.
    .arg("--mode=u=rwX,go=rX")
    .arg(format!("--mtime=@{}", epoch()))
    .arg("--directory")
    .arg(dir)
    .arg("--create")
    .arg("--file")
    .arg(to)
    .args(names)
    .env("LC_ALL", "C");
    steps::run(&mut tar)
}
