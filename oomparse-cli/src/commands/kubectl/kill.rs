//! A kill as a cluster knows it.

use crate::sink::outlets::EVENT_ANNOTATION;
use oomparse_core::OomEvent;
use oomparse_report::{Lang, advice, read_event};
use serde_json::{Value, json};

/// If the agent's Event and a container's end are this close, they are one death: a kubelet's clock shows whole
/// seconds, and it checks containers every second.
const SAME_DEATH: i64 = 10;

/// One kill.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Kill {
    /// Seconds since 1970.
    pub(super) at: Option<i64>,
    pub(super) namespace: String,
    /// Empty if a node's process was killed.
    pub(super) pod: String,
    pub(super) container: String,
    pub(super) node: String,
    /// In Kubernetes' notation, else in bytes.
    pub(super) limit: String,
    pub(super) usage: String,
    pub(super) victim: String,
    /// How often: the count of an Event's series.
    pub(super) count: u64,
    pub(super) message: String,
    pub(super) advice: String,
    /// The agent reports it.
    pub(super) agent: bool,
    /// A pod's status reports it.
    pub(super) kubernetes: bool,
}

impl Kill {
    pub(super) fn to_json(&self) -> Value {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "time": self.at.and_then(time),
            "namespace": text(&self.namespace),
            "pod": text(&self.pod),
            "container": text(&self.container),
            "node": text(&self.node),
            "limit": text(&self.limit),
            "usage": text(&self.usage),
            "victim": text(&self.victim),
            "count": self.count,
            "message": text(&self.message),
            "advice": text(&self.advice),
            "reportedBy": self.reported_by(),
        })
    }

    /// `agent`, `kubernetes` or both.
    pub(super) fn reported_by(&self) -> &'static str {
        match (self.agent, self.kubernetes) {
            (true, true) => "agent,kubernetes",
            (true, false) => "agent",
            (false, _) => "kubernetes",
        }
    }
}

