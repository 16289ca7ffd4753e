//! One line of every form, and lines of no form at all.

use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A line and what must be read in it. Wall times are shown with the year 2023 and UTC where the
/// prefix has none.
struct Sample {
    line: &'static str,
    kind: FrameKind,
    origin: Origin,
    kernel_time_us: Option<u64>,
    wall: Option<&'static str>,
    host: Option<&'static str>,
    message: &'static str,
}

const OOM: &str = "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936";

macro_rules! samples {
    ($($line:expr => $kind:ident $origin:ident $us:expr, $wall:expr, $host:expr, $message:expr;)*) => {
        &[$(Sample {
            line: $line,
            kind: FrameKind::$kind,
            origin: Origin::$origin,
            kernel_time_us: $us,
            wall: $wall,
            host: $host,
            message: $message,
        }),*]
    };
}

const JAN: Option<&str> = Some("2023-01-05T02:12:02Z");
const EAST: Option<&str> = Some("2023-01-05T02:12:02+08:00");
const UP: Option<u64> = Some(606_280_177_800);

/// `…` stands for [`OOM`], both in lines and in messages.
const PLAIN: &[Sample] = samples! {
    "…" => Bare Unknown None, None, None, "…";
    "4,3363,123170000,-;…" => Kmsg Kernel Some(123_170_000), None, None, "…";
    "12,3363,123170000,-,caller=T1;…" => Kmsg UserSpace Some(123_170_000), None, None, "…";
    "[606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "[606280.177800][ T9185] …" => Dmesg Unknown UP, None, None, "…";
    "<4>[606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "<14>[606280.177800] …" => Dmesg UserSpace UP, None, None, "…";
    "<6>…" => Dmesg Unknown None, None, None, "…";
    "[Thu Jan  5 02:12:02 2023] …" => Dmesg Unknown None, JAN, None, "…";
    "[四 1月  5 02:12:02 2023] …" => Dmesg Unknown None, JAN, None, "…";
    "kern  :warn  : [606280.177800] …" => Dmesg Kernel UP, None, None, "…";
    "user  :info  : [606280.177800] …" => Dmesg UserSpace UP, None, None, "…";
    "kern  :warn  : [Thu Jan  5 02:12:02 2023] …" => Dmesg Kernel None, JAN, None, "…";
    "2023-01-05T02:12:02,177800+08:00 …" => Dmesg Unknown None, Some("2023-01-05T02:12:02.177800+08:00"), None, "…";
    "[Apr 8 00:37] …" => Dmesg Unknown None, Some("2023-04-08T00:37:00Z"), None, "…";
    "[606280.177800] [ T123] …" => Dmesg Unknown UP, None, None, "…";
    "kernel:…" => Bare Unknown None, None, None, "…";
    "n1.example kernel: …" => Bare Unknown None, None, None, "…";
    "<kern.warning> kernel:…" => Bare Unknown None, None, None, "…";
    "node-1 app kernel: …" => Bare Unknown None, None, None, "node-1 app kernel: …";
    "\"…" => Bare Unknown None, None, None, "…";
    "[Apr18 00:37] …" => Dmesg Unknown None, Some("2023-04-18T00:37:00Z"), None, "…";
    "[  +0.000010] …" => Dmesg Unknown None, None, None, "…";
    "[606280.177800 <    0.000010>] …" => Dmesg Unknown UP, None, None, "…";
    "606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "kern: warning: [2023-01-05T02:12:02.802464523Z]: …" => Dmesg Kernel None, Some("2023-01-05T02:12:02.802464523Z"), None, "…";
    "user:    info: [2023-01-05T02:12:02.802464523Z]: …" => Dmesg UserSpace None, Some("2023-01-05T02:12:02.802464523Z"), None, "…";
};

