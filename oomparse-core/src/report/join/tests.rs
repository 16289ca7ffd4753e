//! What is joined to a message that waits for its rest.

use super::*;
use alloc::format;
use alloc::string::{String, ToString};

const STEM: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)";
const PATHS: &str = ",cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a";
const END: &str = ",task=java,pid=7,uid=0";
const FIGURES: &str = ") total-vm:8kB, anon-rss:4kB, file-rss:0kB";

fn of(kind: FrameKind, message: &str) -> Frame<'_> {
    Frame {
        kind,
        message: message.as_bytes().into(),
        ..Frame::default()
    }
}

fn bare(message: &str) -> Frame<'_> {
    of(FrameKind::Bare, message)
}

/// A line of `dmesg` so many microseconds after the first one.
fn dmesg(micros: u64, message: &str) -> Frame<'_> {
    Frame {
        kernel_time_us: Some(100_000_000 + micros),
        ..of(FrameKind::Dmesg, message)
    }
}

fn begun(frame: &Frame<'_>) -> Pending {
    let line = parse_line(&frame.message);
    Pending::start(frame, &line, Stamp::of(frame, 1, 0)).unwrap()
}

/// What became of the records after the first one: `t`aken, `w`hole with it, `-` unrelated, `f`lushed before it;
/// and the message.
fn offered(first: &Frame<'_>, rest: &[Frame<'_>]) -> (String, Pending) {
    let mut pending = Some(begun(first));
    let mut fates = String::new();
    for frame in rest {
        let stamp = Stamp::of(frame, 2, 0);
        match Pending::offer(&mut pending, frame, stamp, &|_, _| false) {
            Joined::Taken => fates.push('t'),
            Joined::Unrelated => fates.push('-'),
            Joined::Whole(whole) => return (fates + "w", whole),
            Joined::Flush(left) => return (fates + "f", left),
        }
    }
    (fates, pending.unwrap())
}

/// The same for one record.
fn joined(first: &Frame<'_>, next: &Frame<'_>) -> (String, String) {
    let (fate, pending) = offered(first, core::slice::from_ref(next));
    let message = core::str::from_utf8(pending.message()).unwrap();
    (fate, message.to_string())
}

#[test]
fn a_piece_comes_within_two_seconds() {
    let rest = [PATHS, END].concat();
    let fate = |micros: u64| joined(&dmesg(0, STEM), &dmesg(micros, &rest)).0;
    assert_eq!(
        ["t", "f"],
        [2_000_000, 2_000_001]
            .map(fate)
            .each_ref()
            .map(String::as_str)
    );
}

#[test]
fn a_record_that_is_a_line_itself_is_no_cpusets_name() {
    let cut = dmesg(0, "java cpuset=");
    for (next, fate, message) in [
        ("d96a8ea034f0", "t", "java cpuset=d96a8ea034f0"),
        ("Mem-Info:", "f", "java cpuset="),
    ] {
        assert_eq!(joined(&cut, &dmesg(1, next)), (fate.into(), message.into()));
    }
}

/// After a newline in a record, syslog(2) repeats its prefix; a record with a stamp of its own is another piece.
#[test]
fn a_part_with_the_same_stamp_follows_a_newline() {
    let start = [STEM, PATHS, ",task=a"].concat();
    let rest = "b,pid=7,uid=0";
    for (micros, between) in [(0, "\n"), (1, "")] {
        let (fate, message) = joined(&dmesg(0, &start), &dmesg(micros, rest));
        assert_eq!(
            (fate.as_str(), message),
            ("t", [&start, between, rest].concat())
        );
    }
}

#[test]
fn a_killed_line_that_breaks_off_early_has_a_newline_in_its_name() {
    let wide = "Memory cgroup out of memory: Killed process 2013123 (java-wo";
    assert_eq!(wide.len(), MIN_WRAP_WIDTH);
    let narrow = wide.strip_suffix('o').unwrap();
    for (start, rest, between) in [
        ("Killed process 7 (my", "app", "\n"),
        (narrow, "rker", "\n"),
        // A paste that was wrapped there.
        (wide, "rker", ""),
        ("Killed process 7", "(java", " "),
    ] {
        let rest = [rest, FIGURES].concat();
        let (fate, message) = joined(&bare(start), &bare(&rest));
        assert_eq!(
            (fate.as_str(), message),
            ("w", [start, between, &rest].concat())
        );
    }
    // Nothing more can be read with it.
    let (fate, message) = joined(&bare("Killed process 7 (my"), &bare("hello to all of you"));
    assert_eq!(
        (fate.as_str(), message.as_str()),
        ("-", "Killed process 7 (my")
    );
}

