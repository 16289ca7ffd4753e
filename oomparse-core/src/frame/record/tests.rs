use super::*;

use crate::source::Origin;

const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

/// The frame of a record in which `KILLED` stands for such a line.
fn framed(line: &str, nested: u8) -> Option<Frame<'static>> {
    let line = line.replace("KILLED", KILLED);
    object(line.as_bytes(), nested).map(Frame::into_owned)
}

fn message(line: &str) -> std::string::String {
    let frame = framed(line, 0).expect(line);
    std::string::String::from_utf8(frame.message.into_owned()).unwrap()
}

#[test]
fn lists_and_texts_without_a_known_key() {
    let list = r#"{"items":[{"message":"a"}]}"#;
    assert_eq!(framed(list, 0).unwrap().fragment, Fragment::Several);
    assert_eq!(framed(list, 1), None);
    // A record's own text comes before those of its lists.
    assert_eq!(message(r#"{"message":"a","l":[{"message":"b"}]}"#), "a");
    let frame = framed(r#"{"message":"a","l":[{"message":"b"}]}"#, 1).unwrap();
    assert_eq!(&*frame.message, b"a");
    for nested in 0..=MAX_NESTED_RECORDS {
        assert!(framed(r#"{"message":"a"}"#, nested).is_some());
    }
    assert_eq!(framed(r#"{"message":"a"}"#, MAX_NESTED_RECORDS + 1), None);

    for line in [
        r#"{"output":"KILLED"}"#,
        r#"{"output":"KILLED","l":[1]}"#,
        r#"{"output":"KILLED","n":1}"#,
    ] {
        assert_eq!(message(line), KILLED, "{line}");
    }
    let frame = framed(r#"{"output":"KILLED","stream":"stdout"}"#, 0).unwrap();
    assert_eq!(
        (&*frame.message, frame.origin()),
        (&b""[..], Origin::UserSpace)
    );
    assert_eq!(framed(r#"{"output":"Started Session 7."}"#, 0), None);
    // The kernel's words under another key do not replace a text.
    assert_eq!(message(r#"{"message":"x","output":"KILLED"}"#), "x");
    assert!(has_text_key(br#"{"message":"x"}"#));
    assert!(!has_text_key(br#"{"output":"x"}"#));
}

#[test]
fn the_best_of_several_texts() {
    for line in [
        r#"{"message":"a","log":"b"}"#,
        r#"{"log":"b","message":"a"}"#,
        r#"{"message":"a","_message":"b"}"#,
        r#"{"note":"b","log":"c","msg":"a"}"#,
        // An object in the place of a number holds no text of the record's.
        r#"{"log":"a","time":{"message":"b"}}"#,
        r#"{"log":"a","priority":{"message":"b"}}"#,
    ] {
        assert_eq!(message(line), "a", "{line}");
    }
}

#[test]
fn values_of_records() {
    let frame = framed(
        r#"{"_TRANSPORT":"kernel","_BOOT_ID":"ab","MESSAGE":"x"}"#,
        0,
    )
    .unwrap();
    assert_eq!(frame.boot_id.as_deref(), Some(&b"ab"[..]));
    let frame = framed(r#"{"pri":12,"time":1.5,"caller":"T7","msg":"x"}"#, 0).unwrap();
    assert_eq!((frame.kind, frame.level), (FrameKind::DmesgJson, Some(4)));
    assert_eq!(frame.caller.as_deref(), Some(&b"T7"[..]));
    assert_eq!(frame.kernel_time_us, Some(1_500_000));
    assert_eq!(frame.origin(), Origin::UserSpace);
    let frame = framed(r#"{"severity":"warning","message":"x"}"#, 0).unwrap();
    assert_eq!(frame.level, Some(4));
    for (time, is_uptime) in [("99999999", true), ("100000000", false)] {
        let line = std::format!("{{\"pri\":4,\"time\":{time},\"msg\":\"x\"}}");
        let frame = framed(&line, 0).unwrap();
        assert_eq!(frame.kernel_time_us.is_some(), is_uptime, "{time}");
        assert_eq!(frame.wall.is_some(), !is_uptime, "{time}");
    }
}

#[test]
fn a_record_of_dev_kmsg_has_all_its_numbers() {
    let line = r#"{"priority":4,"sequence":1,"sec":5,"usec":7,"msg":"x"}"#;
    let frame = framed(line, 0).unwrap();
    assert_eq!((frame.origin(), frame.sequence), (Origin::Kernel, Some(1)));
    assert_eq!(frame.kernel_time_us, Some(5_000_007));
    for lost in [
        "\"priority\":4,",
        "\"sequence\":1,",
        "\"sec\":5,",
        "\"usec\":7,",
    ] {
        let frame = framed(&line.replace(lost, ""), 0).unwrap();
        assert_eq!(
            (frame.origin(), frame.sequence),
            (Origin::Unknown, None),
            "{lost}"
        );
    }
    let frame = framed(&line.replace("msg", "message"), 0).unwrap();
    assert_eq!((frame.origin(), frame.sequence), (Origin::Unknown, None));
}

#[test]
fn stamps_in_texts_of_a_journal() {
    for (line, found) in [
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"[   12.345678] KILLED"}"#,
            "KILLED",
        ),
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"[   12.3] KILLED"}"#,
            "KILLED",
        ),
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"[   12.345678] a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0"}"#,
            "a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
        ),
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"[   12.3] a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0"}"#,
            "[   12.3] a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
        ),
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"[   12.345678] x"}"#,
            "[   12.345678] x",
        ),
        // The journal knows the time, so the text has no other.
        (
            r#"{"_TRANSPORT":"kernel","_SOURCE_MONOTONIC_TIMESTAMP":"5","MESSAGE":"[   12.345678] KILLED"}"#,
            "[   12.345678] KILLED",
        ),
    ] {
        assert_eq!(message(line), found.replace("KILLED", KILLED), "{line}");
    }
}

#[test]
fn texts_of_several_lines() {
    for (line, origin) in [
        (
            r#"{"message":"Jan  5 02:12:02 n1 kernel: a\nb"}"#,
            Some(Origin::Kernel),
        ),
        (
            r#"{"_TRANSPORT":"kernel","MESSAGE":"a\nb"}"#,
            Some(Origin::Kernel),
        ),
        (r#"{"message":"a\nb"}"#, Some(Origin::Unknown)),
        (
            r#"{"message":"6,1,2,-;a\n12,2,3,-;b"}"#,
            Some(Origin::Kernel),
        ),
        (
            r#"{"message":"12,1,2,-;a\n6,2,3,-;b"}"#,
            Some(Origin::Unknown),
        ),
        (r#"{"message":"Jan  5 02:12:02 n1 app[7]: a\nb"}"#, None),
        (r#"{"message":"a\nb","stream":"stdout"}"#, None),
        (r#"{"message":"{\n\"a\": 1}"}"#, None),
        (r#"{"message":"{\"a\":1,\n\"b\":2}"}"#, None),
        (r#"{"message":"a\n"}"#, None),
    ] {
        let frame = framed(line, 0).unwrap();
        let several = frame.fragment == Fragment::Several;
        assert_eq!(several.then(|| frame.origin()), origin, "{line}");
    }
    assert_eq!(
        message(r#"{"programname":"kernel","msg":" a\n b"}"#),
        "a\n b"
    );
    for (author, text, found) in [
        (Author::KERNEL, " a", "a"),
        (Author::KERNEL, "a", "a"),
        (Author::UNKNOWN, " a", " a"),
    ] {
        let text = text.as_bytes();
        assert_eq!(
            &*after_tags_blank(author, Cow::Borrowed(text)),
            found.as_bytes()
        );
        assert_eq!(
            &*after_tags_blank(author, Cow::Owned(text.to_vec())),
            found.as_bytes()
        );
    }
}

#[test]
fn carriage_returns_of_a_files_line_ends() {
    let row = "[ 2074]     0  2074  1573962    90000  1000000        0             0 java\r";
    for (text, found) in [
        ("x\r", "x"),
        ("x", "x"),
        ("x\r\r", "x\r"),
        ("", ""),
        (row, row),
    ] {
        let text = text.as_bytes();
        assert_eq!(&*without_return(Cow::Borrowed(text)), found.as_bytes());
        assert_eq!(
            &*without_return(Cow::Owned(text.to_vec())),
            found.as_bytes()
        );
    }
}
