//! The pods of this node by uid, as listed by the API.
//!
//! A pod is found only under its own uid. Anybody who may create pods can write annotations about uids (static
//! pods), so these name no pod.

use super::api::Api;
use crate::sink::outlets::http::Refusal;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often the list is read, so that a pod is known even after it is gone.
const PAUSE: Duration = Duration::from_secs(30);

/// If a uid is missing, it is read at most this often.
const LEAST: Duration = Duration::from_millis(500);

/// Pods per answer.
const PAGE: usize = 250;

/// How many pods are remembered; a node has at most 250, the rest are gone.
const MAX_PODS: usize = 2000;

/// How many containers of one pod are kept.
const MAX_CONTAINERS: usize = 64;

/// The data about a pod for an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) name: String,
    /// A container's id, and its path in the pod's spec.
    pub(super) containers: Vec<(String, String)>,
    seen: u64,
}

#[derive(Debug)]
pub(super) struct Pods {
    path: String,
    by_uid: HashMap<String, Pod>,
    listed: Option<Instant>,
    lists: u64,
}

impl Pods {
    pub(super) fn new(node: &str) -> Self {
        // A node's name consists of letters, digits, `-` and `.`; any other character must not change the query.
        let node: String = node
            .chars()
            .filter(|at| at.is_ascii_alphanumeric() || "-._".contains(*at))
            .collect();
        Self {
            path: format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}&limit={PAGE}"),
            by_uid: HashMap::new(),
            listed: None,
            lists: 0,
        }
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Pod> {
        self.by_uid.get(uid)
    }

    /// How long until the list is to be read again.
    pub(super) fn due(&self) -> Duration {
        let elapsed = self.listed.map_or(PAUSE, |at| at.elapsed());
        PAUSE.saturating_sub(elapsed)
    }

    /// Reads the list, unless it was just read.
    pub(super) fn list(&mut self, api: &Api) -> Result<(), Refusal> {
        if self.listed.is_some_and(|at| at.elapsed() < LEAST) {
            return Ok(());
        }
        self.listed = Some(Instant::now());
        self.lists += 1;
        let mut path = self.path.clone();
        loop {
            let page = api.get(&path)?;
            for pod in page["items"].as_array().into_iter().flatten() {
                self.take(pod);
            }
            match page["metadata"]["continue"].as_str() {
                Some(token) if !token.is_empty() => {
                    path = format!("{}&continue={}", self.path, escaped(token));
                }
                _ => break,
            }
        }
        if self.by_uid.len() > MAX_PODS {
            // Keeps only pods of the last list.
            let lists = self.lists;
            self.by_uid.retain(|_, pod| pod.seen == lists);
        }
        Ok(())
    }

    fn take(&mut self, pod: &Value) -> Option<()> {
        let metadata = &pod["metadata"];
        let text = |key: &str| Some(metadata[key].as_str()?.to_owned());
        let mut containers = Vec::new();
        for (statuses, place) in [
            ("containerStatuses", "containers"),
            ("initContainerStatuses", "initContainers"),
            ("ephemeralContainerStatuses", "ephemeralContainers"),
        ] {
            let all = pod["status"][statuses].as_array().into_iter().flatten();
            for status in all.take(MAX_CONTAINERS) {
                let name = status["name"].as_str().unwrap_or_default();
                let place = format!("spec.{place}{{{name}}}");
                for id in [
                    &status["containerID"],
                    &status["state"]["terminated"]["containerID"],
                    &status["lastState"]["terminated"]["containerID"],
                ] {
                    if let Some((_, id)) = id.as_str().and_then(|id| id.split_once("://")) {
                        containers.push((id.to_owned(), place.clone()));
                    }
                }
            }
        }
        let (uid, mut pod) = (
            text("uid")?,
            Pod {
                namespace: text("namespace")?,
                name: text("name")?,
                containers,
                seen: self.lists,
            },
        );
        // Including those of containers that are gone.
        if let Some(known) = self.by_uid.get(&uid) {
            let old = known.containers.iter().filter(|(id, _)| {
                let is_new = |(new, _): &&(String, String)| new == id;
                pod.containers.iter().find(is_new).is_none()
            });
            let old: Vec<_> = old.cloned().collect();
            pod.containers.extend(old);
            pod.containers.truncate(MAX_CONTAINERS);
        }
        self.by_uid.insert(uid, pod);
        Some(())
    }
}

/// Escapes a part of a URL's query.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_has_its_own_uid_and_its_containers_of_before() {
        let mut pods = Pods::new("node-7&limit=1");
        assert!(pods.path.contains("%3Dnode-7limit1&"), "{}", pods.path);
        let pod = |id: &str| {
            json!({
                "metadata": {"uid": "u", "namespace": "default", "name": "web-0",
                             "annotations": {"kubernetes.io/config.hash": "h"}},
                "status": {"containerStatuses": [{"name": "web", "containerID": format!("containerd://{id}")}]},
            })
        };
        pods.take(&pod("a1")).unwrap();
        pods.take(&pod("b2")).unwrap();
        let known = pods.get("u").unwrap();
        let places: Vec<_> = known.containers.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(places, ["b2", "a1"]);
        assert_eq!(known.containers[0].1, "spec.containers{web}");
        assert_eq!(pods.get("h"), None);
        assert_eq!(pods.take(&json!({"metadata": {"uid": "v"}})), None);
    }

    #[test]
    fn a_token_is_escaped() {
        assert_eq!(escaped("a+/=Z"), "a%2B%2F%3DZ");
    }
}
