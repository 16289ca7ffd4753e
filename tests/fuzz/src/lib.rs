//! The bodies of the fuzz targets: each takes any bytes and panics if a guarantee is broken.
//!
//! `cargo fuzz run NAME` runs them with libFuzzer; `tests/fuzz_replay.rs` runs them on any toolchain with seeds,
//! changed seeds, and earlier findings (`fuzz/corpus/NAME.txt`).

mod daemon;
mod ffi;
mod kept;

pub use daemon::daemon;
pub use ffi::ffi;
pub use kept::unescape;
use oomparse_core::line::{Line, parse_line};
use oomparse_core::{
    Fragment, FrameKind, Framer, OomEvent, Options, Origin, Parser, parse_cgroup_path,
};
use oomparse_pods::{PodTable, learn};

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 8] = [
    ("frame", frame),
    ("line", line),
    ("cgroup", cgroup),
    ("report", report),
    ("json_record", json_record),
    ("pods", pods),
    ("daemon", daemon),
    ("ffi", ffi),
];

/// Longest input of the targets that parse it several times.
const MAX_INPUT: usize = 64 << 10;

/// One framer over all lines: a frame is a view of its line, and the kernel's only where proven.
pub fn frame(data: &[u8]) {
    let mut framer = Framer::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some(frame) = framer.frame(line) else {
            continue;
        };
        if frame.kind == FrameKind::Kmsg {
            // A shipper's text may stand in front of a record, and hold numbers too.
            if let Some((priority, sequence, micros)) = kmsg_numbers(line)
                && (Some(sequence), Some(micros)) == (frame.sequence, frame.kernel_time_us)
            {
                let expected = match priority {
                    0..=7 => Origin::Kernel,
                    _ => Origin::UserSpace,
                };
                assert_eq!(frame.origin(), expected, "facility");
            }
            assert!(frame.message.len() <= line.len(), "longer than its line");
        }
        // One value may hold several records; no number says so.
        if !matches!(frame.fragment, Fragment::Unknown | Fragment::Several) {
            assert!(frame.sequence.is_some(), "a fragment without a number");
        }
        assert_eq!(frame.clone().into_owned(), frame);
    }
}

/// A line's view holds no comm that no process can have, and a cut field is named.
pub fn line(data: &[u8]) {
    let shown = |comm: &[u8]| assert!(comm.len() <= 75, "longer than any comm");
    match parse_line(data) {
        Line::Invoked(line) => shown(line.comm),
        Line::Cpuset(line) => shown(line.comm),
        Line::TaskInfo(line) => line.comm.iter().for_each(|comm| shown(comm)),
        Line::Selected(line) => line.comm.iter().for_each(|comm| shown(comm)),
        Line::SharingMm(line) => shown(line.comm),
        Line::Exiting(line) => shown(line.comm),
        Line::Reaped(line) => line.comm.iter().for_each(|comm| shown(comm)),
        Line::Killed(line) => {
            line.comm.iter().for_each(|comm| shown(comm));
            assert!(line.comm.is_some() || line.cut.is_some(), "a lost comm");
            let later = line.anon_rss_kib.is_some() || line.oom_score_adj.is_some();
            assert!(
                line.total_vm_kib.is_some() || !later,
                "a figure after a hole"
            );
        }
        Line::Summary(line) => {
            line.comm.iter().for_each(|comm| shown(comm));
            for path in [line.oom_memcg, line.task_memcg].into_iter().flatten() {
                assert_eq!(path.first(), Some(&b'/'), "a path without its root");
            }
            if let (Some(oom), Some(task), None) = (line.oom_memcg, line.task_memcg, line.cut) {
                let _ = parse_cgroup_path(oom);
                let _ = parse_cgroup_path(task);
            }
        }
        Line::TaskIn(line) => {
            if let (Some(task), Some(oom)) = (line.task_memcg, line.oom_memcg) {
                assert!(task.starts_with(oom) || oom == b"/", "not below its limit");
            }
        }
        _ => {}
    }
}

