//! `live-storm`: how many bare kills the optimised `watch --infer` names, and what it costs.

use crate::steps::{Steps, cargo};

/// Tests of `watch_live` that print it.
const TESTS: [&str; 2] = ["what_a_storm_leaves_bare_has_its_pod", "idle_with_250_pods"];

/// Runs them; where they cannot run, that is a failure.
pub(crate) fn run() -> Result<(), String> {
    let mut steps = Steps::default();
    for name in TESTS {
        let mut test = cargo(&["test", "--release", "--package", "oomparse-cli"]);
        test.args(["--test", "watch_live", "--", "--nocapture", name]);
        steps.tests(name, &mut test);
    }
    match steps.finish() {
        code if code == std::process::ExitCode::SUCCESS => Ok(()),
        _ => Err("live-storm: a test failed or did not run".to_owned()),
    }
}
