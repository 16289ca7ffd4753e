//! `cargo xtask deploy-check`: checks what `deploy/` installs with the tools that will read it.
//!
//! ```text
//! queries.rs   alerts and dashboard: promtool checks and tests them, and parses every query
//! render.rs    the chart: helm lints and renders it; the plain manifests equal its default rendering
//! ```

mod queries;
mod render;

pub(crate) use queries::dashboard_queries;

use crate::lack::Lack;
use crate::steps::{self, Steps};
use crate::{in_ci, root, system, target_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Built from source where a machine has none; Debian has no package of it.
const HELM: &str = "helm.sh/helm/v3/cmd/helm";
const HELM_VERSION: &str = "v3.16.4";

/// Runs all checks.
pub(crate) fn check() -> ExitCode {
    let mut steps = Steps::default();
    rules(&mut steps);
    match helm() {
        Ok(helm) => with_helm(&mut steps, &helm),
        Err(lack) => steps.not_run("the chart", lack),
    }
    steps.finish()
}

/// The chart, and the plain manifests beside it.
pub(crate) fn with_helm(steps: &mut Steps, helm: &Path) {
    steps.task("helm lint", || render::lint(helm));
    steps.task("what the chart's values may not be", || {
        render::refused(helm)
    });
    steps.task("the chart's rights", || render::rights(helm));
    let kubectl = || system::bring(&["kubectl"]);
    let name = "the manifests are the chart's default rendering";
    steps.with_tool(name, kubectl, || render::same(helm));
}

/// Alerts and dashboard, for which only promtool is needed.
pub(crate) fn rules(steps: &mut Steps) {
    let bring = || system::bring(&["promtool"]);
    steps.with_tool("alerts and the dashboard's queries", bring, queries::check);
}

/// The chart.
fn chart() -> PathBuf {
    root().join("deploy/chart/oomparse")
}

/// The chart, rendered by helm with these values.
pub(crate) fn rendered(helm: &Path, values: &[&str]) -> Result<String, String> {
    render::template(helm, values)
}

/// helm, which CI builds in `target/tools`.
pub(crate) fn helm() -> Result<PathBuf, Lack> {
    let bin = target_dir().join("tools/bin");
    let built = bin.join("helm");
    if let Some(found) = system::find("helm").or(built.is_file().then(|| built.clone())) {
        return Ok(found);
    }
    if !in_ci() || system::find("go").is_none() {
        let how = format!("GOBIN={} go install {HELM}@{HELM_VERSION}", bin.display());
        return Err(Lack::command("helm is missing", how));
    }
    let dir = target_dir().join("tools/helm");
    let failed = |e: std::io::Error| format!("{}: {e}", dir.display());
    fs::create_dir_all(&dir).map_err(|e| Lack::Other(failed(e)))?;
    let mut go = Command::new("go");
    go.args(["install", &format!("{HELM}@{HELM_VERSION}")]);
    go.env("GOBIN", &bin)
        .env("GOFLAGS", "-mod=mod")
        .current_dir(&dir);
    steps::run(&mut go)?;
    Ok(built)
}

/// The output of a command, if it succeeds.
fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{program}: {e}"))?;
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(written);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}\n{said}{written}", output.status))
}