fn time(at: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(at).ok()?;
    Some(at.to_string())
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn seconds(value: &Value, pointer: &str) -> Option<i64> {
    let text = value.pointer(pointer)?.as_str()?;
    Some(text.parse::<jiff::Timestamp>().ok()?.as_second())
}

fn items(list: &Value) -> &[Value] {
    let items = list.get("items").and_then(Value::as_array);
    items.map_or(&[], Vec::as_slice)
}

/// The kills of a list of Events: those whose reporting component is the agent.
pub(super) fn of_events(list: &Value) -> Vec<Kill> {
    items(list).iter().filter_map(of_event).collect()
}

fn of_event(event: &Value) -> Option<Kill> {
    let by = ["/reportingComponent", "/source/component"];
    let agent = by.into_iter().any(|at| {
        let name = text(event, at);
        name == "oomparse" || name.ends_with("/oomparse")
    });
    if !agent {
        return None;
    }
    let times = [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/firstTimestamp",
        "/metadata/creationTimestamp",
    ];
    let is_pod = text(event, "/involvedObject/kind") == "Pod";
    let pod = |pointer| {
        if is_pod {
            text(event, pointer)
        } else {
            String::new()
        }
    };
    // spec.containers{app}
    let path = text(event, "/involvedObject/fieldPath");
    let container = path
        .split_once('{')
        .and_then(|(_, rest)| rest.strip_suffix('}'));
    let of_series = event
        .pointer("/series/count")
        .or_else(|| event.get("count"));
    let node = if is_pod {
        text(event, "/source/host")
    } else {
        text(event, "/involvedObject/name")
    };
    let mut kill = Kill {
        at: times.into_iter().find_map(|at| seconds(event, at)),
        namespace: pod("/involvedObject/namespace"),
        pod: pod("/involvedObject/name"),
        container: container.unwrap_or_default().to_owned(),
        node,
        count: of_series.and_then(Value::as_u64).unwrap_or(1).max(1),
        message: text(event, "/message"),
        agent: true,
        ..Kill::default()
    };
    if let Some((usage, limit)) = figures(&kill.message).filter(|_| is_pod) {
        (kill.usage, kill.limit) = (usage, limit);
    }
    let annotations = event.pointer("/metadata/annotations");
    let record = annotations.and_then(|all| all.get(EVENT_ANNOTATION)?.as_str());
    if let Some(event) = record.and_then(read_event) {
        kill.take(&event);
    }
    Some(kill)
}

/// Usage and limit from the agent's note: ` 512.0 MiB of 512.0 MiB used.`
///
/// The longest process name, 15 bytes, is too short for that text; if it occurs twice, neither counts.
fn figures(note: &str) -> Option<(String, String)> {
    let mut found = note.match_indices(" used.").filter_map(|(at, _)| {
        let (before, limit) = note.get(..at)?.rsplit_once(" of ")?;
        let (rest, unit) = before.rsplit_once(' ')?;
        let (_, number) = rest.rsplit_once(' ')?;
        let usage = format!("{number} {unit}");
        (is_size(&usage) && is_size(limit)).then(|| (usage, limit.to_owned()))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `512.0 MiB`
fn is_size(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else {
        return false;
    };
    let digits = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b',';
    ["B", "KiB", "MiB", "GiB", "TiB"].contains(&unit)
        && number.starts_with(|letter: char| letter.is_ascii_digit())
        && number.bytes().all(digits)
}

impl Kill {
    /// Takes over the data of the agent's own event.
    fn take(&mut self, event: &OomEvent) {
        let memory = event.memory.as_ref();
        let usage = memory.and_then(|memory| memory.usage_bytes);
        self.usage = usage.map(oomparse_report::units::bytes).unwrap_or_default();
        let limit = memory.and_then(|memory| memory.limit_bytes);
        self.limit = limit.map(oomparse_report::units::bytes).unwrap_or_default();
        if let Some(victim) = &event.victim {
            let comm = victim.comm.as_ref();
            self.victim = oomparse_report::process(comm, Some(victim.pid), Lang::En);
        }
        if let Some(host) = event.host.as_ref().filter(|_| self.node.is_empty()) {
            self.node = host.to_string();
        }
        let advice = advice(event, Lang::En);
        let cause = advice.as_ref().filter(|advice| advice.knows_the_cause());
        let limit = advice.as_ref().and_then(|advice| advice.limit.as_ref());
        let words = [
            cause.map(|advice| advice.cause.as_str().replace('_', " ")),
            limit.map(|limit| format!("{} would have held", limit.quantity())),
        ];
        self.advice = words.into_iter().flatten().collect::<Vec<_>>().join("; ");
    }
}

/// The kills of a list of pods: containers whose last or present end was OOMKilled.
pub(super) fn of_pods(list: &Value) -> Vec<Kill> {
    items(list).iter().flat_map(of_pod).collect()
}

fn of_pod(pod: &Value) -> Vec<Kill> {
    let mut kills = Vec::new();
    for statuses in ["containerStatuses", "initContainerStatuses"] {
        let statuses = pod.get("status").and_then(|status| status.get(statuses));
        for status in statuses.and_then(Value::as_array).into_iter().flatten() {
            for ended in ["/lastState/terminated", "/state/terminated"] {
                let Some(end) = status.pointer(ended) else {
                    continue;
                };
                if text(end, "/reason") == "OOMKilled" {
                    let name = text(status, "/name");
                    kills.push(Kill {
                        at: seconds(end, "/finishedAt"),
                        namespace: text(pod, "/metadata/namespace"),
                        pod: text(pod, "/metadata/name"),
                        node: text(pod, "/spec/nodeName"),
                        limit: limit(pod, &name),
                        container: name,
                        count: 1,
                        kubernetes: true,
                        ..Kill::default()
                    });
                }
            }
        }
    }
    kills
}

fn limit(pod: &Value, container: &str) -> String {
    let lists = ["/spec/containers", "/spec/initContainers"];
    let all = lists
        .into_iter()
        .filter_map(|at| pod.pointer(at)?.as_array());
    let found = all.flatten().find(|it| text(it, "/name") == container);
    found.map_or_else(String::new, |it| text(it, "/resources/limits/memory"))
}

/// Joins the agent's Event and a pod's status about one death into one kill; the latest first.
pub(super) fn joined(kills: Vec<Kill>) -> Vec<Kill> {
    let (mut all, others): (Vec<Kill>, Vec<Kill>) = kills.into_iter().partition(|kill| kill.agent);
    for other in others {
        let same = all.iter_mut().filter(|kill| !kill.kubernetes).find(|kill| {
            let near = kill.at.zip(other.at);
            let near =
                near.is_some_and(|(one, two)| one.abs_diff(two) <= SAME_DEATH.unsigned_abs());
            near && (&kill.namespace, &kill.pod) == (&other.namespace, &other.pod)
                && kill.container == other.container
        });
        match same {
            Some(kill) => {
                kill.kubernetes = true;
                if kill.limit.is_empty() {
                    kill.limit = other.limit;
                }
                if kill.node.is_empty() {
                    kill.node = other.node;
                }
            }
            None => all.push(other),
        }
    }
    all.sort_by_key(|kill| std::cmp::Reverse(kill.at));
    all
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn figures_stand_once_in_a_note() {
        let sizes = |usage: &str, limit: &str| Some((usage.to_owned(), limit.to_owned()));
        let note = "java (pid 7) of pod shop/web-0 was killed. 511.9 MiB of 512.0 MiB used.";
        assert_eq!(figures(note), sizes("511.9 MiB", "512.0 MiB"));
        let more = format!("{note} Largest: java 3,000 pages.");
        assert_eq!(figures(&more), sizes("511.9 MiB", "512.0 MiB"));
        assert_eq!(figures("java was killed. It is used."), None);
        assert_eq!(figures("a 1 B of 2 B used. b 3 B of 4 B used."), None);
        assert_eq!(figures("x of y used."), None);
    }
}
