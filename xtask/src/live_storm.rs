//! `live-storm`: how many bare kills the optimised `watch --infer` names, and what it costs.

use crate::steps::{Steps, cargo};
use std::path::{Path, absolute};

/// Tests of `watch_live` that print it.
const TESTS: [&str; 2] = ["what_a_storm_leaves_bare_has_its_pod", "idle_with_250_pods"];

/// The test that runs beside a node-problem-detector.
const BESIDE: &str = "beside_node_problem_detector";

/// Runs them, the last only beside the user's node-problem-detector; where they cannot run, that is a failure.
pub(crate) fn run(detector: Option<&str>) -> Result<(), String> {
    let mut steps = Steps::default();
    let detector = detector.map(|path| {
        let path = absolute(path).map_err(|error| format!("{path}: {error}"))?;
        let is_there = Path::is_file(&path);
        let missing = || format!("{}: there is no node-problem-detector", path.display());
        is_there.then_some(&path).cloned().ok_or_else(missing)
    });
    let detector = detector.transpose()?;
    for name in TESTS
        .into_iter()
        .chain(detector.is_some().then_some(BESIDE))
    {
        let mut test = cargo(&["test", "--release", "--package", "oomparse-cli"]);
        test.args(["--test", "watch_live", "--", "--nocapture", name]);
        test.envs(detector.iter().map(|path| ("OOMPARSE_NPD", path)));
        steps.tests(name, &mut test);
    }
    match steps.finish() {
        code if code == std::process::ExitCode::SUCCESS => Ok(()),
        _ => Err("live-storm: a test failed or did not run".to_owned()),
    }
}
