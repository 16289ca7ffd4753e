//! The agent at the API server, and what it must have written.

use super::server::{Cluster, Tools, quiet, write};
use crate::{deploy, root, target_dir};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use std::{env, thread};

pub(super) const NODE: &str = "node-7";
pub(super) const CONTAINER: &str =
    "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

/// Kills of the storm.
pub(super) const STORM: usize = 50;

/// How long the server does not answer: longer than a request may take.
const UNANSWERED: Duration = Duration::from_secs(20);

pub(super) struct Trial {
    pub(super) cluster: Cluster,
    pub(super) dir: PathBuf,
    program: PathBuf,
    /// The hour of the log that the agent follows: kills of one hour are one Event.
    hour: String,
    /// The kernel's clock in it.
    seconds: usize,
    /// The pod's.
    pub(super) uid: String,
    pub(super) agent: Option<Child>,
}

impl Trial {
    pub(super) fn begin(tools: Tools, program: PathBuf) -> Result<Self, String> {
        let dir = target_dir().join("try-kubernetes");
        _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("account")).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Self {
            cluster: Cluster::start(tools, &dir)?,
            dir,
            program,
            hour: hour()?,
            seconds: 100,
            uid: String::new(),
            agent: None,
        })
    }

    pub(super) fn install(&self, helm: &Path) -> Result<(), String> {
        let chart = deploy::rendered(helm, &["events.enabled=true"])?;
        self.cluster.kubectl(&["create", "namespace", "oomparse"])?;
        self.cluster.apply("chart.yaml", &chart, true)?;
        self.cluster.apply("chart.yaml", &chart, false)?;
        let manifests = root().join("deploy/manifests").display().to_string();
        let args = ["apply", "-k", &manifests, "--dry-run=server"];
        self.cluster.kubectl(&args).map(drop)
    }

    pub(super) fn first_kill(&mut self) -> Result<(), String> {
        self.cluster
            .kubectl(&["create", "serviceaccount", "default"])
            .or_else(|said| {
                if said.contains("AlreadyExists") || said.contains("already exists") {
                    Ok(String::new())
                } else {
                    Err(said)
                }
            })?;
        let pod = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"web-0\",\"namespace\":\"default\"}},\"spec\":{{\
             \"nodeName\":\"{NODE}\",\"automountServiceAccountToken\":false,\"containers\":[{{\"name\":\"app\",\"image\":\"app\",\
             \"resources\":{{\"limits\":{{\"memory\":\"512Mi\"}}}}}}]}}}}"
        );
        self.cluster.apply("pod.json", &pod, false)?;
        let uid = ["get", "pod", "web-0", "-o", "jsonpath={.metadata.uid}"];
        self.uid = self.cluster.kubectl(&uid)?;
        let token = ["-n", "oomparse", "create", "token", "oomparse"];
        let token = self.cluster.kubectl(&token)?;
        write(&self.dir.join("account/token"), token.trim())?;
        let certificate = self.dir.join("certificates/apiserver.crt");
        fs::copy(certificate, self.dir.join("account/ca.crt")).map_err(|e| e.to_string())?;
        write(&self.dir.join("kern.log"), "")?;
        self.follow()?;
        // It follows from where the log ends.
        thread::sleep(Duration::from_secs(2));
        self.kill(714)?;
        self.counted(1)?;
        let events = self.cluster.events()?;
        let event = events.first().ok_or("there is no Event")?;
        let said = |pointer: &str| {
            event
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let is_right = said("/regarding/uid") == self.uid
            && said("/regarding/name") == "web-0"
            && said("/reason") == "OOMKilling"
            && said("/reportingController") == "oomparse"
            && said("/note").starts_with("java (pid 714) of pod default/web-0")
            && said("/note").contains("512.0 MiB of 512.0 MiB used");
        if events.len() == 1 && is_right {
            Ok(())
        } else {
            Err(format!("it is another Event: {events:?}"))
        }
    }

    /// Each right that the chart gives is asked for; none beside them is there.
    pub(super) fn no_more_rights(&self) -> Result<(), String> {
        let may = |verb: &str, what: &str| {
            let account = "--as=system:serviceaccount:oomparse:oomparse";
            let args = ["auth", "can-i", verb, what, account, "-n", "default"];
            // It says no with exit code 1.
            self.cluster
                .kubectl(&args)
                .is_ok_and(|said| said.trim() == "yes")
        };
        for (verb, what) in [
            ("create", "events.events.k8s.io"),
            ("patch", "events.events.k8s.io"),
            ("list", "pods"),
        ] {
            if !may(verb, what) {
                return Err(format!("the agent may not {verb} {what}"));
            }
        }
        for (verb, what) in [
            ("get", "secrets"),
            ("list", "secrets"),
            ("get", "pods"),
            ("watch", "pods"),
            ("delete", "pods"),
            ("list", "nodes"),
            ("delete", "events.events.k8s.io"),
            ("list", "events.events.k8s.io"),
            ("create", "pods"),
        ] {
            if may(verb, what) {
                return Err(format!("the agent may {verb} {what}"));
            }
        }
        Ok(())
    }

    pub(super) fn without_right(&mut self) -> Result<(), String> {
        self.cluster
            .kubectl(&["delete", "clusterrolebinding", "oomparse"])?;
        self.kill(715)?;
        thread::sleep(Duration::from_secs(2));
        let chart = self.path("chart.yaml");
        self.cluster.kubectl(&["apply", "-f", &chart])?;
        self.counted(2)
    }

    /// The server holds connections and does not answer, as if the network were partitioned.
    pub(super) fn unanswered(&mut self) -> Result<(), String> {
        self.cluster.pause_server(true)?;
        self.kill(718)?;
        thread::sleep(UNANSWERED);
        self.cluster.pause_server(false)?;
        self.counted(5 + STORM)
    }

    /// The agent's own log has this word once.
    pub(super) fn said(&self, word: &str) -> Result<(), String> {
        let path = self.dir.join("agent.log");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        match text.lines().filter(|line| line.contains(word)).count() {
            1 => Ok(()),
            count => Err(format!("{count} lines with {word}:\n{text}")),
        }
    }

    pub(super) fn storm(&mut self) -> Result<(), String> {
        self.cluster.kill_server();
        for pid in 0..STORM {
            self.kill(1000 + pid)?;
        }
        thread::sleep(Duration::from_secs(2));
        self.cluster.start_server()?;
        self.counted(2 + STORM)
    }

    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.stop();
        self.kill(716)?;
        self.follow()?;
        self.counted(3 + STORM)?;
        // Nothing that was counted is counted again.
        thread::sleep(Duration::from_secs(3));
        self.counted(3 + STORM)
    }

    /// Starts the agent on the log, where the last one ended.
    pub(super) fn follow(&mut self) -> Result<(), String> {
        let (log, state) = (self.path("kern.log"), self.path("state"));
        self.start(&["--file", &log, "--state", &state])
    }

    pub(super) fn plugin(&self) -> Result<(), String> {
        let link = self.dir.join("kubectl-oom");
        std::os::unix::fs::symlink(&self.program, &link).map_err(|e| e.to_string())?;
        let path = env::var("PATH").unwrap_or_default();
        let mut kubectl = self.cluster.kubectl_command("kubectl");
        kubectl.env("PATH", format!("{}:{path}", self.dir.display()));
        let output = kubectl.args(["oom", "-A"]).output();
        let output = output.map_err(|e| e.to_string())?;
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        print!("{table}");
        let row = table.lines().find(|row| row.contains("web-0"));
        if row.is_some_and(|row| row.contains("512.0 MiB") && row.contains("would have held")) {
            Ok(())
        } else {
            Err(format!(
                "there is no row of the pod, its limit and advice: {table}"
            ))
        }
    }

    /// The agent, as it runs in the chart's pod.
    pub(super) fn start(&mut self, args: &[&str]) -> Result<(), String> {
        let mut agent = quiet(&self.program, &self.dir.join("agent.log"))?;
        agent
            .args([
                "watch",
                "--kubernetes-events",
                "--no-pods",
                "--node-name",
                NODE,
            ])
            .args(args)
            .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            .env("KUBERNETES_SERVICE_PORT", self.cluster.port.to_string())
            .env("OOMPARSE_SERVICE_ACCOUNT", self.dir.join("account"));
        self.agent = Some(agent.spawn().map_err(|e| format!("oomparse: {e}"))?);
        Ok(())
    }

    /// Ends it as the kernel would.
    pub(super) fn stop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            _ = agent.kill();
            _ = agent.wait();
        }
    }

    /// A kill of the pod's container, in the log that the agent follows.
    pub(super) fn kill(&mut self, pid: usize) -> Result<(), String> {
        self.seconds += 1;
        let (minute, second) = (self.seconds / 60 % 60, self.seconds % 60);
        let now = format!("{}:{minute:02}:{second:02}.000000Z", self.hour);
        let head = format!("{now} {NODE} kernel: [{}", self.seconds);
        let uid = &self.uid;
        let path = format!("/kubepods/burstable/pod{uid}/{CONTAINER}");
        let text = format!(
            "{head}.150000] memory: usage 524288kB, limit 524288kB, failcnt 12\n\
             {head}.200000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={CONTAINER},mems_allowed=0,\
             oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=0\n\
             {head}.300000] Memory cgroup out of memory: Killed process {pid} (java) total-vm:800000kB, \
             anon-rss:500000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:936\n"
        );
        let invoked = format!(
            "{head}.100000] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936\n"
        );
        let log = self.dir.join("kern.log");
        let mut file = OpenOptions::new().append(true).open(&log);
        file.as_mut()
            .map_err(|e| e.to_string())?
            .write_all((invoked + &text).as_bytes())
            .map_err(|e| format!("{}: {e}", log.display()))
    }

    /// Waits until the pod's one Event counts so many kills.
    pub(super) fn counted(&self, kills: usize) -> Result<(), String> {
        self.cluster
            .until(&format!("{kills} kills in one Event"), |cluster| {
                counts_of(cluster).is_ok_and(|counts| counts == [kills as u64])
            })
    }

    pub(super) fn counts(&self) -> Result<Vec<u64>, String> {
        counts_of(&self.cluster)
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How many kills each Event of the agent counts.
pub(super) fn counts_of(cluster: &Cluster) -> Result<Vec<u64>, String> {
    let events = cluster.events()?;
    let ours = events
        .iter()
        .filter(|event| event["reportingController"] == "oomparse");
    Ok(ours
        .map(|event| event["series"]["count"].as_u64().unwrap_or(1))
        .collect())
}

/// The date and the hour, in UTC.
fn hour() -> Result<String, String> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%dT%H"]).output();
    let date = date.map_err(|e| format!("date: {e}"))?;
    Ok(String::from_utf8_lossy(&date.stdout).trim().to_owned())
}
