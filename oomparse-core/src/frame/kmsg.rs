//! Records of `/dev/kmsg` (kernel/printk/printk.c, `info_print_ext_header`).
//!
//! ```text
//! 6,5452,1149087276,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),…
//! 4,5453,1149087288,c,caller=T7325;/kubepods/burstable/pod37fbf6e5-…
//! 12,1014,98930000,-,cpu=0,pid=1,comm=systemd;text that a program wrote
//!  SUBSYSTEM=pci
//! ```
//!
//! Priority (facility * 8 + level), record number, microseconds since boot, flag, then a growing list of fields,
//! then `;` and the text with every byte outside printable ASCII as `\xNN`.
//!
//! The field `comm=` is unescaped in the header, so it may contain `,` and `;`. It has at most 15 bytes. Of all
//! `;` that may end it, the last one is taken, because no kernel text has a `;` in its first bytes unless it
//! begins with a comm; and that comm is the header's own, which is tried first. So a process cannot hide its
//! reports with a `;` in its name.

use super::scan::{number, split_once};
use super::{Fragment, Frame, FrameKind, Provenance};
use crate::bytes::memmem;
use crate::bytes::unescape;
use crate::limits::MAX_COMM_LEN;
use alloc::borrow::Cow;
use memchr::memchr;

/// Splits a record into its parts; `None` if the line is not a record.
#[inline(always)]
pub(super) fn record(line: &[u8]) -> Option<Frame<'_>> {
    let (priority, rest) = number(line)?;
    let (sequence, rest) = number(rest.strip_prefix(b",")?)?;
    let (micros, rest) = number(rest.strip_prefix(b",")?)?;
    let (fragment, rest) = match rest {
        // Linux 3.5 had no flag.
        [b';', ..] => (Fragment::Unknown, rest),
        [b',', b'-', rest @ ..] => (Fragment::Whole, rest),
        [b',', b'c' | b'+', rest @ ..] => (Fragment::Piece, rest),
        [b',', b'!'..=b'~', rest @ ..] => (Fragment::Unknown, rest),
        _ => return None,
    };
    let (caller, text) = match rest {
        [b';', text @ ..] => (None, text),
        [b',', ..] => fields(rest)?,
        _ => return None,
    };
    Some(Frame {
        kind: FrameKind::Kmsg,
        author: Provenance::kmsg(facility(priority)?).decide(),
        level: u8::try_from(priority & 7).ok(),
        kernel_time_us: Some(micros),
        sequence: Some(sequence),
        fragment,
        caller: caller.map(Cow::Borrowed),
        message: text_of(text),
        ..Frame::default()
    })
}

/// `/dev/kmsg` gives every writer but the kernel at least 1.
#[inline]
fn facility(priority: u64) -> Option<u8> {
    match priority >> 3 {
        facility @ 0..=0xffff => Some(u8::try_from(facility).unwrap_or(u8::MAX)),
        _ => None,
    }
}

#[inline]
fn text_of(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(b'\\', text) {
        None => Cow::Borrowed(text),
        Some(_) => unescape(text),
    }
}

/// The caller, and the text after the header.
fn fields(rest: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let semicolon = memchr(b';', rest)?;
    let (header, text) = match memmem::find(rest.get(..semicolon)?, b",comm=") {
        None => (
            rest.get(..semicolon)?,
            rest.get(semicolon.checked_add(1)?..)?,
        ),
        Some(at) => {
            let (before, field) = rest.split_at_checked(at)?;
            (before, after_comm(field.get(b",comm=".len()..)?)?)
        }
    };
    let caller = header
        .split(|byte| *byte == b',')
        .find_map(|field| field.strip_prefix(b"caller="));
    Some((caller, text))
}

/// The text after the value of `comm`.
fn after_comm(value: &[u8]) -> Option<&[u8]> {
    let window = value.get(..=MAX_COMM_LEN).unwrap_or(value);
    let splits = || {
        memchr::memchr_iter(b';', window).filter_map(|at| {
            let (comm, rest) = value.split_at_checked(at)?;
            Some((comm, rest.get(1..)?))
        })
    };
    let invoker = splits().find(|(comm, text)| {
        text.strip_prefix(*comm)
            .is_some_and(|rest| rest.starts_with(b" invoked oom-killer"))
    });
    let (_, text) = invoker
        .or_else(|| splits().next_back())
        .or_else(|| split_once(value, b';'))?;
    Some(text)
}