const SYSLOG: &[Sample] = samples! {
    "Jan  5 02:12:02 host kernel: [606280.177800] …" => Syslog Kernel UP, JAN, Some("host"), "…";
    "Jan  5 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "Jan  5 02:12:02 host kernel:[606280.177800] …" => Syslog Kernel UP, JAN, Some("host"), "…";
    "Jan  5 02:12:02   kernel: [606280.177800] …" => Syslog Kernel UP, JAN, None, "…";
    "Jan  5 02:12:02 (none) kernel: …" => Syslog Kernel None, JAN, None, "…";
    "Jan  5 02:12:02 host unknown: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "[  638.104526] host kernel[812]: …" => Syslog UserSpace Some(638_104_526), None, Some("host"), "…";
    "Jan  5 02:12:02 host kernel[812]: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "Jan  5 02:12:02 host logger[812]: [606280.177800] …" => Syslog UserSpace None, JAN, Some("host"), "[606280.177800] …";
    "Jan  5 02:12:02 host [606280.177800] …" => Syslog Unknown UP, JAN, Some("host"), "…";
    "<4>Jan  5 02:12:02 host kernel: [606280.177800] …" => Syslog Kernel UP, JAN, Some("host"), "…";
    "<13>Jan  5 02:12:02 host kernel: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "2023 Jan  5 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "Jan  5 2023 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "Jan  5 02:12:02.123456 host kernel: …" => Syslog Kernel None, Some("2023-01-05T02:12:02.123456Z"), Some("host"), "…";
    "Jan  5 02:12:02 host kern.warn kernel: [606280.177800] …" => Syslog Kernel UP, JAN, Some("host"), "…";
    "Jan  5 02:12:02 host user.notice kernel: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "Jan  5 02:12:02 host daemon.info kernel: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "Thu Jan  5 02:12:02 2023 kern.warn kernel: [606280.177800] …" => Syslog Kernel UP, JAN, None, "…";
    "2023-01-05T02:12:02.123+08:00 host kernel: …" => Syslog Kernel None, Some("2023-01-05T02:12:02.123+08:00"), Some("host"), "…";
    "2023-01-05T02:12:02+0800 host kernel: [606280.177800] …" => Syslog Kernel UP, EAST, Some("host"), "…";
    "2023-01-05 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "1672884722.123 host kernel: …" => Syslog Kernel None, Some("2023-01-05T02:12:02.123Z"), Some("host"), "…";
    "Thu 2023-01-05 02:12:02 CST host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "Thu 2023-01-05 02:12:02 UTC host app.service[812]: …" => Syslog UserSpace None, JAN, Some("host"), "…";
    "[606280.177800] host kernel: …" => Syslog Unknown UP, None, Some("host"), "…";
    "[606280.177800] host sshd[812]: …" => Syslog UserSpace UP, None, Some("host"), "…";
    "<4>1 2023-01-05T02:12:02+08:00 host kernel - - - …" => Syslog5424 Kernel None, EAST, Some("host"), "…";
    "<4>1 2023-01-05T02:12:02+08:00 host kernel - - - \u{feff}[606280.177800] …" => Syslog5424 Kernel UP, EAST, Some("host"), "…";
    r#"<4>1 2023-01-05T02:12:02+08:00 host kernel - - [a b="c\"]"][d] …"# => Syslog5424 Kernel None, EAST, Some("host"), "…";
    "<14>1 2023-01-05T02:12:02+08:00 host kernel - - - …" => Syslog5424 UserSpace None, EAST, Some("host"), "…";
    "<6>1 - - app 812 - - …" => Syslog5424 UserSpace None, None, None, "…";
    "Jan  5 02:12:02 host kernel: e#012Killed proces invoked" => Syslog Kernel None, JAN, Some("host"), "e\nKilled proces invoked";
    "Jan  5 02:12:02 host kernel: StreamTrans #72 invoked #1~22.04" => Syslog Kernel None, JAN, Some("host"), "StreamTrans #72 invoked #1~22.04";
    "Jan  5 02:12:02 host kernel: CPU 2/KVM invoked" => Syslog Kernel None, JAN, Some("host"), "CPU 2/KVM invoked";
    "Jan  5 02:12:02 host kernel: foo: bar invoked" => Syslog Kernel None, JAN, Some("host"), "foo: bar invoked";
    "Jan  5 02:12:02 host kernel: [ 2074]     0  2074  1573962" => Syslog Kernel None, JAN, Some("host"), "[ 2074]     0  2074  1573962";
};

