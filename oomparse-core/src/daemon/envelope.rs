//! The prefix that a daemon itself writes, if the line has no other frame.
//!
//! Such a line is accepted without a frame; like that of a bare kernel line, its origin is then `unknown`.

use crate::source::{Field, Parent};
use alloc::string::String;
use serde_json::{Map, Value};

/// The format of a line without a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// `I1012 19:34:44.310022    2480 eviction_manager.go:345] `: klog and glog.
    Klog,
    /// `{"ts":1697139284310.022,"caller":"…","msg":"…",…}`: klog as JSON.
    KlogJson,
    /// `time="2023-10-12T19:00:20.879932879Z" level=info msg="…"`: logrus.
    Logrus,
    /// `{"level":"info","msg":"…","time":"…"}`: logrus as JSON.
    LogrusJson,
    /// `2019-11-14 18:27:56,211: `: nohang's log.
    Nohang,
    /// An Event of OOM-Guard in a listing.
    OomGuard,
}

impl Envelope {
    /// The format with which a line begins.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        match line {
            [b'I' | b'W' | b'E' | b'F', b'0'..=b'9', ..] => {
                super::text::klog(line).map(|_| Self::Klog)
            }
            [b't', b'i', b'm', b'e', b'=', b'"', rest @ ..] => {
                super::text::rfc3339(rest).map(|_| Self::Logrus)
            }
            [b'{', b'"', b't', b's', b'"', ..] => is_klogs(line).then_some(Self::KlogJson),
            [b'{', b'"', b'l', b'e', b'v', b'e', b'l', b'"', ..] => Some(Self::LogrusJson),
            [b'0'..=b'9', ..] if super::text::is_nohang_stamp(line) => Some(Self::Nohang),
            _ => memchr::memmem::find(line, b"OomGuardKill").map(|_| Self::OomGuard),
        }
    }
}

/// Whether klog wrote an object.
fn is_klogs(line: &[u8]) -> bool {
    own_fields(line).is_some_and(|fields| fields.get("ts").is_some_and(Value::is_number))
}

/// Whether a line is an object in which a daemon itself put its message as `msg`, and its fields beside it.
pub(super) fn is_own_object(line: &[u8]) -> bool {
    line.starts_with(b"{") && own_fields(line).is_some()
}

/// The fields of an object with `msg`, unless a shipper wrote it: that has keys of its own for the pod that printed it.
fn own_fields(line: &[u8]) -> Option<Map<String, Value>> {
    let fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let is_shippers = |key: &String| {
        const OWN: [&str; 6] = [
            "pod",
            "pods",
            "podUID",
            "container",
            "containerName",
            "containerID",
        ];
        let (field, _) = Parent::Any.place(key.as_bytes());
        let is_its = matches!(
            field,
            Field::Container
                | Field::Stream
                | Field::Tag
                | Field::Tags
                | Field::Unit
                | Field::LogName
                | Field::Dataset
                | Field::InputType
                | Field::SourceType
        );
        is_its && !OWN.contains(&key.as_str())
    };
    let is_its = fields.get("msg").is_some_and(Value::is_string) && !fields.keys().any(is_shippers);
    is_its.then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_by_their_beginnings() {
        for (line, form) in [
            (
                "I1012 19:34:44.310022    2480 eviction_manager.go:345] \"x\"",
                Some(Envelope::Klog),
            ),
            ("I1012 19:34:44.310022    2480 x] y", None),
            ("It is", None),
            (
                "time=\"2023-10-12T19:00:20Z\" level=info",
                Some(Envelope::Logrus),
            ),
            ("{\"ts\":1.0,\"msg\":\"\"}", Some(Envelope::KlogJson)),
            (
                "{\"ts\":1.0,\"msg\":\"\",\"pod\":{\"name\":\"a\",\"namespace\":\"b\"}}",
                Some(Envelope::KlogJson),
            ),
            ("{\"ts\":1.0,\"msg\":\"\",\"stream\":\"stderr\"}", None),
            (
                "{\"ts\":1.0,\"msg\":\"\",\"kubernetes\":{\"pod\":\"a\"}}",
                None,
            ),
            ("{\"ts\":1.0,\"msg\":\"", None),
            ("2019-11-14 18:27:56,211: x", Some(Envelope::Nohang)),
            ("2019-11-14 18:27:56,211 x", None),
            ("", None),
        ] {
            assert_eq!(Envelope::of(line.as_bytes()), form, "{line}");
        }
    }

    #[test]
    fn objects_that_a_daemon_wrote_itself() {
        for (line, is_own) in [
            ("{\"msg\":\"x\",\"level\":\"warn\"}", true),
            ("{\"msg\":\"x\",\"pod\":\"shop/web-0\"}", true),
            ("{\"msg\":\"x\",\"stream\":\"stderr\"}", false),
            ("{\"log\":\"x\"}", false),
            ("{\"msg\":7}", false),
            ("{\"msg\":\"x\"", false),
            ("x", false),
        ] {
            assert_eq!(is_own_object(line.as_bytes()), is_own, "{line}");
        }
    }
}
