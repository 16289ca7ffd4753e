//! `try-kubernetes`: the agent and the chart against a real API server.
//!
//! kube-apiserver and etcd run on loopback with RBAC; the agent has only the rights of the chart's service
//! account. The server accepts what the chart and the manifests install; a kill is an Event on its pod; repeats
//! increase its series; after a revoked right, a killed server or a killed agent no kill is lost or reported
//! twice; `kubectl oom` shows them; a real kill in a real cgroup becomes one Event on the right pod; and so it stays
//! while ten thousand pods come and go.

mod real;
mod server;
mod soak;
mod throttle;
mod trial;

use crate::deploy;
use crate::steps::{self, Steps, cargo};
use crate::{in_ci, root, system, target_dir};
use server::Tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use trial::Trial;

/// How long the soak takes at least, where the time is not given.
const SOAK: Duration = Duration::from_secs(0);

const USE: &str = "use: try-kubernetes [--tools DIR] [--program PATH] [--soak MINUTES]";

/// Runs all of it. `args` may name a directory with `kube-apiserver` and `etcd`, a program that is built, and the
/// minutes of the soak.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (mut dir, mut program, mut soak) = (None, None, SOAK);
    for pair in args.chunks(2) {
        match pair {
            ["--tools", path] => dir = Some(Path::new(*path)),
            ["--program", path] => program = Some(PathBuf::from(path)),
            ["--soak", minutes] => {
                let minutes: u64 = minutes.parse().map_err(|_| USE.to_owned())?;
                soak = Duration::from_secs(60 * minutes);
            }
            _ => return Err(USE.to_owned()),
        }
    }
    let tools = match dir {
        None => build()?,
        Some(dir) => tools_in(dir)?,
    };
    let helm = deploy::helm().map_err(|lack| lack.to_string())?;
    let mut steps = Steps::default();
    let program = program.unwrap_or_else(|| agent(&mut steps));
    all(&mut steps, tools, &helm, program, soak);
    match steps.finish() {
        code if code == std::process::ExitCode::SUCCESS => Ok(()),
        _ => Err("a step failed".to_owned()),
    }
}

/// All of it as a part of `test --all`. What cannot be fetched is not a failure: it is said, and counted.
pub(crate) fn step(steps: &mut Steps) {
    let brought = system::bring(&["kubectl", "openssl", "curl"])
        .map_err(|lack| lack.to_string())
        .and_then(|()| Ok((build()?, deploy::helm().map_err(|lack| lack.to_string())?)));
    match brought {
        Ok((tools, helm)) => {
            deploy::with_helm(steps, &helm);
            let program = agent(steps);
            all(steps, tools, &helm, program, SOAK);
        }
        Err(why) => steps.passed_over("the agent and the chart at a real API server", &why),
    }
}

/// Builds the program.
fn agent(steps: &mut Steps) -> PathBuf {
    let build = ["build", "--package", "oomparse-cli", "--features"];
    steps.command("the agent", cargo(&build).arg(crate::FEATURES));
    target_dir().join("debug/oomparse")
}

fn all(steps: &mut Steps, tools: Tools, helm: &Path, program: PathBuf, soak: Duration) {
    let mut trial = None;
    steps.task("an API server and its store", || {
        trial = Some(Trial::begin(tools, program)?);
        Ok(())
    });
    let Some(mut trial) = trial else { return };
    steps.task("the server takes the chart and the manifests", || {
        trial.install(helm)
    });
    steps.task(
        "a kill is an Event on its pod, with the chart's rights",
        || trial.first_kill(),
    );
    steps.task("the chart's rights are no more than are used", || {
        trial.no_more_rights()
    });
    steps.task("a right that is taken away and given back", || {
        trial.without_right()
    });
    steps.task("a server that is killed, and a storm", || trial.storm());
    steps.task("an agent that is killed", || trial.restart());
    steps.task("a server that refuses for want of capacity", || {
        trial.throttled()
    });
    steps.task("a server that does not answer", || trial.unanswered());
    steps.task("kubectl oom", || trial.plugin());
    const REAL: &str = "a real kill in a real cgroup";
    if fs::File::open("/dev/kmsg").is_ok() && Path::new(real::V1).is_dir() {
        steps.task(REAL, || trial.real_kill());
    } else {
        let why = "/dev/kmsg cannot be read, or there is no memory cgroup of version 1";
        steps.passed_over(REAL, why);
    }
    steps.task(
        "10,000 pods, 1,000 kills, a server that dies three times",
        || trial.soak(soak),
    );
}

/// Builds both from their Go modules below `target/tools`: long, and once.
fn build() -> Result<Tools, String> {
    let bin = target_dir().join("tools/kubernetes");
    if let Ok(tools) = tools_in(&bin) {
        return Ok(tools);
    }
    if system::find("go").is_none() {
        return Err("go is missing: apt-get install golang-go, or give --tools DIR".to_owned());
    }
    if !in_ci() {
        println!("    builds kube-apiserver and etcd, once: some ten minutes");
    }
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(format!("{}/", bin.display()));
    go.args([
        "go.etcd.io/etcd/server/v3",
        "k8s.io/kubernetes/cmd/kube-apiserver",
    ]);
    go.env("CGO_ENABLED", "0")
        .current_dir(root().join("xtask/kubernetes"));
    steps::run(&mut go)?;
    tools_in(&bin)
}

fn tools_in(dir: &Path) -> Result<Tools, String> {
    let found = |names: &[&str]| {
        let found = names
            .iter()
            .map(|name| dir.join(name))
            .find(|it| it.is_file());
        found.ok_or_else(|| format!("{}: there is no {}", dir.display(), names.join(" or ")))
    };
    Ok(Tools {
        // `go build` calls etcd after its module's folder.
        etcd: found(&["etcd", "server"])?,
        server: found(&["kube-apiserver"])?,
    })
}