const RECORDS: &[Sample] = samples! {
    "2023-01-05T02:12:02.000000000Z stdout F …" => Record UserSpace None, Some("2023-01-05T02:12:02.000000000Z"), None, "…";
    "2023-01-05T02:12:02.5Z stderr P [606280.177800] …" => Record UserSpace None, Some("2023-01-05T02:12:02.5Z"), None, "[606280.177800] …";
    r#"{"__REALTIME_TIMESTAMP":"1672884722000000","_HOSTNAME":"host","SYSLOG_FACILITY":"0","_SOURCE_MONOTONIC_TIMESTAMP":"606280177800","_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"…"}"#
        => Journal Kernel UP, Some("2023-01-05T02:12:02.000000Z"), Some("host"), "…";
    r#"{"__CURSOR":"s=ab;i=4b;b=cd","_TRANSPORT":"kernel","MESSAGE":"…"}"# => Journal Kernel None, None, None, "…";
    r#"{"SYSLOG_FACILITY":"1","_TRANSPORT":"kernel","MESSAGE":"…"}"# => Journal UserSpace None, None, None, "…";
    r#"{"_TRANSPORT":"stdout","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"…"}"# => Journal UserSpace None, None, None, "…";
    r#"{"_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","MESSAGE":"[606280.177800] x"}"# => Journal Kernel None, None, None, "[606280.177800] x";
    r#"{"__CURSOR":"s","MESSAGE":"…"}"# => Journal Unknown None, None, None, "…";
    r#"{"_TRANSPORT":"kernel","MESSAGE":[97,10,98]}"# => Journal Kernel None, None, None, "a\nb";
    r#"{"_TRANSPORT":"kernel","MESSAGE":null}"# => Bare Unknown None, None, None, r#"{"_TRANSPORT":"kernel","MESSAGE":null}"#;
    r#"{"log":"…\n","stream":"stdout","time":"2023-01-05T02:12:02.000000000Z"}"# => Record UserSpace None, Some("2023-01-05T02:12:02.000000000Z"), None, "…";
    r#"{"log":"Jan  5 02:12:02 host kernel: …","kubernetes":{"host":"n"}}"# => Record UserSpace None, None, None, "Jan  5 02:12:02 host kernel: …";
    r#"{"log":"Jan  5 02:12:02 host kernel: [606280.177800] …\n"}"# => Record Kernel UP, JAN, Some("host"), "…";
    r#"{"message":"Jan  5 02:12:02 host logger: …"}"# => Record UserSpace None, JAN, Some("host"), "…";
    r#"{"message":"{\"log\":\"<4>[606280.177800] …\"}"}"# => Record Unknown UP, None, None, "…";
    r#"{"priority":4,"sequence":5452,"sec":606280,"usec":177800,"msg":"e\\x0a…"}"# => Record Kernel UP, None, None, "e\n…";
    r#"{"pri":"4","host":"host","ident":"kernel","message":"[606280.177800] …"}"# => Record Kernel UP, None, Some("host"), "…";
    r#"{"host":"host","programname":"kernel","msg":" [606280.177800] …"}"# => Record Kernel UP, None, Some("host"), "…";
    r#"{"ident":"sshd","message":"[606280.177800] …"}"# => Record UserSpace None, None, None, "[606280.177800] …";
    r#"{"_source":{"host":{"name":"host"},"log":{"message":"[606280.177800] …"}}}"# => Record Unknown UP, None, Some("host"), "…";
    r#"{"jsonPayload":{"MESSAGE":"…","_TRANSPORT":"kernel","_HOSTNAME":"host"}}"# => Journal Kernel None, None, Some("host"), "…";
    r#"{"facility":"kern","msg":"…","talos-time":"2023-01-05T02:12:02.5Z"}"# => Record Kernel None, Some("2023-01-05T02:12:02.5Z"), None, "…";
    r#"{"facility":"kernel","short_message":"…","timestamp":1672884722.5}"# => Record Kernel None, Some("2023-01-05T02:12:02.500000Z"), None, "…";
    r#"{"_TRANSPORT":"stdout","fields":{"transport":"kernel"},"message":"…"}"# => Journal UserSpace None, None, None, "…";
    r#"{"facility":"user","msg":"…"}"# => Record UserSpace None, None, None, "…";
    r#"{"pri":4,"time":606280.177800,"msg":"…"},"# => DmesgJson Unknown UP, None, None, "…";
    r#"{"pri":12,"time":606280.177800,"msg":"…"}"# => DmesgJson UserSpace UP, None, None, "…";
    "MESSAGE=…" => Journal Unknown None, None, None, "…";
};

