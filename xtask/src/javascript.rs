//! The tests of the JavaScript package, in Node and in a browser.

use crate::steps::{self, Steps};
use crate::system;
use crate::wasm::javascript::{bring, build, dir};
use std::process::Command;

const BUILD: &str = "the JavaScript package";
const IN_NODE: &str = "the JavaScript package in Node";
const IN_BROWSER: &str = "the JavaScript package's page in Chromium";

/// Builds the package and tests it.
pub(crate) fn check(steps: &mut Steps) {
    if !steps.with_tool(BUILD, bring, build) {
        let why = "the package is not built";
        steps.not_run(IN_NODE, why);
        return steps.not_run(IN_BROWSER, why);
    }
    if !steps.brought(IN_NODE, || system::bring(&["node", "npm"])) {
        return steps.not_run(IN_BROWSER, "npm is missing, as above");
    }
    let install = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    steps.task("what tests the JavaScript package", || {
        steps::run(&mut npm(&install))
    });
    steps.tests(IN_NODE, &mut npm(&["test", "--silent"]));
    if steps.brought(IN_BROWSER, || system::bring(&["chromium"])) {
        steps.tests(IN_BROWSER, &mut npm(&["run", "--silent", "test:page"]));
    }
}

fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(dir());
    command
}
