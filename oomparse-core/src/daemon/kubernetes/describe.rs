//! `kubectl describe`: for a pod, how its containers ended; for a node, what its Events are about.
//!
//! ```text
//! Name:         nginx
//! Namespace:    default
//! Node:         n1/10.240.0.5
//! Containers:
//!   nginx:
//!     Container ID:   containerd://6bb1…      of this container or the next one: not read
//!     Last State:     Terminated
//!       Reason:       OOMKilled
//!       Exit Code:    137
//!       Finished:     Thu, 12 Oct 2023 19:00:20 +0000
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Value, json};

/// Maximum number of lines in a description: a pod with twenty containers has a thousand.
const MAX_LINES: u32 = 8192;

/// What a description has shown so far.
#[derive(Debug, Default)]
pub(super) struct Described {
    name: String,
    namespace: Option<String>,
    node: Option<String>,
    is_node: bool,
    reason: Option<String>,
    message: Option<String>,
    /// The list of containers has begun.
    in_containers: bool,
    container: Option<String>,
    /// The open state, and whether it is the last one.
    ended: Option<Ended>,
    done: Vec<Value>,
    lines: u32,
}

#[derive(Debug, Default)]
struct Ended {
    is_last: bool,
    reason: Option<String>,
    exit_code: Option<i64>,
    finished: Option<String>,
}

/// The description that begins with this line.
pub(super) fn opens(line: &[u8]) -> Option<Described> {
    let name = line.strip_prefix(b"Name:  ")?.trim_ascii();
    let name = core::str::from_utf8(name).ok()?;
    let is_name = !name.is_empty() && !name.contains(' ');
    is_name.then(|| Described {
        name: name.into(),
        ..Described::default()
    })
}

impl Described {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub(super) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    pub(super) fn is_node(&self) -> bool {
        self.is_node
    }

    /// Reads a line; returns whether the description continues after it.
    pub(super) fn line(&mut self, line: &[u8]) -> bool {
        self.lines = self.lines.saturating_add(1);
        let Ok(line) = core::str::from_utf8(line) else {
            self.end();
            return false;
        };
        let text = line.trim();
        let indent = line.len().saturating_sub(line.trim_start().len());
        if text.is_empty() {
            return self.lines < MAX_LINES;
        }
        let (key, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.trim();
        if indent == 0 {
            self.end_state();
            let is_key = key
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_uppercase())
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || b" -/().".contains(&byte))
                && text.contains(':');
            if !is_key || key == "Name" || self.lines >= MAX_LINES {
                self.end();
                return false;
            }
            self.member(key, value);
            return true;
        }
        if !self.in_containers {
            return true;
        }
        match (indent, key) {
            (2, name) if value.is_empty() => {
                self.end_state();
                self.container = Some(name.into());
            }
            (4, "State" | "Last State") => {
                self.end_state();
                self.ended = (value == "Terminated").then(|| Ended {
                    is_last: key == "Last State",
                    ..Ended::default()
                });
            }
            (5.., _) => {
                if let Some(ended) = &mut self.ended {
                    match key {
                        "Reason" => ended.reason = Some(value.into()),
                        "Exit Code" => ended.exit_code = value.parse().ok(),
                        "Finished" => ended.finished = iso(value),
                        _ => {}
                    }
                }
            }
            _ => self.end_state(),
        }
        true
    }

    fn member(&mut self, key: &str, value: &str) {
        self.in_containers = matches!(
            key,
            "Containers" | "Init Containers" | "Ephemeral Containers"
        );
        match key {
            "Namespace" => self.namespace = Some(value.into()),
            "Node" => {
                let node = value.split_once('/').map_or(value, |(node, _)| node);
                self.node = Some(node.into());
            }
            "Roles" => self.is_node = true,
            "Reason" => self.reason = Some(value.into()),
            // Of a text over several lines, the first line is enough.
            "Message" => self.message = Some(value.into()),
            _ => {}
        }
    }

    /// Ends the description.
    pub(super) fn end(&mut self) {
        self.end_state();
        if let Some(reason) = self.reason.take() {
            self.done.push(json!({"evicted": reason}));
        }
    }

    fn end_state(&mut self) {
        if let (Some(ended), Some(container)) = (self.ended.take(), &self.container) {
            let state = json!({"terminated": {
                "reason": ended.reason,
                "exitCode": ended.exit_code,
                "finishedAt": ended.finished,
            }});
            let place = if ended.is_last { "lastState" } else { "state" };
            self.done.push(json!({"name": container, place: state}));
        }
    }

    /// What was shown about a pod since the last call, in the form of a pod object.
    pub(super) fn pod(&mut self) -> Option<Value> {
        if self.done.is_empty() || self.is_node {
            return None;
        }
        let done = core::mem::take(&mut self.done);
        let reason = done.iter().find_map(|it| it.get("evicted").cloned());
        Some(json!({
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"nodeName": self.node},
            "status": {"containerStatuses": done, "reason": reason, "message": self.message},
        }))
    }
}