const WRAPPED: &[Sample] = samples! {
    "> > [606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "> Jan  5 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "# [606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "\t\t// …" => Bare Unknown None, None, None, "…";
    "* `[606280.177800] …`" => Dmesg Unknown UP, None, None, "…";
    "```…```" => Bare Unknown None, None, None, "…";
    "    kern  :warn  : [Thu Jan  5 02:12:02 2023] …" => Dmesg Kernel None, JAN, None, "…";
    "    Jan  5 02:12:02 host kernel: …\r" => Syslog Kernel None, JAN, Some("host"), "…";
    "166255 Jan  5 02:12:02   kernel: [606280.177800] …" => Syslog Kernel UP, JAN, None, "…";
    "12:[606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "/var/log/messages-20230105:12:Jan  5 02:12:02 host kernel: …" => Syslog Kernel None, JAN, Some("host"), "…";
    "10.1.1.2: kern: warning: [2023-01-05T02:12:02.5Z]: …" => Dmesg Kernel None, Some("2023-01-05T02:12:02.5Z"), None, "…";
    "10.1.1.2: user: warning: [2023-01-05T02:12:02.5Z]: …" => Dmesg UserSpace None, Some("2023-01-05T02:12:02.5Z"), None, "…";
    "  | Jan 5, 2023 @ 02:12:02.916 | kernel | [606280.177800] …" => Record Kernel UP, Some("2023-01-05T02:12:02.916Z"), None, "…";
    "Jan 5, 2023 @ 02:12:02.916 | host | …" => Record Unknown None, Some("2023-01-05T02:12:02.916Z"), None, "…";
    "\u{1b}[32m[606280.177800] \u{1b}[0m\u{1b}[33mjava\u{1b}[0m invoked" => Dmesg Unknown UP, None, None, "java invoked";
    "kern  :warn  : \u{1b}[32m[606280.177800] \u{1b}[0m…" => Dmesg Kernel UP, None, None, "…";
    "Jan  5 02:12:02 host kernel: \u{1b}[0;1;39m…\u{1b}[0m" => Syslog Kernel None, JAN, Some("host"), "…";
    "2023-01-05T02:12:02.000Z In(05) vcpu-5 - Guest: <6>[606280.177800] …" => Syslog Unknown UP, Some("2023-01-05T02:12:02.000Z"), None, "…";
    "vcpu-5 - Guest: <6>[606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "\"[606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "see the log at [606280.177800] …" => Dmesg Unknown UP, None, None, "…";
    "the kernel says: …" => Bare Unknown None, None, None, "the kernel says: …";
    "2023-01-05T02:12:02Z host app: found [606280.177800] …" => Syslog UserSpace None, JAN, Some("host"), "found [606280.177800] …";
};

fn all() -> impl Iterator<Item = &'static Sample> {
    [PLAIN, SYSLOG, RECORDS, WRAPPED].into_iter().flatten()
}