/// ` KEY=value` after a record: device properties, never part of a report.
pub(super) fn dictionary(line: &[u8]) -> Option<Frame<'_>> {
    let entry = line.strip_prefix(b" ")?;
    let (key, _) = split_once(entry, b'=')?;
    let is_key = !key.is_empty()
        && key
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    is_key.then(|| Frame {
        kind: FrameKind::KmsgDictionary,
        message: text_of(entry),
        ..Frame::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn message(line: &str) -> alloc::string::String {
        let frame = record(line.as_bytes()).unwrap();
        alloc::string::String::from_utf8(frame.message.into_owned()).unwrap()
    }

    #[test]
    fn record_of_the_kernel() {
        let line = b"6,5452,1149087276,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)";
        let frame = record(line).unwrap();
        assert_eq!(frame.kind, FrameKind::Kmsg);
        assert_eq!(frame.origin(), Origin::Kernel);
        assert_eq!(frame.level, Some(6));
        assert_eq!(frame.sequence, Some(5452));
        assert_eq!(frame.kernel_time_us, Some(1_149_087_276));
        assert_eq!(frame.fragment, Fragment::Whole);
        assert!(matches!(frame.message, Cow::Borrowed(m) if m.starts_with(b"oom-kill:")));
    }

    #[test]
    fn record_of_a_program() {
        let frame = record(b"14,3361,122540000,-;realoom-begin after-ratelimit").unwrap();
        assert_eq!((frame.origin(), frame.level), (Origin::UserSpace, Some(6)));
    }

    #[test]
    fn record_piece_with_caller() {
        let frame = record(b"4,5453,1149087288,c,caller=T7325;/kubepods/a;b").unwrap();
        assert_eq!(frame.fragment, Fragment::Piece);
        assert_eq!(frame.caller.as_deref(), Some(&b"T7325"[..]));
        assert_eq!(frame.message.as_ref(), b"/kubepods/a;b");
        assert_eq!(record(b"4,1,2,+;x").unwrap().fragment, Fragment::Piece);
        assert_eq!(record(b"4,1,2;x").unwrap().fragment, Fragment::Unknown);
        // A flag of the future.
        let frame = record(b"4,1,2,*,caller=C1;x").unwrap();
        assert_eq!(frame.fragment, Fragment::Unknown);
        assert_eq!(
            (frame.caller.as_deref(), &*frame.message),
            (Some(&b"C1"[..]), &b"x"[..])
        );
    }

    #[test]
    fn properties_of_a_device() {
        for (line, message) in [
            (" SUBSYSTEM=pci", Some("SUBSYSTEM=pci")),
            (" X_2=", Some("X_2=")),
            (r" DEVICE=\x0a", Some("DEVICE=\n")),
            (" =x", None),
            (" a=b", None),
            (" A-B=c", None),
            ("  A=b", None),
            ("A=b", None),
            (" A", None),
        ] {
            let frame = dictionary(line.as_bytes());
            let found = frame.as_ref().map(|frame| (frame.kind, &*frame.message));
            let message = message.map(|text| (FrameKind::KmsgDictionary, text.as_bytes()));
            assert_eq!(found, message, "{line}");
        }
    }

    #[test]
    fn record_escapes() {
        assert_eq!(
            message(r"3,1,2,-;e\x0aKilled proces\x5c"),
            "e\nKilled proces\\"
        );
    }

    #[test]
    fn comm_with_semicolons_in_the_header() {
        for (line, expected) in [
            ("6,1,2,-,cpu=0,pid=1,comm=java;Task in /x", "Task in /x"),
            (
                "6,1,2,-,caller=T1,cpu=0,pid=1,comm=a;b,c;Task in /x",
                "Task in /x",
            ),
            (
                "4,1,2,-,comm=x;y;x;y invoked oom-killer: gfp",
                "x;y invoked oom-killer: gfp",
            ),
            (
                "4,1,2,-,comm=;;; invoked oom-killer: gfp",
                "; invoked oom-killer: gfp",
            ),
            ("4,1,2,-,comm=a,new=field=of-the-future;text", "text"),
            ("4,1,2,-,new=field;text", "text"),
        ] {
            assert_eq!(message(line), expected, "{line}");
        }
        let frame = record(b"6,1,2,-,caller=T1,cpu=0,pid=1,comm=a;b,c;Task in /x").unwrap();
        assert_eq!(frame.caller.as_deref(), Some(&b"T1"[..]));
    }

    #[test]
    fn record_or_not() {
        for line in [
            "",
            "6",
            "6,1",
            "6,1,2",
            "6,1,2,",
            "6,1,2,-",
            "6,1,x,-;m",
            "99999999,1,2,-;m",
        ] {
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
        assert_eq!(record(b"6,1,99999999999999999999,-;m"), None);
    }
}
