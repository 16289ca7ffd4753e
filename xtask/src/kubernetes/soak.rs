//! A node that lives long: pods come and go by the thousand, some are killed, the API server dies three times.
//!
//! Every kill must be one Event on its own pod, no pod may have two, and the agent's memory must not grow.

use super::server::write;
use super::trial::{NODE, Trial};
use crate::steps;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Pods that are there at once: as many as a node may have.
const PODS: usize = 250;
const WAVES: usize = 40;
/// Kills of one wave, each in a pod of its own.
const KILLS: usize = 25;
/// The waves in whose middle the API server is killed.
const WITHOUT_SERVER: [usize; 3] = [10, 20, 30];
/// The wave after which the agent's memory is that of a node with all its pods.
const WARM: usize = 4;
/// How much it may grow after that, in KiB: what an allocator keeps of the largest list.
const MAY_GROW: u64 = 2048;

const NAMESPACE: &str = "soak";

impl Trial {
    /// Takes at least so long: the waves are spread over the time.
    pub(super) fn soak(&mut self, time: Duration) -> Result<(), String> {
        self.stop();
        self.cluster.kubectl(&["create", "namespace", NAMESPACE])?;
        let account = ["-n", NAMESPACE, "create", "serviceaccount", "default"];
        // The server's own controllers are not here, and a pod needs one.
        self.cluster.kubectl(&account)?;
        write(&self.dir.join("kern.log"), "")?;
        _ = fs::remove_file(self.dir.join("state"));
        self.follow()?;
        thread::sleep(Duration::from_secs(2));
        let (began, mut killed, mut memory) = (Instant::now(), BTreeMap::new(), Vec::new());
        for wave in 0..WAVES {
            self.wave(wave, &mut killed)?;
            memory.push(self.memory()?);
            if (wave + 1) % 10 == 0 {
                let seconds = began.elapsed().as_secs();
                println!("    {} pods after {seconds} s", (wave + 1) * PODS);
            }
            let due = time * u32::try_from(wave + 1).unwrap_or(1) / WAVES as u32;
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
        self.each_once(&killed)?;
        let seconds = began.elapsed().as_secs();
        let (first, last) = (memory[WARM], memory[WAVES - 1]);
        println!(
            "    {} pods, {} kills, {} Events, {} restarts of the server in {seconds} s; the agent's memory: \
             {first} KiB after {} waves, {last} KiB at the end",
            WAVES * PODS,
            WAVES * KILLS,
            killed.len(),
            WITHOUT_SERVER.len(),
            WARM + 1
        );
        if last > first + MAY_GROW {
            return Err(format!("the agent's memory grows: {memory:?} KiB"));
        }
        Ok(())
    }

    /// Pods are made, some of them killed, and all deleted once the kills are Events.
    fn wave(&mut self, wave: usize, killed: &mut BTreeMap<String, String>) -> Result<(), String> {
        self.make_pods(wave)?;
        let pods = self.pods()?;
        if pods.len() != PODS {
            return Err(format!("wave {wave}: {} pods, not {PODS}", pods.len()));
        }
        let is_cut = WITHOUT_SERVER.contains(&wave);
        if is_cut {
            self.cluster.kill_server();
        }
        for (number, (name, uid)) in pods.iter().take(KILLS).enumerate() {
            self.uid.clone_from(uid);
            self.kill(10_000 + wave * KILLS + number)?;
            killed.insert(uid.clone(), name.clone());
        }
        if is_cut {
            thread::sleep(Duration::from_secs(2));
            self.cluster.start_server()?;
        }
        let wanted = killed.len();
        self.cluster.until(&format!("{wanted} Events"), |cluster| {
            let few = format!("/apis/events.k8s.io/v1/namespaces/{NAMESPACE}/events?limit=1");
            let list = cluster.kubectl(&["get", "--raw", &few]);
            list.is_ok_and(|list| length(&list) >= Some(wanted))
        })?;
        let all = format!("/api/v1/namespaces/{NAMESPACE}/pods?gracePeriodSeconds=0");
        self.cluster.kubectl(&["delete", "--raw", &all])?;
        self.cluster.until("the pods are gone", |cluster| {
            let few = format!("/api/v1/namespaces/{NAMESPACE}/pods?limit=1");
            let list = cluster.kubectl(&["get", "--raw", &few]);
            list.is_ok_and(|list| length(&list) == Some(0))
        })
    }

    /// One connection for all of a wave: kubectl makes five objects a second.
    fn make_pods(&self, wave: usize) -> Result<(), String> {
        let mut config = String::new();
        for number in 0..PODS {
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("pod-{wave}-{number}"), "namespace": NAMESPACE},
                "spec": {"nodeName": NODE, "automountServiceAccountToken": false,
                         "containers": [{"name": "app", "image": "app"}]},
            });
            let body = pod.to_string().replace('"', "\\\"");
            let url = self
                .cluster
                .url(&format!("/api/v1/namespaces/{NAMESPACE}/pods"));
            _ = write!(
                config,
                "{}url = \"{url}\"\ninsecure\nfail\nsilent\nshow-error\noutput = /dev/null\n\
                 header = \"Authorization: Bearer {}\"\nheader = \"Content-Type: application/json\"\ndata = \"{body}\"\n",
                if number > 0 { "next\n" } else { "" },
                super::server::ADMIN
            );
        }
        let path = self.dir.join("pods.curl");
        write(&path, &config)?;
        let mut curl = Command::new("curl");
        curl.arg("--config").arg(&path).stdout(Stdio::null());
        let made = curl.output().map_err(|e| format!("curl: {e}"))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr).into_owned();
            return Err(format!("wave {wave}: the pods are not made: {said}"));
        }
        Ok(())
    }

    /// The pods that are there, by name and uid.
    fn pods(&self) -> Result<Vec<(String, String)>, String> {
        let text = ["-n", NAMESPACE, "get", "pods", "-o"];
        let shape = "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{\"\\n\"}{end}";
        let text = self.cluster.kubectl(&[&text[..], &[shape]].concat())?;
        let pair = |line: &str| {
            let (name, uid) = line.split_once(' ')?;
            Some((name.to_owned(), uid.to_owned()))
        };
        Ok(text.lines().filter_map(pair).collect())
    }

    /// Every killed pod has one Event that counts one kill, and there is no other Event.
    fn each_once(&self, killed: &BTreeMap<String, String>) -> Result<(), String> {
        let events = self.cluster.events()?;
        let ours: Vec<&Value> = events
            .iter()
            .filter(|event| {
                event["regarding"]["namespace"] == NAMESPACE || event["regarding"]["kind"] == "Node"
            })
            .collect();
        let mut found = BTreeMap::new();
        for event in &ours {
            let text = |key: &str| {
                event["regarding"][key]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let count = event["series"]["count"].as_u64().unwrap_or(1);
            if found.insert(text("uid"), text("name")).is_some() || count != 1 {
                return Err(format!("a kill is counted twice: {event}"));
            }
        }
        if found != *killed {
            let lost = killed.iter().find(|(uid, _)| !found.contains_key(*uid));
            let wrong = found.iter().find(|(uid, _)| !killed.contains_key(*uid));
            return Err(format!("lost: {lost:?}; of another: {wrong:?}"));
        }
        Ok(())
    }

    /// Resident memory of the agent, in KiB.
    fn memory(&self) -> Result<u64, String> {
        steps::resident(self.agent.as_ref().ok_or("the agent does not run")?)
    }
}

/// How many objects a list has, of which the server sent the first at most.
fn length(list: &str) -> Option<usize> {
    let list: Value = serde_json::from_str(list).ok()?;
    let sent = list["items"].as_array()?.len();
    let more = list["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
    Some(sent + usize::try_from(more).ok()?)
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_list_and_what_remains_of_it() {
        assert_eq!(length(r#"{"items":[]}"#), Some(0));
        assert_eq!(length(r#"{"items":[{}],"metadata":{}}"#), Some(1));
        let more = r#"{"items":[{}],"metadata":{"remainingItemCount":24}}"#;
        assert_eq!(length(more), Some(25));
        assert_eq!(length("no answer"), None);
    }
}