fn filled(text: &str) -> String {
    text.replace('…', OOM)
}

fn shown(wall: Option<WallTime>) -> Option<String> {
    wall.map(|wall| wall.or(Some(2023), Some(0)).to_string())
}

#[test]
fn one_line_of_every_form() {
    let reads_json = cfg!(feature = "serde");
    for sample in all().filter(|sample| reads_json || !sample.line.starts_with('{')) {
        let line = filled(sample.line);
        let frame = Framer::new().frame(line.as_bytes()).expect(&line);
        let message = String::from_utf8(frame.message.to_vec()).unwrap();
        assert_eq!(message, filled(sample.message), "message of {line:?}");
        assert_eq!(frame.kind, sample.kind, "kind of {line:?}");
        assert_eq!(frame.origin(), sample.origin, "origin of {line:?}");
        assert_eq!(
            frame.kernel_time_us, sample.kernel_time_us,
            "time of {line:?}"
        );
        assert_eq!(
            shown(frame.wall).as_deref(),
            sample.wall,
            "wall of {line:?}"
        );
        let host = frame
            .host
            .map(|host| String::from_utf8(host.to_vec()).unwrap());
        assert_eq!(host.as_deref(), sample.host, "host of {line:?}");
    }
}

#[test]
fn common_forms_borrow_their_message() {
    for line in [
        "4,3363,123170000,-;…",
        "[606280.177800] …",
        "Jan  5 02:12:02 host kernel: [606280.177800] …",
        "<4>1 2023-01-05T02:12:02+08:00 host kernel - - - …",
    ] {
        let line = filled(line);
        let frame = Framer::new().frame(line.as_bytes()).unwrap();
        assert!(matches!(frame.message, Cow::Borrowed(_)), "{line}");
    }
}

fn frames(text: &str) -> Vec<Frame<'static>> {
    let mut framer = Framer::new();
    let mut found = Vec::new();
    for line in text.lines() {
        found.extend(framer.end_before(line.as_bytes()));
        found.extend(framer.frame(line.as_bytes()).map(Frame::into_owned));
    }
    found.extend(framer.finish());
    found
}

fn kinds_and_messages(text: &str) -> Vec<(FrameKind, String)> {
    frames(text)
        .into_iter()
        .map(|frame| {
            (
                frame.kind,
                String::from_utf8_lossy(&frame.message).into_owned(),
            )
        })
        .collect()
}

#[test]
fn kmsg_dictionary_belongs_to_the_record() {
    let frames = kinds_and_messages("6,1,2,-;pci\n SUBSYSTEM=pci\n DEVICE=+pci:0\n6,2,2,-; x=1");
    assert_eq!(
        frames[1],
        (FrameKind::KmsgDictionary, "SUBSYSTEM=pci".into())
    );
    assert_eq!(frames[2].0, FrameKind::KmsgDictionary);
    assert_eq!(frames[3], (FrameKind::Kmsg, " x=1".into()));
}

#[test]
fn what_stands_after_a_newline_is_indented() {
    let text = "[ 1120.127337] Memory cgroup out of memory: Killed process 5314 (\n               \
                oom-kill:const) total-vm:18916kB\n[ 1120.127338] x";
    let found = kinds_and_messages(text);
    assert_eq!(
        found[1],
        (
            FrameKind::Indented,
            "oom-kill:const) total-vm:18916kB".into()
        )
    );
    assert_eq!(found[2].0, FrameKind::Dmesg);
    let text = "Nov 21 20:24:41 localhost kernel: e\n                                  Killed proces\n\
                    \u{20}                                 file 0";
    let found = kinds_and_messages(text);
    assert_eq!(found[1], (FrameKind::Indented, "Killed proces".into()));
    assert_eq!(found[2].0, FrameKind::Indented);
}

