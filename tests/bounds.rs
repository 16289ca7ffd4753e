//! Hostile streams: memory stays below a bound, and the work per line stays the same for any number of lines.

#![allow(unsafe_code, reason = "a global allocator that counts")]

use oomparse_core::{KeyedParser, Options, Parser};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

impl Counting {
    fn add(size: usize) {
        CALLS.fetch_add(1, Relaxed);
        let live = LIVE.fetch_add(size, Relaxed) + size;
        PEAK.fetch_max(live, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Relaxed);
        Self::add(size);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What one stream may keep, whatever it says: four open reports with 16,384 rows each (about 250 bytes a
/// row), 256 stats blocks, and one line of 1 MiB with its copies.
const ONE_STREAM: usize = 48 << 20;

struct Spent {
    peak: usize,
    calls: usize,
    time: Duration,
}

fn spend(lines: usize, line: &dyn Fn(usize) -> String) -> Spent {
    let mut options = Options::default();
    options.tasks = true;
    let mut parser = Parser::with_options(options);
    let (before, calls) = (LIVE.load(Relaxed), CALLS.load(Relaxed));
    PEAK.store(before, Relaxed);
    let start = Instant::now();
    for at in 0..lines {
        let mut text = line(at);
        text.push('\n');
        parser.push_chunk(text.as_bytes());
        while parser.next_event().is_some() {}
    }
    parser.finish();
    while parser.next_event().is_some() {}
    Spent {
        peak: PEAK.load(Relaxed) - before,
        calls: CALLS.load(Relaxed) - calls,
        time: start.elapsed(),
    }
}

const TABLE: &str =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
const HEADER: &str = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";

fn kmsg(at: usize, text: &str) -> String {
    format!("6,{at},{},-;{text}", 1_000_000 + at)
}

fn killed(pid: usize) -> String {
    format!(
        "Memory cgroup out of memory: Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
    )
}

type Generator = fn(usize) -> String;

/// Every stream by its name, with the number of lines that a run has.
const STREAMS: [(&str, usize, Generator); 12] = [
    ("reports", 4_000, |at| match at % 3 {
        0 => kmsg(at, HEADER),
        1 => kmsg(
            at,
            &format!(
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/{at},task=a,pid={at},uid=0"
            ),
        ),
        _ => kmsg(at, &killed(at - 1)),
    }),
    ("headers", 4_000, |at| kmsg(at, HEADER)),
    ("headers without a clock", 4_000, |_| HEADER.to_owned()),
    ("rows", 20_000, |at| match at {
        0 => kmsg(0, HEADER),
        1 => kmsg(1, TABLE),
        _ => kmsg(
            at,
            &format!(
                "[{at:7}]     0 {at:5}     1000      500     4096        0           900 fifteen-bytes-a"
            ),
        ),
    }),
    ("tables", 20_000, |at| match at % 20 {
        0 => kmsg(at, HEADER),
        1 => kmsg(at, TABLE),
        _ => kmsg(
            at,
            &format!("[{at:7}]     0 {at:5}     1000      500     4096        0           900 a"),
        ),
    }),
    ("stat keys", 20_000, |at| match at {
        0 => kmsg(0, HEADER),
        1 => kmsg(1, "Memory cgroup stats for /a:"),
        _ => kmsg(at, &format!("key_{at} {at}")),
    }),
    ("stat blocks", 4_000, |at| match at {
        0 => kmsg(0, HEADER),
        _ => kmsg(
            at,
            &format!(
                "Memory cgroup stats for /{at}{}: cache:1KB rss:2KB unevictable:0KB",
                "/x".repeat(200)
            ),
        ),
    }),
    ("members of a group", 4_000, |at| match at {
        0 => kmsg(0, &killed(1)),
        1 => kmsg(
            1,
            "Tasks in /kubepods are going to be killed due to memory.oom.group set",
        ),
        _ => kmsg(at, &killed(at)),
    }),
    ("pieces of a path", 4_000, |at| match at {
        0 => kmsg(
            0,
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=",
        ),
        _ => format!("4,{at},{},c;/{}", 1_000_000 + at, "p".repeat(900)),
    }),
    ("hosts", 20_000, |at| {
        format!("Jan  5 02:12:02 host-{at} kernel: {HEADER}")
    }),
    ("entries of a journal", 4_000, |at| {
        if at == 0 {
            "__CURSOR=s".to_owned()
        } else {
            format!("MESSAGE={}", "x".repeat(500))
        }
    }),
    ("long lines", 60, |at| {
        format!(
            "[    1.000000] Killed process {at} ({}",
            "x".repeat(1_500_000)
        )
    }),
];

/// What all streams together may keep: see `MAX_OPEN_BYTES`.
const ALL_STREAMS: usize = 128 << 20;

/// A thousand hosts, each in the middle of a report.
const HOSTS: [(&str, usize, Generator); 3] = [
    ("tables of hosts", 100_000, |at| {
        let (host, line) = (at % 1000, at / 1000);
        let text = match line {
            0 => HEADER.to_owned(),
            1 => TABLE.to_owned(),
            _ => format!(
                "[{line:7}]     0 {line:5}     1000      500     4096        0           900 fifteen-bytes-a"
            ),
        };
        format!("Jan  5 02:12:02 host-{host} kernel: {text}")
    }),
    ("figures of hosts", 50_000, |at| {
        let (host, line) = (at / 50, at % 50);
        let text = match line {
            0 => HEADER.to_owned(),
            _ => format!(
                "Memory cgroup stats for /{line}/{}: cache:1KB rss:2KB unevictable:0KB",
                "x".repeat(4000)
            ),
        };
        format!("Jan  5 02:12:02 host-{host} kernel: {text}")
    }),
    ("long paths of hosts", 300, |at| {
        let path = "x".repeat(500_000);
        format!(
            "Jan  5 02:12:02 host-{at} kernel: Task in /{path} killed as a result of limit of /{path}"
        )
    }),
];

fn spend_on_logs(lines: usize, line: &dyn Fn(usize) -> String) -> usize {
    let mut options = Options::default();
    options.tasks = true;
    let mut parsers = KeyedParser::with_options(options);
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    for at in 0..lines {
        let text = line(at);
        let (prefix, message) = text.split_once(" kernel: ").unwrap();
        parsers.push_line(prefix.as_bytes(), message.as_bytes());
        while parsers.next_event().is_some() {}
    }
    parsers.finish();
    PEAK.load(Relaxed) - before
}

#[test]
fn hostile_hosts_and_logs_stay_below_one_bound() {
    let _alone = ONE_AT_A_TIME.lock();
    for (name, lines, line) in HOSTS {
        let hosts = spend(lines, &line).peak;
        let logs = spend_on_logs(lines, &line);
        println!("{name}: {} and {} MiB", hosts >> 20, logs >> 20);
        assert!(hosts.max(logs) <= ALL_STREAMS, "{name}");
    }
}

/// The counters are the whole program's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn hostile_streams_stay_below_their_bounds() {
    let _alone = ONE_AT_A_TIME.lock();
    for (name, lines, line) in STREAMS {
        let small = spend(lines / 4, &line);
        let large = spend(lines, &line);
        println!(
            "{name}: {} KiB after {} lines, {} KiB after {lines}; {} and {} allocations; {:?} and {:?}",
            small.peak >> 10,
            lines / 4,
            large.peak >> 10,
            small.calls,
            large.calls,
            small.time,
            large.time
        );
        assert!(large.peak <= ONE_STREAM, "{name}: {} MiB", large.peak >> 20);
        // Four times the lines: at most a little more than four times the work.
        assert!(
            large.calls <= small.calls * 5 + 5000,
            "{name}: {} calls after {}",
            large.calls,
            small.calls
        );
        let limit = small.time * 16 + Duration::from_secs(1);
        assert!(
            large.time <= limit,
            "{name}: {:?} after {:?}",
            large.time,
            small.time
        );
    }
}