/// `Thu, 12 Oct 2023 19:00:20 +0000` as `2023-10-12T19:00:20+00:00`.
fn iso(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    let month = MONTHS
        .iter()
        .position(|known| *known == month)?
        .checked_add(1)?;
    let (hours, minutes) = zone.split_at_checked(3)?;
    let text = alloc::format!("{year}-{month:02}-{day:0>2}T{clock}{hours}:{minutes}");
    Some(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_descriptions() {
        let time = iso("Thu, 12 Oct 2023 19:00:20 +0000");
        assert_eq!(time.as_deref(), Some("2023-10-12T19:00:20+00:00"));
        assert_eq!(iso("Thu, 12 Abc 2023 19:00:20 +0000"), None);
        assert_eq!(iso(""), None);
    }

    #[test]
    fn what_begins_and_ends_a_description() {
        let mut described = opens(b"Name:         web-0").unwrap();
        assert!(described.line(b"Namespace:    shop"));
        assert!(described.line(b""));
        assert!(!described.line(b"Jan  5 02:12:02 n1 kernel: x"));
        assert!(opens(b"Name: web-0").is_none());
        assert!(opens(b"Name:   a b").is_none());
        assert!(opens(b"  Name:   a").is_none());
    }

    /// A pod's description, in which the killed container has ended or runs again.
    const POD: &str = "Name:         web-0\nNamespace:    shop\nNode:         n1/10.240.0.5\nContainers:\n  app:\n    Container ID:   \
        containerd://6bb1\n    State:          Running\n      Started:      Thu, 12 Oct 2023 19:00:20 +0000\n    Last State:     Terminated\n      \
        Reason:       OOMKilled\n      Exit Code:    137\n      Finished:     Thu, 12 Oct 2023 19:00:20 +0000\n    Ready:          True\n";

    /// What a description shows, and whether it goes on.
    fn described(text: &str) -> (Option<Value>, bool) {
        let mut lines = text.lines();
        let mut described = opens(lines.next().unwrap().as_bytes()).unwrap();
        let goes_on = lines.fold(true, |_, line| described.line(line.as_bytes()));
        if goes_on {
            described.end();
        }
        (described.pod(), goes_on)
    }

    #[test]
    fn a_pods_containers_and_how_they_ended() {
        let (pod, goes_on) = described(POD);
        let ended = json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2023-10-12T19:00:20+00:00"}});
        let whole = json!({
            "metadata": {"name": "web-0", "namespace": "shop"}, "spec": {"nodeName": "n1"},
            "status": {"containerStatuses": [{"name": "app", "lastState": ended}], "reason": null, "message": null},
        });
        assert_eq!((pod.as_ref(), goes_on), (Some(&whole), true));
        // Each kind of containers, in both states, whatever ends the state.
        for list in ["Init Containers:", "Ephemeral Containers:"] {
            assert_eq!(
                described(&POD.replace("Containers:", list)).0.as_ref(),
                Some(&whole)
            );
        }
        let (now, _) = described(
            &POD.replace("Running", "Waiting")
                .replace("Last State", "State"),
        );
        assert_eq!(
            now.unwrap()["status"]["containerStatuses"],
            json!([{"name": "app", "state": ended}])
        );
        for end in [
            "  other:\n    State:          Running\n",
            "Conditions:\n",
            "    State:          Running\n",
            "",
        ] {
            let text = POD.replace("    Ready:          True\n", end);
            assert_eq!(described(&text).0.as_ref(), Some(&whole), "{end}");
        }
        // What is deeper than a state belongs to it, and after its end it does not.
        let late = [POD, "      Reason:       Error\n"].concat();
        assert_eq!(described(&late).0.as_ref(), Some(&whole));
        let two = [
            POD,
            "  b:\n    State:          Terminated\n      Reason:       Error\n",
        ]
        .concat();
        let all = described(&two).0.unwrap();
        assert_eq!(all["status"]["containerStatuses"][1]["name"], json!("b"));
        // Elsewhere the same words are not a state, and a node has none.
        assert!(
            described(&POD.replace("Containers:", "Conditions:"))
                .0
                .is_none()
        );
        assert!(described(&POD.replace("Terminated", "Waiting")).0.is_none());
        assert!(
            described(&POD.replace("Containers:", "Roles:        <none>\nContainers:"))
                .0
                .is_none()
        );
    }

    #[test]
    fn an_evicted_pod_has_its_reason() {
        let text = "Name:         web-0\nReason:       Evicted\nMessage:      The node was low on resource: memory. \n";
        let status = described(text).0.unwrap()["status"].clone();
        assert_eq!(
            (&status["reason"], &status["message"]),
            (
                &json!("Evicted"),
                &json!("The node was low on resource: memory.")
            )
        );
    }

    #[test]
    fn a_description_ends_where_its_lines_do() {
        for (line, goes_on) in [
            ("Node-Selectors:  <none>", true),
            ("QoS (x)/y:", true),
            ("", true),
            ("  x", true),
            ("Name:         b", false),
            ("node: x", false),
            ("Kernel 5.1: x", false),
            ("Events", false),
            ("\u{e9}: x", false),
        ] {
            assert_eq!(
                described(&alloc::format!("Name:         web-0\n{line}")).1,
                goes_on,
                "{line}"
            );
        }
        let mut one = opens(b"Name:         web-0").unwrap();
        assert!(!one.line(b"Node: \xff"));
        for last in ["", "Node: n1"] {
            let mut one = opens(b"Name:         web-0").unwrap();
            for _ in 1..MAX_LINES - 1 {
                assert!(one.line(b"  x"));
            }
            assert!(one.line(last.as_bytes()), "{last}");
            assert!(!one.line(last.as_bytes()), "{last}");
        }
    }
}