#[cfg(feature = "serde")]
#[test]
fn a_record_of_what_stands_after_a_newline_is_indented() {
    for (text, kind, message) in [
        (
            "               Killed process 1 (init) total-vm:1kB",
            FrameKind::Indented,
            "Killed process 1 (init) total-vm:1kB",
        ),
        ("               file 0", FrameKind::Indented, "file 0"),
        ("    [ 1120.127338] b", FrameKind::Record, "b"),
        (" file 0", FrameKind::Record, "file 0"),
    ] {
        let line = alloc::format!("{{\"log\":\"{text}\"}}");
        assert_eq!(
            kinds_and_messages(&line),
            [(kind, message.into())],
            "{text}"
        );
    }
}

#[cfg(feature = "serde")]
#[test]
fn what_a_program_may_have_put_in_front_proves_nothing_in_a_record() {
    let line = "Jan  5 02:12:02 host kernel: [1.000000] x";
    for (front, origin) in [
        ("", Origin::Kernel),
        ("seen: ", Origin::Unknown),
        ("> ", Origin::Unknown),
        ("app.py:12:3: ", Origin::Unknown),
        ("x-", Origin::Unknown),
    ] {
        let record = alloc::format!("{{\"log\":\"{front}{line}\"}}");
        let frame = Framer::new().frame(record.as_bytes()).unwrap();
        assert_eq!(frame.origin(), origin, "{front}");
    }
}

#[test]
fn an_indented_stamp_is_no_line_of_its_own() {
    let text = "[ 1120.127337] Killed process 5314 (\n               [1.000000] oom)";
    assert_eq!(
        kinds_and_messages(text)[1],
        (FrameKind::Indented, "[1.000000] oom)".into())
    );
    // Indented by whoever pasted it, by less than the prefix.
    let text = "    [ 1120.127337] a\n    [ 1120.127338] b\n";
    assert_eq!(kinds_and_messages(text)[1], (FrameKind::Dmesg, "b".into()));
}

#[test]
fn a_comm_makes_no_host_of_dmesg_text() {
    let found = frames(
        "[ 1.000000] oom_reaper: unable to reap pid:1 (a)\n[ 2.000000] x kernel: y invoked oom-killer:",
    );
    assert_eq!(found[1].host, None);
    assert_eq!(
        found[1].message.as_ref(),
        b"x kernel: y invoked oom-killer:"
    );
    let found = frames("[ 1.000000] host kernel: Linux\n[ 2.000000] host kernel: y");
    assert_eq!(found[1].host.as_deref(), Some(&b"host"[..]));
    // A program without a process id proves neither.
    let found = frames(
        r"[ 1.000000] host app: Out of luck
[ 2.000000] host kernel: a\x0ab",
    );
    assert_eq!(found[1].host.as_deref(), Some(&b"host"[..]));
    assert_eq!(found[1].message.as_ref(), br"a\x0ab");
}

#[test]
fn what_stands_after_a_newline_in_a_verbose_entry() {
    let text = "Thu 2023-01-05 02:12:02.123456 UTC [s=ab;i=1;b=cd;m=1;t=2;x=3]\n    \
                _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    MESSAGE=anon 1\n            \
                file 2\n    _HOSTNAME=h\n\
                Thu 2023-01-05 02:12:02.123457 UTC [s=ab;i=2;b=cd;m=1;t=2;x=3]";
    let found = kinds_and_messages(text);
    assert_eq!(found, [(FrameKind::Journal, "anon 1\nfile 2".into())]);
}