/// Ids have the form that they are documented to have, and what stands below a container's cgroup
/// changes neither pod nor container.
pub fn cgroup(data: &[u8]) {
    let data = &data[..data.len().min(8192)];
    let path = parse_cgroup_path(data);
    if let Some(uid) = path.pod_uid_text() {
        let hex = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        match uid.len() {
            36 => {
                let parts: Vec<&str> = uid.split('-').collect();
                let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
                assert_eq!(lengths, [8, 4, 4, 4, 12]);
                assert!(parts.iter().all(|part| hex(part)));
            }
            32 => assert!(hex(&uid)),
            other => panic!("a pod uid of {other} bytes"),
        }
    }
    if let Some(id) = path.container_id_text() {
        assert!(id.len() >= 12, "a fragment");
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // A shorter one is what is left of a path that was cut, so it stands at the end only.
        let is_whole = data.ends_with(b".scope") || data.ends_with(format!("/{id}").as_bytes());
        if path.pod_uid.is_some() && id.len() == 64 && is_whole {
            let mut below = data.to_vec();
            below.extend_from_slice(
                b"/kubepods/pod00000000-dead-beef-0000-000000000000/0123456789abcdef",
            );
            let below = parse_cgroup_path(&below);
            assert_eq!(below.pod_uid_text(), path.pod_uid_text(), "another pod");
            assert_eq!(below.container_id_text(), Some(id), "another container");
        }
    }
    // What a user or a service may make itself is not a pod of the node's.
    for root in [
        "/user.slice/user-1000.slice/user@1000.service/",
        "/system.slice/app.service/",
    ] {
        let mut own = root.as_bytes().to_vec();
        own.extend_from_slice(data);
        let own = parse_cgroup_path(&own);
        assert!(own.pod_uid.is_none() || own.nested, "a pod below {root}");
    }
}

fn events(pieces: &mut dyn Iterator<Item = &[u8]>) -> Vec<OomEvent> {
    let mut parser = Parser::with_options({
        let mut options = Options::default();
        options.tasks = true;
        options
    });
    let mut events = Vec::new();
    for piece in pieces {
        parser.push_chunk(piece);
        while let Some(event) = parser.next_event() {
            events.push(event);
        }
    }
    parser.finish();
    while let Some(event) = parser.next_event() {
        events.push(event);
    }
    events
}

