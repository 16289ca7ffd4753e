//! What Debian's and RPM's own checks say of the packages, and systemd of the unit.

use super::library::package as library_package;
use super::native::{deb_name, rpm_name};
use super::trial_roots::fresh;
use super::{copy_as, debian, library_rpm, output, packages, shipper_debs};
use crate::root;
use crate::static_program::{Machine, X86};
use crate::steps;
use std::process::Command;

/// The maximum exposure that `systemd-analyze security` may report, in tenths.
const EXPOSURE: &str = "25";

pub(super) fn lintian(machines: &[Machine]) -> Result<(), String> {
    let mut lintian = Command::new("lintian");
    lintian.args([
        "--fail-on",
        "error,warning",
        "--tag-display-limit",
        "0",
        "--allow-root",
    ]);
    let debs = machines
        .iter()
        .map(|machine| packages().join(deb_name(*machine)));
    let file = |package: &str, arch: &str| packages().join(debian::file_name(package, arch));
    lintian.args(debs);
    for package in [&library_package(), "liboomparse-dev"] {
        lintian.arg(file(package, X86.deb));
    }
    let shippers = shipper_debs::SHIPPERS;
    steps::run(lintian.args(shippers.map(|(package, arch)| file(package, arch))))
}

/// A warning is an error, but for what the file explains.
pub(super) fn rpmlint(machines: &[Machine]) -> Result<(), String> {
    let mut rpmlint = Command::new("rpmlint");
    rpmlint.arg("--strict").arg("--config");
    rpmlint.arg(root().join("packaging/rpmlint.toml"));
    for &machine in machines {
        rpmlint.arg(packages().join(rpm_name(machine)));
    }
    steps::run(rpmlint.args(library_rpm::files()))
}

/// How much of the machine a compromised program could reach, as systemd rates it.
pub(super) fn unit() -> Result<(), String> {
    let dir = fresh("unit")?;
    let unit = dir.join("oomparse-watch.service");
    copy_as(&root().join("packaging/oomparse-watch.service"), &unit)?;
    let mut analyze = Command::new("systemd-analyze");
    analyze
        .args(["security", "--no-pager", "--offline=true"])
        .arg(format!("--threshold={EXPOSURE}"));
    let said = output(analyze.arg(&unit))?;
    let said = String::from_utf8_lossy(&said).into_owned();
    println!("    {}", said.lines().last().unwrap_or_default());
    Ok(())
}