#[test]
fn a_record_that_was_cut_is_no_message() {
    let found = frames(r#"{"MESSAGE":"Aa invoked oom-killer: gfp_mask=0xd0, or"#);
    assert_eq!(found[0].message.as_ref(), b"");
}

#[test]
fn greps_context_and_lokis_labels() {
    let found = frames(
        "kern.log-2023-12-[ 606280.177800] a\n\
         messages-20230105-Jan  5 02:12:02 host kernel: b\n\
         2023-01-05T02:12:02Z {hostname=\"n1\", transport=\"kernel\"} Out of memory: c\n\
         2023-01-05T02:12:02Z {pod=\"web-0\", container=\"c\"} Out of memory: d",
    );
    assert_eq!(found[0].kernel_time_us, Some(606_280_177_800));
    assert_eq!(found[1].host.as_deref(), Some(&b"host"[..]));
    assert_eq!(found[2].message.as_ref(), b"Out of memory: c");
    assert_eq!(found[2].origin(), Origin::Unknown);
    assert_eq!(found[3].origin(), Origin::UserSpace);
}

#[test]
fn the_control_code_of_delete() {
    let found = frames(
        "Jan  5 02:12:02 host kernel: #177del#001 invoked\n\
         Jan  5 02:12:02 host kernel: Linux 5.4.0-177-generic #177-Ubuntu",
    );
    assert_eq!(found[0].message.as_ref(), b"\x7fdel\x01 invoked");
    assert!(found[1].message.ends_with(b" #177-Ubuntu"));
}

const DMESG_JSON: &[u8] = b"{
   \"dmesg\": [
      {
         \"pri\": 6,
         \"time\":  1064.664456,
         \"msg\": \"realoom-begin\"
      },{
         \"fac\": \"kern\",
         \"pri\": \"err\",
         \"time\":  1064.699112,
         \"caller\": \"T3675\",
         \"msg\": \"Killed process 3675 (u\xff\\\"\\n) total-vm:1kB\"
      },{
         \"pri\": 14,
         \"time\": \"Thu Jan  5 02:12:02 2023\",
         \"msg\": \"text of a program\"
      }
   ]
}
[ 1.000000] after";

#[test]
fn dmesg_json_document() {
    let mut framer = Framer::new();
    let mut found = Vec::new();
    let mut wanted = Vec::new();
    for line in DMESG_JSON.split(|byte| *byte == b'\n') {
        found.extend(framer.frame(line));
        wanted.push(framer.wants_every_line());
    }
    assert!(!wanted[0] && wanted[1] && wanted[16]);
    assert_eq!(
        wanted[17..],
        [false, false, false],
        "the document has ended"
    );
    let [_, first, second, third, _, after] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(first.kind, FrameKind::DmesgJson);
    assert_eq!((first.origin(), first.level), (Origin::Unknown, Some(6)));
    assert_eq!(first.kernel_time_us, Some(1_064_664_456));
    assert_eq!((second.origin(), second.level), (Origin::Kernel, Some(3)));
    assert_eq!(second.caller.as_deref(), Some(&b"T3675"[..]));
    assert_eq!(
        second.message.as_ref(),
        b"Killed process 3675 (u\xff\"\n) total-vm:1kB"
    );
    assert_eq!(third.origin(), Origin::UserSpace);
    assert_eq!(shown(third.wall).as_deref(), JAN);
    assert_eq!(after.kind, FrameKind::Dmesg);
}

#[test]
fn dmesg_json_that_is_cut() {
    let mut framer = Framer::new();
    assert_eq!(framer.frame(b"   \"dmesg\": ["), None);
    assert!(framer.wants_every_line());
    let frame = framer.frame(b"Jan  5 02:12:02 host kernel: text").unwrap();
    assert_eq!(frame.kind, FrameKind::Syslog);
    assert!(!framer.wants_every_line());
}

#[test]
fn journal_export_waits_for_the_facility() {
    let entry = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1672884722000000\n_HOSTNAME=host\nMESSAGE=text\n\
                 PRIORITY=4\n_TRANSPORT=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=606280177800\n";
    let found = frames(&format!(
        "{entry}SYSLOG_FACILITY=0\n\n{entry}SYSLOG_FACILITY=1\n\n"
    ));
    let [first, second] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (first.kind, first.origin()),
        (FrameKind::Journal, Origin::Kernel)
    );
    assert_eq!((first.level, first.kernel_time_us), (Some(4), UP));
    assert_eq!(first.host.as_deref(), Some(&b"host"[..]));
    assert_eq!(second.origin(), Origin::UserSpace);
}

