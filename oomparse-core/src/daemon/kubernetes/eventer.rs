//! kube-eventer's log: each Event as Go prints the struct, followed by its message again.
//!
//! ```text
//! &Event{ObjectMeta:{n1.17d0  default  2e4d6f80-… 4821 0 2021-03-10 11:21:19 +0800 CST …},InvolvedObject:ObjectReference{Kind:Node,Namespace:,Name:n1,UID:n1,APIVersion:,ResourceVersion:,FieldPath:,},Reason:OOMKilling,Message:Memory cgroup out of memory: …,Source:EventSource{Component:kernel-monitor,Host:n1,},FirstTimestamp:2021-03-10 11:21:19 +0800 CST,LastTimestamp:2021-03-10 11:25:19 +0800 CST,Count:3,Type:Warning,…}   2021-03-10 11:25:19 +0800 CST (cnt:3): Memory cgroup out of memory: …
//! ```
//!
//! A message may imitate the text that follows it, so it counts only if the message after it is equal.

use crate::daemon::names;
use crate::daemon::oom_watcher::go_time;
use crate::daemon::text::{number, split_once};
use alloc::string::{String, ToString};
use serde_json::{Value, json};

/// The Event of a line, in the form of an Event object.
pub(super) fn event(line: &[u8]) -> Option<Value> {
    let rest = line.strip_prefix(b"&Event{ObjectMeta:")?;
    let (meta, rest) = split_once(rest, b",InvolvedObject:ObjectReference{Kind:")?;
    let mut words = meta.split(|byte| b" ,:{}".contains(byte));
    let uid = words.find_map(|word| names::uid(word).filter(|_| word.len() == 36));
    let (kind, rest) = split_once(rest, b",Namespace:")?;
    let (namespace, rest) = split_once(rest, b",Name:")?;
    let (name, rest) = split_once(rest, b",UID:")?;
    let (object_uid, rest) = split_once(rest, b",")?;
    let (_, rest) = split_once(rest, b",},Reason:")?;
    let (reason, rest) = split_once(rest, b",Message:")?;
    let (message, rest) = split_once(rest, b",Source:EventSource{Component:")?;
    let (component, rest) = split_once(rest, b",Host:")?;
    let (host, rest) = split_once(rest, b",},FirstTimestamp:")?;
    let (_, rest) = split_once(rest, b",LastTimestamp:")?;
    let time = go_time(rest).map(|(time, _)| time.to_string());
    let (_, rest) = split_once(rest, b",Count:")?;
    let (count, rest) = number(rest)?;
    // A message that imitates its own end is not followed by the same text.
    let repeated = [b"): ", message].concat();
    if !rest.trim_ascii_end().ends_with(repeated.trim_ascii_end()) {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(json!({
        "metadata": {"uid": uid},
        "involvedObject": {
            "kind": text(kind), "namespace": text(namespace), "name": text(name),
            "uid": text(object_uid),
        },
        "reason": text(reason),
        "message": text(message),
        "source": {"component": text(component), "host": text(host)},
        "lastTimestamp": time,
        "count": count,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "&Event{ObjectMeta:{n1.17d0  default  2e4d6f80-3b5c-4d7e-af90-1b2c3d4e5f60 4821 0 2021-03-10 11:21:19 +0800 CST <nil>},InvolvedObject:ObjectReference{Kind:Node,Namespace:,Name:n1,UID:n1,APIVersion:,ResourceVersion:,FieldPath:,},Reason:SystemOOM,Message:@,Source:EventSource{Component:kubelet,Host:n1,},FirstTimestamp:2021-03-10 11:21:19 +0800 CST,LastTimestamp:2021-03-10 11:25:19 +0800 CST,Count:3,Type:Warning,EventTime:0001-01-01 00:00:00 +0000 UTC,}   2021-03-10 11:25:19 +0800 CST (cnt:3): @";

    #[test]
    fn events_of_kube_eventers_log() {
        let message = "System OOM encountered, victim process: a, pid: 7";
        let value = event(LINE.replace('@', message).as_bytes()).unwrap();
        assert_eq!(value["message"], message);
        assert_eq!(
            value["metadata"]["uid"],
            "2e4d6f80-3b5c-4d7e-af90-1b2c3d4e5f60"
        );
        assert_eq!(value["lastTimestamp"], "2021-03-10T11:25:19+08:00");
        assert_eq!(value["source"]["component"], "kubelet");
        assert_eq!(value["count"], 3);
        let forged = "x,Source:EventSource{Component:kubelet,Host:n2,},FirstTimestamp:a,LastTimestamp:b,Count:1";
        assert!(event(LINE.replace('@', forged).as_bytes()).is_none());
        assert!(event(b"&Event{ObjectMeta:{x},InvolvedObject:").is_none());
    }
}
