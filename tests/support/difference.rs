//! Truth against event: only what truth says is asked for, and every difference is named.

use serde_json::Value;
use std::fmt;

/// One place where the event is not what truth says.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The place in the event, as `victim.comm` or `tasks[2].pid`.
    pub path: String,
    /// What truth says; `null` for "must be absent".
    pub truth: Value,
    /// What the event has there.
    pub event: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match (&self.truth, &self.event) {
            (Value::Null, Some(event)) => write!(f, "{path}: must be absent, is {event}"),
            (truth, None) => write!(f, "{path}: must be {truth}, is absent"),
            (truth, Some(event)) => {
                write!(f, "{path}: must be {truth}\n{:>6}: is      {event}", "")
            }
        }
    }
}

/// In truth: the key must be there, whatever its value (an id that no person can work out).
const ANY: &str = "<any>";

/// Where an event differs from what truth says about it.
///
/// Objects are compared key by key, and only for the keys that truth gives; `null` in truth means
/// that the key must be absent. Arrays must have the same length; an element `{}` asks for nothing.
#[must_use]
pub fn compare(truth: &Value, event: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", truth, Some(event), &mut found);
    found
}

fn walk(path: &str, truth: &Value, event: Option<&Value>, found: &mut Vec<Difference>) {
    match (truth, event) {
        (Value::Null, None) => {}
        (Value::String(truth), Some(_)) if truth == ANY => {}
        (Value::Object(keys), Some(Value::Object(event))) => {
            for (key, truth) in keys {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(&path, truth, event.get(key), found);
            }
        }
        (Value::Array(truth), Some(Value::Array(event))) if truth.len() == event.len() => {
            for (index, (truth, event)) in truth.iter().zip(event).enumerate() {
                walk(&format!("{path}[{index}]"), truth, Some(event), found);
            }
        }
        (truth, Some(event)) if truth == event => {}
        (truth, event) => found.push(Difference {
            path: path.to_owned(),
            truth: truth.clone(),
            event: event.cloned(),
        }),
    }
}

/// The paths of the values in an event or in truth, without indexes: `victim.pid`, `tasks[].comm`.
///
/// The keys of `memcg_stats[].values` and `pod.labels` are the kernel's and the user's, so these two
/// count as one value each. What truth says to be absent is left out.
#[must_use]
pub fn leaf_paths(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    leaves("", value, &mut found);
    found.sort();
    found.dedup();
    found
}

fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Object(_) if path == "memcg_stats[].values" || path == "pod.labels" => {
            found.push(path.to_owned());
        }
        Value::Object(keys) => {
            for (key, value) in keys {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                leaves(&path, value, found);
            }
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            for element in elements {
                leaves(&format!("{path}[]"), element, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{compare, leaf_paths};
    use serde_json::json;

    #[test]
    fn only_what_truth_says_is_asked_for() {
        let event = json!({"type": "kill", "victim": {"pid": 7, "comm": "a"}, "x": [{"y": 1}, 2]});
        assert!(compare(&json!({"victim": {"pid": 7}}), &event).is_empty());
        assert!(compare(&json!({"x": [{}, 2], "pod": null}), &event).is_empty());
        assert_eq!(compare(&json!({"victim": {"pid": 8}}), &event).len(), 1);
        assert_eq!(compare(&json!({"victim": null}), &event).len(), 1);
        assert_eq!(compare(&json!({"x": [{}]}), &event).len(), 1);
        assert_eq!(compare(&json!({"host": "a"}), &event).len(), 1);
        assert!(compare(&json!({"type": "<any>"}), &event).is_empty());
        assert_eq!(compare(&json!({"host": "<any>"}), &event).len(), 1);
    }

    #[test]
    fn paths_have_no_indexes() {
        let event = json!({"tasks": [{"pid": 1}, {"comm": "a"}], "evidence": ["killed"],
            "memcg_stats": [{"values": {"rss": 1}}], "pod": null});
        assert_eq!(
            leaf_paths(&event),
            [
                "evidence",
                "memcg_stats[].values",
                "tasks[].comm",
                "tasks[].pid"
            ]
        );
    }
}
