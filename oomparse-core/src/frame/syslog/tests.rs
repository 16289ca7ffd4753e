use super::*;

use crate::frame::known_format;
use crate::source::Origin;

const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

fn framed(line: &str) -> Option<Frame<'static>> {
    let line = line.replace("KILLED", KILLED);
    known_format(line.as_bytes(), 0).map(Frame::into_owned)
}

#[test]
fn priorities_in_front_of_dates() {
    for (line, level, origin) in [
        ("<4>Jan  5 02:12:02 n1 kernel: x", 4, Origin::Kernel),
        ("<4>2023 Jan  5 02:12:02 n1 kernel: x", 4, Origin::Kernel),
        ("<4>2023-01-05T02:12:02Z n1 kernel: x", 4, Origin::Kernel),
        ("<12>Jan  5 02:12:02 n1 kernel: x", 4, Origin::UserSpace),
        ("Jan  5 02:12:02 n1 kern.warn kernel: x", 4, Origin::Kernel),
    ] {
        let frame = framed(line).unwrap();
        assert_eq!(
            (frame.kind, frame.level),
            (FrameKind::Syslog, Some(level)),
            "{line}"
        );
        assert_eq!(
            (&*frame.message, frame.origin()),
            (&b"x"[..], origin),
            "{line}"
        );
    }
    let frame = framed("Jan  5 02:12:02: n1 kernel: x").unwrap();
    assert_eq!(frame.host.as_deref(), Some(&b"n1"[..]));
    for line in ["Jan  5 02:12:02:x", "Jan  5 02:12:02-x"] {
        assert_eq!(framed(line), None, "{line}");
    }
}

#[test]
fn labels_of_loki_and_cells_after_a_date() {
    for (line, second, message, origin) in [
        (
            "2023-01-05T02:12:02Z {host=\"n1\"} x",
            2,
            "x",
            Origin::Unknown,
        ),
        (
            "2023-01-05T02:12:02Z {host=\"n1\"}\tx",
            2,
            "x",
            Origin::Unknown,
        ),
        (
            "2023-01-05T02:12:02Z {host=\"n1\"} x#012y",
            2,
            "x\ny",
            Origin::Unknown,
        ),
        (
            "2023-01-05T02:12:02Z {pod=\"web-0\"} x",
            2,
            "x",
            Origin::UserSpace,
        ),
        (
            "2023-01-05T02:12:02Z {a=\"b\", pod=\"web-0\"} x",
            2,
            "x",
            Origin::UserSpace,
        ),
        (
            "2023-01-05T02:12:02Z {host=\"n1\"} Jan  5 02:12:03 n1 kernel: x",
            3,
            "x",
            Origin::Kernel,
        ),
        (
            "2023-01-05T02:12:02Z\tKILLED\tn1",
            2,
            "KILLED",
            Origin::Unknown,
        ),
    ] {
        let frame = framed(line).unwrap();
        assert_eq!(frame.kind, FrameKind::Record, "{line}");
        assert_eq!(frame.wall.unwrap().second, second, "{line}");
        assert_eq!(
            &*frame.message,
            message.replace("KILLED", KILLED).as_bytes(),
            "{line}"
        );
        assert_eq!(frame.origin(), origin, "{line}");
    }
}

#[test]
fn records_after_a_date() {
    for (line, origin) in [
        (r#"Jan  5 02:12:02 {"log":"x"}"#, Origin::Unknown),
        (r#"Jan  5 02:12:02 n1 {"log":"x"}"#, Origin::Unknown),
        (
            r#"Jan  5 02:12:02 n1 my app: {"log":"x"}"#,
            Origin::UserSpace,
        ),
        (
            r#"Jan  5 02:12:02 n1 a b[7]: y {"log":"x"}"#,
            Origin::UserSpace,
        ),
    ] {
        let frame = framed(line).unwrap();
        assert_eq!(frame.origin(), origin, "{line}");
        if origin == Origin::Unknown {
            assert_eq!(
                (frame.kind, &*frame.message),
                (FrameKind::Record, &b"x"[..]),
                "{line}"
            );
            assert_eq!(frame.wall.unwrap().second, 2, "{line}");
        }
    }
    assert!(is_programs(b"app: ") && is_programs(b"a b[7]: y ") && !is_programs(b"n1 "));
}

#[test]
fn a_programs_identifier_after_the_kernels_tag() {
    for (text, origin) in [
        ("KILLED", Origin::Kernel),
        ("KILLED[123]: x", Origin::UserSpace),
        ("app[7]: KILLED", Origin::UserSpace),
        ("java[4021]: segfault at 0", Origin::Unknown),
    ] {
        let line = std::format!("Jan  5 02:12:02 n1 kernel: {text}");
        assert_eq!(framed(&line).unwrap().origin(), origin, "{text}");
    }
}

#[test]
fn stamps_amid_a_text() {
    let frame = stamp_within(b"see [   12.345678][ T12] x").unwrap();
    assert_eq!(frame.kernel_time_us, Some(12_345_678));
    assert_eq!(
        (frame.caller.as_deref(), &*frame.message),
        (Some(&b"T12"[..]), &b"x"[..])
    );
    for text in [
        "see [   12.3456] x",
        "see [   12.345678]x",
        "see 12.345678] x",
    ] {
        assert_eq!(stamp_within(text.as_bytes()), None, "{text}");
    }
    let record = b"{'a': '[   12.345678] x'}";
    assert_eq!(stamp_within(record), None);
    let frame = stamp_in_record(record).unwrap();
    assert_eq!(frame.kernel_time_us, Some(12_345_678));
}

#[test]
fn a_record_after_a_date_is_a_shippers() {
    for (record, host) in [
        (r#"{"_TRANSPORT":"kernel","MESSAGE":"x"}"#, None),
        (r#"{"log":"x"}"#, None),
        (r#"{"log":"x","host":"n2"}"#, Some("n2")),
    ] {
        let frame = framed(&std::format!("2023-01-05T02:12:02Z n1 {record}")).unwrap();
        assert_eq!(
            (frame.kind, &*frame.message),
            (FrameKind::Record, &b"x"[..]),
            "{record}"
        );
        assert_eq!(frame.host.as_deref(), host.map(str::as_bytes), "{record}");
    }
}
