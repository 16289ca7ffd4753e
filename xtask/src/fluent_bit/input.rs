//! The logs that are sent, and which kills of which pods they contain.
//!
//! The kills are found here with a few searches, not with the parser under test.

use crate::storm;
use oomparse_benches::{SEED, ordinary, sparse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of an ordinary line of the generator.
const LINE: u64 = 164;

/// One log.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    /// Each line is a record in JSON.
    pub(super) is_json: bool,
    /// Its records prove who wrote the text.
    pub(super) is_proven: bool,
    pub(super) lines: u64,
    /// Kills by the number of the line that reports them.
    pub(super) kills: BTreeMap<usize, Kill>,
}

/// A kill as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    pub(super) pid: u64,
    /// The pod, if the log names one.
    pub(super) uid: Option<String>,
}

/// The name that the trial gives to a pod.
pub(super) fn pod_name(uid: &str) -> String {
    format!("web-{}", uid.get(..8).unwrap_or(uid))
}

/// The namespace of all of them.
pub(super) const NAMESPACE: &str = "shop";

/// What is not a kernel's report, though some of it says so, and what is not text.
const ODD: [&[u8]; 8] = [
    b"broken \xff\xfe\xc3 bytes",
    b"2024-01-05T02:12:02.5Z stdout F [9.2] Memory cgroup out of memory: Killed process 5 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB",
    br#"{"log":"oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task=x,pid=5,uid=0","stream":"stderr"}"#,
    b"Jan  5 02:12:02 node-7 app[7]: kernel: Killed process 5 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
    b"tab\there, \x01\x02 and \x1b[31mcolour\x1b[0m, \\ and \"",
    b"  indented: oom-kill, Killed process 5 (x)",
    "ü, 漢字 and 🐧".as_bytes(),
    b"Memory cgroup ",
];

impl Input {
    /// A log of nothing.
    pub(super) fn empty(dir: &Path) -> Result<Self, String> {
        Self::write(dir, "empty", b"x\n".to_vec(), false, BTreeMap::new())
    }

    /// Ordinary lines alone.
    pub(super) fn ordinary(dir: &Path, lines: u64) -> Result<Self, String> {
        let mut log = Vec::new();
        ordinary(&mut log, lines.saturating_mul(LINE), SEED).map_err(|error| error.to_string())?;
        Self::write(dir, "lines without OOM", log, false, BTreeMap::new())
    }

    /// Ordinary lines, reports between them, and odd ones.
    pub(super) fn mixed(dir: &Path, lines: u64) -> Result<Self, String> {
        let mut made = Vec::new();
        // A few more, so that there are at least as many as were asked for.
        let size = lines.saturating_mul(LINE + 6);
        sparse(&mut made, size, SEED).map_err(|error| error.to_string())?;
        let mut log = Vec::with_capacity(made.len());
        let mut odd = ODD.iter().cycle();
        let long = vec![b'x'; 100_000];
        // Longer than any line is read, and longer still in JSON.
        let longest = [vec![b'y'; 1 << 20], "ü漢".repeat(200_000).into_bytes()];
        for (number, line) in made.split_inclusive(|byte| *byte == b'\n').enumerate() {
            log.extend_from_slice(line);
            // Not within a report.
            if number % 1009 == 0 && find(line, b" kernel: ").is_none() {
                log.extend_from_slice(odd.next().copied().unwrap_or_default());
                log.push(b'\n');
            }
            if number % 100_003 == 0 {
                log.extend_from_slice(&long);
                log.push(b'\n');
            }
            if let Some(line) = number.checked_sub(1).and_then(|at| longest.get(at)) {
                log.extend_from_slice(line);
                log.push(b'\n');
            }
        }
        let kills = kills(&log);
        Self::write(dir, "mixed lines", log, false, kills)
    }

    /// What the kernel prints in a storm, once its rate limit swallows the reports: nothing but the lines of the
    /// kills, as 5.x and as 4.14 print them.
    pub(super) fn storm(dir: &Path, count: usize) -> Result<Self, String> {
        let log = storm::of_bare_kills(count);
        let kills = kills(log.as_bytes());
        Self::write(dir, "a storm of bare kills", log.into_bytes(), false, kills)
    }

    /// Reports as `dmesg` prints them, which do not show who wrote them.
    pub(super) fn plain(dir: &Path, lines: u64) -> Result<Self, String> {
        let mut made = Vec::new();
        sparse(&mut made, lines.saturating_mul(LINE), SEED).map_err(|error| error.to_string())?;
        let kills = kills(&made);
        let mut log = Vec::with_capacity(made.len());
        for line in made.split_inclusive(|byte| *byte == b'\n') {
            log.extend_from_slice(find(line, b" node-7 kernel: ").unwrap_or(line));
        }
        let input = Self::write(dir, "lines of unknown origin", log, false, kills)?;
        Ok(Self {
            is_proven: false,
            ..input
        })
    }