/// How certain the end of a message is, depends on the length of its record: the parts of a broken line count
/// together, a record of its own alone.
#[test]
fn the_parts_of_a_line_are_one_record() {
    let path = |len: usize| {
        let start = [STEM, PATHS, "/"].concat();
        let names = "p".repeat(len - start.len());
        start + &names
    };
    let rest = ["p".repeat(75 - END.len()).as_str(), END].concat();
    for (len, next, tail) in [
        (900, bare(&rest), Tail::Cut),
        (899, dmesg(0, &rest), Tail::Cut),
        (900, dmesg(1, &rest), Tail::Likely),
        (300, bare(&rest), Tail::Likely),
    ] {
        let (fate, pending) = offered(&dmesg(0, &path(len)), core::slice::from_ref(&next));
        assert_eq!(
            (fate.as_str(), pending.tail),
            ("t", tail),
            "{len} {:?}",
            next.kind
        );
    }
}

#[test]
fn a_list_of_figures_is_continued_by_figures() {
    let start = dmesg(0, "Memory cgroup stats for ");
    let figures = "/a: cache:1KB rss:2KB unevictable:0KB";
    let is_taken = |text: &str| joined(&start, &dmesg(1, text)).0 != "-";
    assert!(is_taken(figures));
    for other in [
        "/dev/sda1: recovering journal",
        "eth0: dropped 512KB",
        " and so on",
    ] {
        assert!(!is_taken(other), "{other}");
    }
}

#[test]
fn a_part_that_a_person_broke_off_ends_in_a_figure() {
    for (kind, text, is_broken) in [
        (FrameKind::Indented, "anon-rss:4kB,", true),
        (FrameKind::Indented, "anon-rss:4kB, file-rss:0kB,  ", true),
        // A comm with a newline has room for this.
        (FrameKind::Indented, "b) total-vm:8", false),
        (FrameKind::Dmesg, "anon-rss:4kB,", false),
    ] {
        assert_eq!(
            is_broken_by_hand(&of(kind, text), text.as_bytes()),
            is_broken,
            "{text}"
        );
    }
}

#[test]
fn blanks_at_the_end_are_a_carriers_where_no_record_shows_them() {
    for (kind, joinable, text, kept) in [
        // The name of a cgroup may end in a blank.
        (FrameKind::Kmsg, Joinable::Summary, "/a \r", "/a \r"),
        (FrameKind::Kmsg, Joinable::Killed, "a\r", "a\r"),
        (FrameKind::Dmesg, Joinable::Summary, "/a  \r", "/a"),
        (FrameKind::Bare, Joinable::Summary, "/a ", "/a"),
        // So may a process's.
        (FrameKind::Dmesg, Joinable::Killed, "a \r", "a "),
    ] {
        let frame = of(kind, text);
        assert_eq!(
            without_padding(joinable, &frame),
            kept.as_bytes(),
            "{kind:?} {text:?}"
        );
    }
}

/// A summary that looks complete.
fn held() -> String {
    [STEM, PATHS, ",task=x,pid=1,uid=0"].concat()
}

/// A record of `/dev/kmsg` with its mark.
fn kmsg(fragment: Fragment, message: &str) -> Frame<'_> {
    Frame {
        fragment,
        ..of(FrameKind::Kmsg, message)
    }
}

