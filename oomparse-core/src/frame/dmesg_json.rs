//! `dmesg --json` of util-linux: one document over many lines.
//!
//! ```text
//! {
//!    "dmesg": [
//!       {
//!          "pri": 4,
//!          "time":  1064.699112,
//!          "msg": "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936"
//!       },{
//!          …
//!       }
//!    ]
//! }
//! ```
//!
//! With `-x` there is `"fac": "kern"` and the level by its name; `"caller": "T1"` may precede the message, and
//! the time may be in any of dmesg's formats. As with `-r`, a program's text has the kernel's priority, so only
//! the facility or a priority of 8 or more proves anything.

use super::json_text::{member, scalar, string};
use super::scan::{facility_by_name, level_by_name, number};
use super::{Frame, FrameKind, Provenance, stamp};
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The values before the message in the open record.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    provenance: Provenance,
    level: Option<u8>,
    kernel_time_us: Option<u64>,
    wall: Option<WallTime>,
    caller: Option<Vec<u8>>,
}

/// What a line means in an open document.
pub(super) enum Step<'a> {
    /// A message, with its record's other values.
    Message(Frame<'a>),
    /// The document's own structure.
    Structure,
    /// The document's last line.
    End,
    /// Not a line of such a document.
    Foreign,
}

/// Whether the line begins the array of records.
pub(super) fn opens(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"{").unwrap_or(line).trim_ascii_start();
    member(line).is_some_and(|(key, value)| key == b"dmesg" && matches!(value, [] | b"["))
}

impl Record {
    /// Takes the next line of the document.
    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        let text = line.trim_ascii();
        match text {
            [] | b"[" => return Step::Structure,
            [b'{' | b'}', ..] if text.iter().all(|byte| b"{}, ".contains(byte)) => {
                *self = Self::default();
                return Step::Structure;
            }
            [b']', ..] => return Step::End,
            _ => {}
        }
        let Some((key, value)) = member(text) else {
            return Step::Foreign;
        };
        match key {
            b"msg" => {
                let Some(message) = string(value) else {
                    return Step::Structure;
                };
                return Step::Message(core::mem::take(self).into_frame(message));
            }
            b"pri" => self.set_priority(value),
            b"fac" => {
                if let Some(facility) = string(value).as_deref().and_then(facility_by_name) {
                    self.provenance.kmsg_facility(facility);
                }
            }
            b"time" => self.set_time(value),
            b"caller" => self.caller = string(value).map(Cow::into_owned),
            _ => {}
        }
        Step::Structure
    }

    fn set_priority(&mut self, value: &[u8]) {
        if let Some(name) = string(value) {
            self.level = level_by_name(&name);
        } else if let Some((priority, [])) = number(scalar(value)) {
            self.level = u8::try_from(priority & 7).ok();
            self.provenance.priority(priority);
        }
    }

    fn set_time(&mut self, value: &[u8]) {
        let text = string(value);
        let text = text.as_deref().unwrap_or(scalar(value));
        if let Some((micros, [])) = stamp::uptime(text) {
            self.kernel_time_us = Some(micros);
        } else if let Some(stamp) = stamp::iso(text) {
            self.wall = stamp.wall;
        } else {
            self.wall = stamp::ctime(text).flatten();
        }
    }

    fn into_frame(self, message: Cow<'_, [u8]>) -> Frame<'_> {
        Frame {
            kind: FrameKind::DmesgJson,
            author: self.provenance.decide(),
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            caller: self.caller.map(Cow::Owned),
            message,
            ..Frame::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structure_of_a_document() {
        for (line, opened) in [
            ("   \"dmesg\": [", true),
            ("{\"dmesg\": [", true),
            ("\"dmesg\":", true),
            ("\"dmesg\": [1]", false),
            ("\"dmesg\": \"x\"", false),
            ("\"other\": [", false),
            ("dmesg", false),
        ] {
            assert_eq!(opens(line.as_bytes()), opened, "{line}");
        }
        let mut record = Record::default();
        for line in [
            "",
            "  [",
            "{",
            "   },{",
            "} , {",
            "\"pri\": 6,",
            "\"other\": x",
        ] {
            assert!(
                matches!(record.line(line.as_bytes()), Step::Structure),
                "{line}"
            );
        }
        for line in ["text", "{\"msg\": \"x\"}", "}x", "[   12.345678] x"] {
            assert!(
                matches!(record.line(line.as_bytes()), Step::Foreign),
                "{line}"
            );
        }
        assert!(matches!(record.line(b"   ]"), Step::End));
    }

    #[test]
    fn a_record_says_nothing_of_the_next() {
        let mut record = Record::default();
        for line in ["\"fac\": \"user\",", "\"pri\": 12,", "\"caller\": \"T7\","] {
            assert!(matches!(record.line(line.as_bytes()), Step::Structure));
        }
        assert!(matches!(record.line(b"},{"), Step::Structure));
        let Step::Message(frame) = record.line(b"\"msg\": \"x\"") else {
            panic!("no message");
        };
        assert_eq!(
            (&*frame.message, frame.level, frame.caller),
            (&b"x"[..], None, None)
        );
        assert!(!frame.author.is_known());
    }
}
