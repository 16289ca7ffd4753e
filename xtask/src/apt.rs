//! How packages of Debian and Ubuntu are installed.

use std::process::Command;

/// The line to type that installs packages.
pub(crate) fn apt_line(packages: &[&str]) -> String {
    apt(packages).0
}

/// The line to type, and the second command's arguments.
pub(crate) fn apt<'p>(packages: &[&'p str]) -> (String, Vec<&'p str>) {
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
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