#[test]
fn what_goes_on_with_a_summary_that_looks_complete() {
    let whole = ",task_memcg=/b,task=java,pid=7,uid=0";
    for (fragment, next, fate) in [
        (Fragment::Piece, END, "w"),
        (Fragment::Unknown, END, "w"),
        (Fragment::Whole, END, "-"),
        // Its own end may still be a part of the path.
        (Fragment::Piece, whole, "t"),
        (Fragment::Unknown, whole, "t"),
        (Fragment::Piece, ",task_memcg=", "t"),
        (Fragment::Piece, ",task_memcg=/b/c", "t"),
        (Fragment::Unknown, ",task_memcg=/b/c", "-"),
        (Fragment::Piece, "/b/c", "-"),
    ] {
        let found = joined(&kmsg(Fragment::Unknown, &held()), &kmsg(fragment, next));
        let message = if fate == "-" { held() } else { held() + next };
        assert_eq!(found, (fate.to_string(), message), "{fragment:?} {next}");
    }
}

#[test]
fn a_paste_breaks_a_summary_anywhere_but_at_a_blank() {
    let rest = "/bbbbbbbbbbbbbbbbbb,task=java,pid=7,uid=0";
    let first = dmesg(0, "");
    let first = Frame {
        message: held().into_bytes().into(),
        ..first
    };
    let message = held() + rest;
    assert_eq!(joined(&first, &bare(rest)), ("t".into(), message));
    for other in [
        dmesg(1, rest),
        bare("/bbbbbbbbb bbbbbbbb,task=java,pid=7,uid=0"),
        bare("/bbbbbbbbbbbbbbbbbb,task=java"),
        // The name would be too long with what is before it.
        dmesg(1, "foo,pid=7,uid=0"),
        dmesg(1, "link is up"),
    ] {
        assert_eq!(joined(&first, &other), ("-".into(), held()), "{other:?}");
    }
    // A comm with a newline: `,pid=1,uid=0` and `b`.
    let first = [STEM, PATHS, ",task=,pid=1,uid=0"].concat();
    let rest = "b,pid=7,uid=0";
    let message = [&first, "\n", rest].concat();
    assert_eq!(
        joined(&bare(&first), &dmesg(1, rest)),
        ("t".into(), message)
    );
}

#[test]
fn a_summary_is_held_for_so_many_records_and_so_long() {
    let text = held();
    let first = dmesg(0, &text);
    let most = usize::try_from(MAX_JOIN_GAP).unwrap();
    let others = alloc::vec![dmesg(1, "eth0: link is up"); most + 1];
    assert_eq!(offered(&first, &others).0, "-".repeat(most) + "f");
    for (micros, fate) in [(2_000_000, "-"), (2_000_001, "f")] {
        assert_eq!(joined(&first, &dmesg(micros, "eth0: link is up")).0, fate);
        assert_eq!(
            joined(&first, &dmesg(micros, END)).0,
            fate.replace('-', "w")
        );
    }
    // The kernel has gone on.
    assert_eq!(
        joined(
            &first,
            &dmesg(1, "Out of memory and no killable processes...")
        )
        .0,
        "f"
    );
}

#[test]
fn a_summary_that_goes_on_and_on_has_a_bound() {
    let taken = |piece: &str| {
        let pieces = alloc::vec![kmsg(Fragment::Piece, piece); 200];
        let (fates, _) = offered(&kmsg(Fragment::Unknown, &held()), &pieces);
        fates.chars().take_while(|fate| *fate == 't').count()
    };
    let most = usize::try_from(MAX_JOINED_PIECES).unwrap();
    // Each of them looks complete, too.
    let end = ",task=x,pid=1,uid=0";
    assert_eq!(taken(&[",task_memcg=/b", end].concat()), most - 1);
    let long = format!(",task_memcg=/{}{end}", "b".repeat(MAX_JOINED_LEN / 5));
    assert_eq!(taken(&long), 4);
}

/// The rest of a line that was wrapped has no prefix: otherwise it is another record, which does not complete it.
#[test]
fn a_part_that_completes_nothing_has_no_prefix() {
    let first = dmesg(0, "Killed process 7 (java) total-vm:8kB,");
    let rest = "anon-rss:4kB, file-rss:0";
    assert_eq!(joined(&first, &bare(rest)).0, "t");
    let other = [" ", rest].concat();
    assert_eq!(joined(&first, &dmesg(1, &other)).0, "-");
}
