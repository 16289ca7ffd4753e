//! The page's tests, in Chromium.

use crate::steps::Steps;
use crate::wasm::page::{build, npm};
use crate::{in_ci, system};

const TESTS: &str = "the page in Chromium";

/// Builds the page and tests it.
pub(crate) fn check(steps: &mut Steps) {
    if system::find("node").is_none() || system::find("npm").is_none() {
        return steps.not_run(TESTS, "node or npm is missing: apt-get install nodejs npm");
    }
    steps.task("the page", build);
    if system::find("chromium").is_none() && in_ci() {
        steps.task("Chromium", || system::install(&["chromium"]));
    }
    match system::find("chromium") {
        Some(_) => steps.tests(TESTS, &mut npm(&["test", "--silent"])),
        None => steps.not_run(TESTS, "it is missing: apt-get install chromium"),
    }
}
