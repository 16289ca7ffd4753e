//! The page's tests, in Chromium.

use crate::steps::Steps;
use crate::system;
use crate::wasm::page::{bring, build, npm};

const BUILD: &str = "the page";
const TESTS: &str = "the page in Chromium";

/// Builds the page and tests it.
pub(crate) fn check(steps: &mut Steps) {
    if !steps.with_tool(BUILD, bring, build) {
        return steps.not_run(TESTS, "the page is not built");
    }
    if steps.brought(TESTS, || system::bring(&["chromium"])) {
        steps.tests(TESTS, &mut npm(&["test", "--silent"]));
    }
}
