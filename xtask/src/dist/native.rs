//! Packages for Debian and for RPM, as `oomparse-cli/Cargo.toml` describes them.

use super::packages;
use crate::lack::Lack;
use crate::reproducible::at_the_time;
use crate::static_program::Machine;
use crate::tools::{DEB, RPM};
use crate::{VERSION, root, steps, system, target_dir};

/// Brings what makes them.
pub(super) fn bring() -> Result<(), Lack> {
    system::bring(&["rpmbuild"])?;
    DEB.bring()?;
    RPM.bring()
}

/// What the package of the program is called.
pub(super) fn deb_name(machine: Machine) -> String {
    format!("oomparse_{VERSION}-1_{}.deb", machine.deb)
}

pub(super) fn rpm_name(machine: Machine) -> String {
    format!("oomparse-{VERSION}-1.{}.rpm", machine.rpm)
}

/// Makes both of the program that was built.
pub(super) fn packages_of(machine: Machine) -> Result<(), String> {
    let mut deb = DEB.command(&["--no-build", "--no-strip", "--package", "oomparse-cli"]);
    // Read by every dpkg. By gzip itself: the tool's own squeezes for minutes to win a thirtieth.
    deb.args([
        "--compress-type",
        "gz",
        "--compress-system",
        "--target",
        machine.target,
        "--output",
    ])
    .arg(packages().join(deb_name(machine)));
    at_the_time(&mut deb);
    steps::run(deb.env("CARGO_TARGET_DIR", target_dir()))?;
    let mut rpm = RPM.command(&["--package", "oomparse-cli", "--payload-compress", "gzip"]);
    rpm.args([
        "--auto-req",
        "no",
        "--arch",
        machine.rpm,
        "--target",
        machine.target,
    ])
    .arg("--target-dir")
    .arg(target_dir())
    .arg("--output")
    .arg(packages().join(rpm_name(machine)));
    at_the_time(&mut rpm);
    steps::run(rpm.current_dir(root()))
}
