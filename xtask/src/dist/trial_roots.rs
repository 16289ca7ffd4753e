//! The folders and roots in which packages are tried.

use super::{copy_as, create, output};
use crate::{root, steps, target_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A log with one kill.
pub(super) const LOG: &str = "corpus/cases/077-rhel9-crio/input.log";

/// Where Debian's packages are.
const MIRROR: &str = "http://deb.debian.org/debian";

/// A folder of the trials, emptied.
pub(super) fn fresh(name: &str) -> Result<PathBuf, String> {
    let dir = target_dir().join("trial").join(name);
    _ = fs::remove_dir_all(&dir);
    create(&dir)?;
    Ok(dir)
}

/// The events that the program finds on this machine; every other build must find the same.
pub(super) fn events() -> Result<Vec<u8>, String> {
    output(
        Command::new(crate::static_program::that_runs_here())
            .arg("scan")
            .arg(root().join(LOG)),
    )
}

/// The program finds them too.
pub(super) fn same_events(program: &mut Command) -> Result<(), String> {
    println!("    {}", steps::typed(program));
    let found = output(program)?;
    if found.is_empty() || found != events()? {
        let found = String::from_utf8_lossy(&found).into_owned();
        return Err(format!("other events than on this machine: {found}"));
    }
    Ok(())
}

/// A copy of a minimal Debian, which is fetched once.
pub(super) fn debian(name: &str) -> Result<PathBuf, String> {
    debian_with(name, &[])
}

/// The same with more of Debian's packages.
pub(super) fn debian_with(name: &str, more: &[&str]) -> Result<PathBuf, String> {
    release_with("bookworm", name, more)
}

/// The same of another of Debian's releases.
pub(super) fn release_with(release: &str, name: &str, more: &[&str]) -> Result<PathBuf, String> {
    let with: Vec<&str> = [release].iter().chain(more).copied().collect();
    let pristine = target_dir().join("trial").join(with.join("-"));
    if !pristine.join("usr/bin/dpkg").is_file() {
        _ = fs::remove_dir_all(&pristine);
        create(&pristine)?;
        let mut fetch = Command::new("debootstrap");
        if !more.is_empty() {
            fetch.arg(format!("--include={}", more.join(",")));
        }
        fetch
            .args(["--variant=minbase", release])
            .arg(&pristine)
            .arg(MIRROR);
        steps::run(&mut fetch)?;
    }
    let dir = fresh(name)?;
    let from = pristine.join(".");
    steps::run(Command::new("cp").arg("--archive").arg(from).arg(&dir))?;
    copy_as(&root().join(LOG), &dir.join("tmp/log"))?;
    Ok(dir)
}

/// A command in a root, without this machine's environment.
pub(super) fn inside(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("chroot");
    command.arg(dir).args(args).env_clear();
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

pub(super) fn nothing_left(dir: &Path) -> Result<(), String> {
    let mut find = Command::new("find");
    find.arg(dir)
        .args(["-name", "*oomparse*", "-not", "-path", "*/tmp/*"]);
    let left = String::from_utf8_lossy(&output(&mut find)?).into_owned();
    if left.is_empty() {
        return Ok(());
    }
    Err(format!("still there:\n{left}"))
}