/// A log gives the same events at once, in chunks and line by line; no line that makes an event alone
/// is passed over; events are JSON.
pub fn report(data: &[u8]) {
    let data = &data[..data.len().min(MAX_INPUT)];
    let whole = events(&mut core::iter::once(data));
    let size = usize::from(data.first().copied().unwrap_or(0)) % 97 + 1;
    assert_eq!(whole, events(&mut data.chunks(size)), "chunks of {size}");
    let mut parser = Parser::with_options({
        let mut options = Options::default();
        options.tasks = true;
        options
    });
    let body = data.strip_suffix(b"\n").unwrap_or(data);
    for line in body.split(|byte| *byte == b'\n') {
        parser.push_line(line);
    }
    parser.finish();
    let lines: Vec<OomEvent> = core::iter::from_fn(|| parser.next_event()).collect();
    assert_eq!(whole, lines, "line by line");
    for event in &whole {
        let json = event.to_json();
        assert!(json.starts_with(r#"{"schema":"oomparse.event/1","type":""#));
        assert!(json.ends_with('}') && !json.contains('\n'));
        // A text may say so too, and a quote in it follows a backslash.
        let plain = json.replace(r"\\", "").replace(r#"\""#, "");
        assert!(!plain.contains(r#"":null"#), "{json}");
    }
    sieve(body);
    for head in PROGRAMS {
        quoted(body, head);
    }
}

/// Heads that show a program's text.
const PROGRAMS: [&str; 3] = [
    "2026-01-05T02:12:02.000000000Z stdout F ",
    "Jan  5 02:12:02 n1 app[7]: ",
    "14,1,2,-;",
];

/// A log that a program prints line by line, each after a head that shows it, makes no event.
fn quoted(log: &[u8], head: &str) {
    let mut parser = Parser::new();
    for line in log.split(|byte| *byte == b'\n').take(64) {
        let shown: Vec<u8> = head.bytes().chain(line.iter().copied()).collect();
        parser.push_line(&shown);
    }
    parser.finish();
    if let Some(event) = parser.next_event() {
        panic!("a program's text after `{head}`: {}", event.to_json());
    }
}

/// Every line that opens a report, or makes an event alone, is a candidate.
fn sieve(log: &[u8]) {
    let parser = Parser::new();
    for line in log.split(|byte| *byte == b'\n').take(64) {
        let opens = parse_line(line).opens();
        assert!(!opens || parser.is_candidate(line), "refused: {line:?}");
        if let Line::Counter(counter) = parse_line(line) {
            assert!(
                counter.cut || parser.is_candidate(line),
                "refused: {line:?}"
            );
        }
    }
}

/// Records of journald and shippers: the text comes out as it went in, and a word against the kernel
/// is never overheard.
pub fn json_record(data: &[u8]) {
    let data = &data[..data.len().min(MAX_INPUT)];
    let mut raw = b"{".to_vec();
    raw.extend(
        data.iter()
            .map(|byte| if *byte == b'\n' { b' ' } else { *byte }),
    );
    let _ = Framer::new().frame(&raw);

    // An entry without a text is none.
    let data = if data.is_empty() { &b" "[..] } else { data };
    let bytes: Vec<String> = data.iter().take(4096).map(u8::to_string).collect();
    let array = bytes.join(",");
    let entry = format!(
        r#"{{"_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","SYSLOG_IDENTIFIER":"kernel","MESSAGE":[{array}]}}"#
    );
    let mut framer = Framer::new();
    let frame = framer.frame(entry.as_bytes()).expect("a journal entry");
    assert_eq!(frame.origin(), Origin::Kernel);
    // Blanks in front are the carrier's; a stamp there is somebody's, and read.
    let text = data[..data.len().min(4096)].trim_ascii_start();
    let is_stamped = frame.kernel_time_us.is_some() && text.starts_with(b"[");
    let line = text.strip_suffix(b"\r").unwrap_or(text);
    let message = frame.message.trim_ascii_start();
    assert!(
        message == text
            || is_stamped && (text.ends_with(&frame.message) || line.ends_with(&frame.message)),
        "{:?}",
        frame.message
    );
    for denial in [
        r#""SYSLOG_FACILITY":"1","_TRANSPORT":"kernel""#,
        r#""_TRANSPORT":"stdout","SYSLOG_IDENTIFIER":"kernel""#,
        r#""_TRANSPORT":"kernel","_TRANSPORT":"syslog""#,
        r#""_TRANSPORT":"syslog","_TRANSPORT":"kernel""#,
        r#""inputname":"imuxsock","programname":"kernel""#,
        r#""systemd":{"transport":"syslog"},"syslog":{"identifier":"kernel"}"#,
        r#""labels":{"container":"app"}"#,
        r#""resource":{"type":"k8s_container"}"#,
        r#""kubernetes":{"pod_name":"web-0"}"#,
        r#""docker":{"container_id":"0123456789ab"}"#,
        r#""stream":"stdout""#,
    ] {
        for entry in [
            format!(r#"{{{denial},"MESSAGE":[{array}]}}"#),
            format!(r#"{{"MESSAGE":[{array}],{denial}}}"#),
        ] {
            let mut parser = Parser::new();
            parser.push_line(entry.as_bytes());
            parser.finish();
            assert!(parser.next_event().is_none(), "a program's text: {entry}");
        }
    }
}

/// Listings of pods and lines that names are learned from: no listing breaks the table or its bounds,
/// and what it writes it reads again.
pub fn pods(data: &[u8]) {
    let data = &data[..data.len().min(MAX_INPUT)];
    let mut table = PodTable::with_max_bytes(256 << 10);
    let _ = table.load(data);
    for line in data.split(|byte| *byte == b'\n').take(64) {
        let _ = learn(&mut table, b"kubelet", line);
        let _ = learn(&mut table, b"containerd", line);
    }
    assert!(table.bytes() <= 256 << 10, "past its bound");
    // A uid or an id of two names is not written: nobody knows whose it is.
    let rows = |text: String| {
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    for written in [table.to_ndjson(), table.to_csv()] {
        let mut again = PodTable::new();
        again.keep_labels(&["*"]);
        let loaded = again.load(written.as_bytes());
        assert!(table.is_empty() || loaded.error.is_none(), "{written}");
        assert!(again.pods() <= table.pods(), "{written}");
        assert_eq!(rows(again.to_csv()), rows(table.to_csv()), "{written}");
    }
}

/// Priority, record number and time that a line begins with.
fn kmsg_numbers(line: &[u8]) -> Option<(u64, u64, u64)> {
    let mut numbers = line
        .split(|byte| *byte == b',')
        .map(|digits| core::str::from_utf8(digits).ok()?.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}
