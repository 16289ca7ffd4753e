//! The tests of the JavaScript package, in Node and in a browser.

use crate::steps::{self, Steps};
use crate::wasm::javascript::{build, dir};
use crate::{in_ci, system};
use std::process::Command;

const IN_NODE: &str = "the JavaScript package in Node";
const IN_BROWSER: &str = "the JavaScript package's page in Chromium";

/// Builds the package and tests it.
pub(crate) fn check(steps: &mut Steps) {
    steps.task("the JavaScript package", build);
    if system::find("node").is_none() || system::find("npm").is_none() {
        let why = "node or npm is missing: apt-get install nodejs npm";
        steps.not_run(IN_NODE, why);
        return steps.not_run(IN_BROWSER, why);
    }
    let install = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    steps.task("what tests the JavaScript package", || {
        steps::run(&mut npm(&install))
    });
    steps.tests(IN_NODE, &mut npm(&["test", "--silent"]));
    if system::find("chromium").is_none() && in_ci() {
        steps.task("Chromium", || system::install(&["chromium"]));
    }
    match system::find("chromium") {
        Some(_) => steps.tests(IN_BROWSER, &mut npm(&["run", "--silent", "test:page"])),
        None => steps.not_run(IN_BROWSER, "it is missing: apt-get install chromium"),
    }
}

fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(dir());
    command
}