#[test]
fn journal_export_with_bytes() {
    // Ten bytes: the length itself holds a newline.
    let entry = b"__CURSOR=s=1\nMESSAGE\n\n\0\0\0\0\0\0\0e\nKilled p\n_TRANSPORT=kernel\n\n";
    let mut framer = Framer::new();
    let found: Vec<_> = entry
        .split(|byte| *byte == b'\n')
        .filter_map(|line| framer.frame(line))
        .map(Frame::into_owned)
        .collect();
    assert_eq!(found[0].message.as_ref(), b"e\nKilled p");
    assert_eq!(found[0].origin(), Origin::Kernel);
    assert!(!framer.wants_every_line());
}

#[test]
fn journal_verbose() {
    let head = "Thu 2023-01-05 02:12:02.123456 CST [s=bf0d;i=928;b=00ab]\n    _TRANSPORT=kernel\n";
    for (fields, origin) in [
        ("    SYSLOG_FACILITY=0\n", Origin::Kernel),
        ("    SYSLOG_FACILITY=1\n", Origin::UserSpace),
        ("", Origin::Kernel),
    ] {
        // The fields come in any order, and the message may have several lines.
        for entry in [
            format!("{head}{fields}    MESSAGE=text\n            more"),
            format!("{head}    MESSAGE=text\n            more\n{fields}"),
        ] {
            let mut framer = Framer::new();
            assert!(
                entry
                    .lines()
                    .all(|line| framer.frame(line.as_bytes()).is_none())
            );
            let next = "Thu 2023-01-05 02:12:03.123456 CST [s=bf0d;i=929;b=00ab]";
            let found = framer.end_before(next.as_bytes()).unwrap();
            assert_eq!(
                (&*found.message, found.origin()),
                (&b"text\nmore"[..], origin)
            );
            assert_eq!(shown(found.wall).unwrap(), "2023-01-05T02:12:02.123456Z");
            assert!(framer.frame(next.as_bytes()).is_none() && framer.finish().is_none());
        }
    }
}

#[test]
#[cfg(feature = "serde")]
fn json_that_is_not_utf8_keeps_its_bytes() {
    let line = b"{\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"u\xff\xfe\x80\xc3z invoked\"}";
    let frame = Framer::new().frame(line).unwrap();
    assert_eq!(frame.message.as_ref(), b"u\xff\xfe\x80\xc3z invoked");
    assert_eq!(frame.origin(), Origin::Kernel);
}

#[test]
fn every_prefix_of_every_sample() {
    let mut framer = Framer::new();
    for sample in all() {
        let line = filled(sample.line);
        for end in 0..=line.len() {
            framer.frame(&line.as_bytes()[..end]);
        }
    }
}

/// xorshift64*: the same numbers on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

#[test]
fn random_mutations_of_every_sample() {
    let mut lines: Vec<Vec<u8>> = all()
        .map(|sample| filled(sample.line).into_bytes())
        .collect();
    lines.extend(DMESG_JSON.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    lines.extend(
        ["__CURSOR=s", "MESSAGE", "", "    MESSAGE=x"].map(|line| line.as_bytes().to_vec()),
    );
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut framer = Framer::new();
    for _ in 0..100_000 {
        let mut line = lines[random.below(lines.len())].clone();
        for _ in 0..random.below(4) {
            let at = random.below(line.len() + 1);
            match random.below(5) {
                0 => line.truncate(at),
                1 => line.insert(at, b" []<>{}\":;,.0#\\\x1b\xff="[random.below(18)]),
                2 if at < line.len() => line[at] = random.below(256) as u8,
                3 if at < line.len() => drop(line.remove(at)),
                _ => {
                    let other = &lines[random.below(lines.len())];
                    line.splice(
                        at..at,
                        other[random.below(other.len() + 1)..].iter().copied(),
                    );
                }
            }
        }
        framer.frame(&line);
    }
}