    /// Records as inputs and parsers make them: the kernel's, containers', and others.
    pub(super) fn records(dir: &Path, count: u64) -> Result<Self, String> {
        let mut log = String::new();
        let mut kills = BTreeMap::new();
        let mut line = 0;
        let mut push = |record: &Value| {
            log.push_str(&record.to_string());
            log.push('\n');
            line += 1;
            line - 1
        };
        for number in 0..count.max(400) {
            let uid = format!("{number:08x}-ab69-4572-8f1d-{number:012x}");
            let pod = format!("/kubepods/burstable/pod{uid}");
            let pid = 1_000 + number;
            let summary = format!(
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
                 oom_memcg={pod},task_memcg={pod},task=java,pid={pid},uid=0"
            );
            let killed = format!(
                "Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, \
                 anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:968"
            );
            match number % 200 {
                0 => {
                    let kmsg = |message: &str, at: u64| json!({"priority": 6, "sequence": number * 2 + at, "sec": 9 + number, "usec": at, "msg": message});
                    push(&kmsg(&summary, 0));
                    let mut last = kmsg(&killed, 1);
                    if number % 400 == 0
                        && let Some(record) = last.as_object_mut()
                    {
                        record.insert("oom".to_owned(), json!({"a user's": "own"}));
                    }
                    let at = push(&last);
                    let uid = Some(uid);
                    kills.insert(at, Kill { pid, uid });
                }
                50 => {
                    for text in [&summary, &killed] {
                        push(&json!({"log": format!("{text}\n"), "stream": "stdout"}));
                    }
                }
                100 => {
                    for text in [&summary, &killed] {
                        push(
                            &json!({"msg": text, "kubernetes": {"pod_name": "a", "labels": {"app": "b"}}}),
                        );
                    }
                }
                150 => {
                    push(
                        &json!({"n": [1, -2, 1.5, u64::MAX, null, true, {"deep": [[]]}], "log": 7, "": "", "oom": {}}),
                    );
                }
                _ => {
                    push(
                        &json!({"log": format!("GET /{number} 200"), "status": 200, "took": 0.25, "user": null}),
                    );
                }
            }
        }
        Self::write(dir, "records", log.into_bytes(), true, kills)
    }

    /// Writes the log, and for each of its pods a directory as in /var/log/pods.
    fn write(
        dir: &Path,
        name: &'static str,
        log: Vec<u8>,
        is_json: bool,
        kills: BTreeMap<usize, Kill>,
    ) -> Result<Self, String> {
        let path = dir.join(format!("{}.log", name.replace(' ', "-")));
        fs::write(&path, &log).map_err(|error| format!("{}: {error}", path.display()))?;
        let pods = dir.join("pods");
        fs::create_dir_all(&pods).map_err(|error| format!("{}: {error}", pods.display()))?;
        for uid in kills.values().filter_map(|kill| kill.uid.as_deref()) {
            let pod = pods.join(format!("{NAMESPACE}_{}_{uid}", pod_name(uid)));
            fs::create_dir_all(&pod).map_err(|error| format!("{}: {error}", pod.display()))?;
        }
        Ok(Self {
            name,
            path,
            is_json,
            is_proven: true,
            lines: log.iter().filter(|byte| **byte == b'\n').count() as u64,
            kills,
        })
    }
}

/// The kills in a log of syslog lines.
fn kills(log: &[u8]) -> BTreeMap<usize, Kill> {
    let mut kills = BTreeMap::new();
    let mut uid = None;
    for (number, line) in log.split(|byte| *byte == b'\n').enumerate() {
        if find(line, b" node-7 kernel: [").is_none() {
            continue;
        }
        if find(line, b" invoked oom-killer: ").is_some() {
            uid = None;
        }
        if let Some(path) = find(line, b"task_memcg=").or_else(|| find(line, b"Task in ")) {
            uid = pod_uid(path);
        }
        if let Some(rest) = find(line, b"Killed process ") {
            let digits: Vec<u8> = rest
                .iter()
                .copied()
                .take_while(u8::is_ascii_digit)
                .collect();
            if let Ok(pid) = String::from_utf8_lossy(&digits).parse() {
                let uid = uid.take();
                kills.insert(number, Kill { pid, uid });
            }
        }
    }
    kills
}

/// The uid after the last `pod` of a path, with hyphens.
fn pod_uid(path: &[u8]) -> Option<String> {
    let end = path.iter().position(|byte| matches!(byte, b',' | b' '));
    let path = String::from_utf8_lossy(path.get(..end.unwrap_or(path.len()))?).into_owned();
    let at = path.rfind("-pod").or_else(|| path.rfind("/pod"))?;
    let uid = path.get(at + 4..at + 40)?.replace('_', "-");
    Some(uid)
}

/// What follows a word.
pub(super) fn find<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(word.len()).position(|part| part == word)?;
    text.get(at + word.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_and_pods_of_the_made_up_log() {
        let mut log = Vec::new();
        let totals = sparse(&mut log, 4 << 20, SEED).unwrap();
        let kills = kills(&log);
        assert_eq!(kills.len() as u64, totals.kills);
        let named = kills.values().filter_map(|kill| kill.uid.as_ref());
        let named: Vec<_> = named.collect();
        assert!(named.len() * 10 > kills.len() * 7, "{named:?}");
        for uid in named {
            let hyphens = [8, 13, 18, 23].iter().all(|at| uid.as_bytes()[*at] == b'-');
            assert!(hyphens && uid.len() == 36, "{uid}");
        }
    }
}
