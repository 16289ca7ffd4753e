//! A report as a program knows it, and the words in which each kernel prints it.
//!
//! The formats are written down here a second time, from the kernel's side, so that a mistake of the
//! parser does not hide itself.

use std::fmt::Write as _;

/// How a kernel words its reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The first release that prints so.
    pub kernel: &'static str,
    header: Header,
    /// `Task in … killed as a result of limit of …`
    task_in: bool,
    stats: Stats,
    /// `swap:` of cgroup v2 instead of `memory+swap:` and `kmem:`.
    v2: bool,
    table: Table,
    selected: Option<&'static str>,
    summary: bool,
    killed: Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    OomAdj,
    BothAdj,
    Hex,
    Flags,
    NodemaskList,
    NodemaskNull,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stats {
    None,
    OneLine,
    OneRecord,
    Records,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Cpu,
    CpuBoth,
    Ptes,
    Pmds,
    Bytes,
    BytesWide,
    Rss,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    Bare,
    Rhel6,
    ThreeSizes,
    Rhel7,
    Shmem,
    Message,
    Uid,
}

impl Killed {
    fn has_sizes(self) -> bool {
        self != Self::Bare
    }
}

const NONE: Words = Words {
    kernel: "",
    header: Header::Flags,
    task_in: false,
    stats: Stats::None,
    v2: false,
    table: Table::BytesWide,
    selected: None,
    summary: true,
    killed: Killed::Uid,
};

const SACRIFICE: &str = "Kill process {} ({}) score {} or sacrifice child";

/// Every wording, oldest first.
pub const WORDS: [Words; 18] = [
    Words {
        kernel: "2.6.32-5-amd64",
        header: Header::OomAdj,
        task_in: true,
        table: Table::Cpu,
        selected: Some("kill process {} ({}) score {} or a child"),
        summary: false,
        killed: Killed::Bare,
        ..NONE
    },
    Words {
        kernel: "2.6.32-431.el6.x86_64",
        header: Header::BothAdj,
        task_in: true,
        table: Table::CpuBoth,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Rhel6,
        ..NONE
    },
    Words {
        kernel: "3.10.0",
        header: Header::Hex,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Ptes,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::ThreeSizes,
        ..NONE
    },
    Words {
        kernel: "3.10.0-1160.el7.x86_64",
        header: Header::Hex,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Ptes,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Rhel7,
        ..NONE
    },
    Words {
        kernel: "4.4.0",
        header: Header::Hex,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Pmds,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::ThreeSizes,
        ..NONE
    },
    Words {
        kernel: "4.9.0",
        header: Header::NodemaskList,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Pmds,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Shmem,
        ..NONE
    },
    Words {
        kernel: "4.14.0",
        header: Header::NodemaskNull,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Pmds,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Shmem,
        ..NONE
    },
    Words {
        kernel: "4.15.0",
        header: Header::NodemaskNull,
        task_in: true,
        stats: Stats::OneLine,
        table: Table::Bytes,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Shmem,
        ..NONE
    },
    Words {
        kernel: "4.19.0",
        header: Header::NodemaskNull,
        task_in: true,
        stats: Stats::OneLine,
        selected: Some(SACRIFICE),
        summary: false,
        killed: Killed::Shmem,
        ..NONE
    },
    Words {
        kernel: "5.0.0",
        stats: Stats::OneLine,
        selected: Some(SACRIFICE),
        killed: Killed::Shmem,
        ..NONE
    },
    Words {
        kernel: "5.2.0",
        stats: Stats::OneLine,
        killed: Killed::Message,
        ..NONE
    },
    Words {
        kernel: "5.4.100",
        stats: Stats::OneRecord,
        ..NONE
    },
    Words {
        kernel: "5.10.0",
        stats: Stats::OneRecord,
        ..NONE
    },
    Words {
        kernel: "6.1.0",
        stats: Stats::OneRecord,
        v2: true,
        ..NONE
    },
    Words {
        kernel: "6.6.0",
        stats: Stats::Records,
        v2: true,
        ..NONE
    },
    Words {
        kernel: "6.8.0",
        stats: Stats::Records,
        v2: true,
        table: Table::Rss,
        ..NONE
    },
    Words {
        kernel: "6.12.0",
        stats: Stats::Records,
        v2: true,
        table: Table::Rss,
        ..NONE
    },
    Words {
        kernel: "7.0.0",
        stats: Stats::Records,
        table: Table::Rss,
        ..NONE
    },
];

/// What happened.
#[derive(Clone, Debug)]
pub struct Report {
    /// The thread that asked.
    pub invoker: (u32, Vec<u8>),
    /// The process that died.
    pub pid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// Its user.
    pub uid: u32,
    /// `total-vm`, `anon-rss`, `file-rss`, `shmem-rss` and page tables in KiB.
    pub kib: [u32; 5],
    /// `oom_score_adj`.
    pub adj: i32,
    /// Badness.
    pub score: u32,
    /// The pod's uid.
    pub pod: String,
    /// The container's id.
    pub container: String,
    /// What stands below the container's cgroup, with its `/`, or nothing.
    pub below: Vec<u8>,
    /// systemd's paths rather than cgroupfs'.
    pub systemd: bool,
    /// Usage, limit and failcnt.
    pub memory: (u32, u32, u32),
    /// Two figures of the stats block.
    pub stats: (u32, u32),
    /// Other rows of the table.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl Report {
    /// The container's cgroup.
    #[must_use]
    pub fn limit(&self) -> Vec<u8> {
        let (pod, id) = (&self.pod, &self.container);
        if self.systemd {
            let pod = pod.replace('-', "_");
            format!("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod}.slice/cri-containerd-{id}.scope").into_bytes()
        } else {
            format!("/kubepods/burstable/pod{pod}/{id}").into_bytes()
        }
    }

    /// The victim's cgroup.
    #[must_use]
    pub fn task(&self) -> Vec<u8> {
        let mut path = self.limit();
        path.extend_from_slice(&self.below);
        path
    }

    /// The messages of the report with their levels, as this kernel prints them.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a row a record")]
    pub fn print(&self, words: &Words) -> Vec<(u8, Vec<u8>)> {
        let mut out = Vec::new();
        let (tid, asker) = &self.invoker;
        let header = match words.header {
            Header::OomAdj => "gfp_mask=0x201da, order=0, oom_adj=0".to_owned(),
            Header::BothAdj => "gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0".to_owned(),
            Header::Hex => format!("gfp_mask=0xd0, order=0, oom_score_adj={}", self.adj),
            Header::Flags => format!(
                "gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj={}",
                self.adj
            ),
            Header::NodemaskList => format!(
                "gfp_mask=0x24000c0(GFP_KERNEL), nodemask=0, order=0, oom_score_adj={}",
                self.adj
            ),
            Header::NodemaskNull => format!(
                "gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj={}",
                self.adj
            ),
        };
        out.push((
            4,
            [asker, &b" invoked oom-killer: "[..], header.as_bytes()].concat(),
        ));
        if !words.summary {
            out.push((6, [asker, &b" cpuset=/ mems_allowed=0"[..]].concat()));
        }
        let old = words.kernel.starts_with("2.");
        let head = match (
            old,
            words.kernel.starts_with("6.12") || words.kernel.starts_with('7'),
        ) {
            (true, _) => format!("Pid: {tid}, comm: "),
            (_, true) => format!("CPU: 1 UID: 0 PID: {tid} Comm: "),
            _ => format!("CPU: 1 PID: {tid} Comm: "),
        };
        let tail = format!(" Not tainted {} #1", words.kernel);
        out.push((4, [head.as_bytes(), asker, tail.as_bytes()].concat()));
        out.push((4, b"Call Trace:".to_vec()));
        out.push((4, b" dump_header+0x43/0x1c0".to_vec()));
        if words.task_in {
            out.push((
                6,
                [
                    &b"Task in "[..],
                    &self.task(),
                    b" killed as a result of limit of ",
                    &self.limit(),
                ]
                .concat(),
            ));
        }
        let (usage, limit, failcnt) = self.memory;
        out.push((
            6,
            format!("memory: usage {usage}kB, limit {limit}kB, failcnt {failcnt}").into_bytes(),
        ));
        let second = if words.v2 { "swap" } else { "memory+swap" };
        out.push((
            6,
            format!("{second}: usage 0kB, limit 9007199254740988kB, failcnt 0").into_bytes(),
        ));
        self.print_stats(words, &mut out);
        self.print_table(words, &mut out);
        let message = "Memory cgroup out of memory: ";
        if words.summary {
            let tail = format!(",pid={},uid={}", self.pid, self.uid);
            out.push((6, [
                &b"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0-1,oom_memcg="[..],
                &self.limit(), b",task_memcg=", &self.task(), b",task=", &self.comm, tail.as_bytes(),
            ].concat()));
        }
        if let Some(form) = words.selected {
            let mut parts = form.splitn(4, "{}");
            let mut next = || parts.next().unwrap_or_default();
            let mut line = message.as_bytes().to_vec();
            line.extend_from_slice(next().as_bytes());
            line.extend_from_slice(self.pid.to_string().as_bytes());
            line.extend_from_slice(next().as_bytes());
            line.extend_from_slice(&self.comm);
            line.extend_from_slice(next().as_bytes());
            line.extend_from_slice(self.score.to_string().as_bytes());
            line.extend_from_slice(next().as_bytes());
            out.push((3, line));
        }
        out.push((3, self.print_killed(words, message)));
        out
    }

    fn print_stats(&self, words: &Words, out: &mut Vec<(u8, Vec<u8>)>) {
        let path = self.limit();
        let heading = [&b"Memory cgroup stats for "[..], &path, b":"].concat();
        let (first, second) = self.stats;
        match words.stats {
            Stats::None => {}
            Stats::OneLine => {
                let figures = format!(
                    " cache:{first}KB rss:{second}KB inactive_anon:0KB active_anon:0KB inactive_file:0KB active_file:0KB unevictable:0KB"
                );
                out.push((6, [heading, figures.into_bytes()].concat()));
            }
            Stats::OneRecord => {
                out.push((6, heading));
                out.push((
                    6,
                    format!("anon {first}\nfile {second}\npgfault 0").into_bytes(),
                ));
            }
            Stats::Records => {
                out.push((6, heading));
                for (key, value) in [("anon", first), ("file", second), ("pgfault", 0)] {
                    out.push((6, format!("{key} {value}").into_bytes()));
                }
            }
        }
    }

    fn print_table(&self, words: &Words, out: &mut Vec<(u8, Vec<u8>)>) {
        let pid = if matches!(words.table, Table::BytesWide | Table::Rss) {
            "[  pid  ]"
        } else {
            "[ pid ]"
        };
        let columns = match words.table {
            Table::Cpu => "cpu oom_adj",
            Table::CpuBoth => "cpu oom_adj oom_score_adj",
            Table::Ptes => "nr_ptes swapents oom_score_adj",
            Table::Pmds => "nr_ptes nr_pmds swapents oom_score_adj",
            Table::Bytes | Table::BytesWide => "pgtables_bytes swapents oom_score_adj",
            Table::Rss => "rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj",
        };
        if words.kernel.starts_with("4.19") || words.kernel.as_bytes()[0] > b'4' {
            out.push((6, b"Tasks state (memory values in pages):".to_vec()));
        }
        out.push((
            6,
            format!("{pid}   uid  tgid total_vm      rss {columns} name").into_bytes(),
        ));
        let this = (self.pid, self.comm.clone());
        for (pid, comm) in self.others.iter().chain([&this]) {
            let mut row = format!("[{pid:7}] {:5} {pid:5} {:8} {:8} ", self.uid, 100, 50);
            let adj = self.adj;
            let _ = match words.table {
                Table::Cpu => write!(row, "{:3}     {:3} ", 1, -17),
                Table::CpuBoth => write!(row, "{:3}     {:3}         {adj:5} ", 1, -17),
                Table::Ptes => write!(row, "{:7} {:8}         {adj:5} ", 7, 0),
                Table::Pmds => write!(row, "{:7} {:7} {:8}         {adj:5} ", 7, 2, 0),
                Table::Bytes | Table::BytesWide => {
                    write!(row, "{:8} {:8}         {adj:5} ", 4096, 0)
                }
                Table::Rss => write!(
                    row,
                    "{:8} {:8} {:9} {:8} {:8}         {adj:5} ",
                    40, 10, 0, 4096, 0
                ),
            };
            out.push((6, [row.as_bytes(), comm].concat()));
        }
    }

    fn print_killed(&self, words: &Words, message: &str) -> Vec<u8> {
        let [vm, anon, file, shmem, tables] = self.kib;
        let (pid, uid, adj) = (self.pid, self.uid, self.adj);
        let (head, tail) = match words.killed {
            Killed::Bare => (format!("Killed process {pid} ("), ")".to_owned()),
            Killed::Rhel6 => (
                format!("Killed process {pid}, UID {uid}, ("),
                format!(") total-vm:{vm}kB, anon-rss:{anon}kB, file-rss:{file}kB"),
            ),
            Killed::ThreeSizes => (
                format!("Killed process {pid} ("),
                format!(") total-vm:{vm}kB, anon-rss:{anon}kB, file-rss:{file}kB"),
            ),
            Killed::Rhel7 => (
                format!("Killed process {pid} ("),
                format!(
                    "), UID {uid}, total-vm:{vm}kB, anon-rss:{anon}kB, file-rss:{file}kB, shmem-rss:{shmem}kB"
                ),
            ),
            Killed::Shmem | Killed::Message | Killed::Uid => {
                let message = if words.killed == Killed::Shmem {
                    ""
                } else {
                    message
                };
                let mut tail = format!(
                    ") total-vm:{vm}kB, anon-rss:{anon}kB, file-rss:{file}kB, shmem-rss:{shmem}kB"
                );
                if words.killed == Killed::Uid {
                    let _ = write!(tail, ", UID:{uid} pgtables:{tables}kB oom_score_adj:{adj}");
                }
                (format!("{message}Killed process {pid} ("), tail)
            }
        };
        [head.as_bytes(), &self.comm, tail.as_bytes()].concat()
    }

    /// The facts that this kernel's words show, as paths into the event's JSON.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn facts(&self, words: &Words) -> Vec<(&'static str, serde_json::Value)> {
        let text =
            |bytes: &[u8]| serde_json::Value::from(oomparse_core::Text::from(bytes).to_string());
        let bytes = |kib: u32| serde_json::Value::from(u64::from(kib) * 1024);
        let [vm, anon, file, shmem, tables] = self.kib;
        let mut facts = vec![
            ("/type", "kill".into()),
            ("/scope", "memcg".into()),
            ("/kernel_release", words.kernel.into()),
            ("/invoker/comm", text(&self.invoker.1)),
            ("/invoker/pid", self.invoker.0.into()),
            ("/victim/pid", self.pid.into()),
            ("/victim/comm", text(&self.comm)),
            ("/memory/usage_bytes", bytes(self.memory.0)),
            ("/memory/limit_bytes", bytes(self.memory.1)),
            ("/memory/failcnt", self.memory.2.into()),
        ];
        // 2.6.32 prints the invoker's cgroup where the victim's should stand.
        if !words.kernel.starts_with("2.6.32") || self.invoker.0 == self.pid {
            facts.push(("/cgroup/task_memcg", text(&self.task())));
            facts.push(("/pod/uid", self.pod.as_str().into()));
            facts.push(("/pod/qos_class", "Burstable".into()));
            facts.push(("/container/id", self.container.as_str().into()));
        }
        facts.push(("/cgroup/oom_memcg", text(&self.limit())));
        if words.killed.has_sizes() {
            facts.push(("/victim/total_vm_bytes", bytes(vm)));
            facts.push(("/victim/anon_rss_bytes", bytes(anon)));
            facts.push(("/victim/file_rss_bytes", bytes(file)));
        }
        if matches!(
            words.killed,
            Killed::Rhel7 | Killed::Shmem | Killed::Message | Killed::Uid
        ) {
            facts.push(("/victim/shmem_rss_bytes", bytes(shmem)));
        }
        if words.killed == Killed::Uid {
            facts.push(("/victim/pgtables_bytes", bytes(tables)));
            facts.push(("/victim/oom_score_adj", self.adj.into()));
        }
        if words.summary || matches!(words.killed, Killed::Rhel6 | Killed::Rhel7) {
            facts.push(("/victim/uid", self.uid.into()));
        }
        if words.selected.is_some() {
            facts.push(("/victim/oom_score", self.score.into()));
        }
        match words.stats {
            Stats::None => {}
            Stats::OneLine => facts.push(("/memcg_stats/0/values/rss", bytes(self.stats.1))),
            _ => {
                facts.push(("/memcg_stats/0/values/anon", self.stats.0.into()));
                facts.push(("/memcg_stats/0/values/file", self.stats.1.into()));
            }
        }
        let last = self.others.len();
        let row: &'static str = [
            "/tasks/0/comm",
            "/tasks/1/comm",
            "/tasks/2/comm",
            "/tasks/3/comm",
        ][last.min(3)];
        if last < 4 {
            facts.push((row, text(&self.comm)));
        }
        facts
    }
}

/// What writes the messages down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `/dev/kmsg`
    Kmsg,
    /// `dmesg`
    Dmesg,
    /// `dmesg -T`
    DmesgT,
    /// `dmesg -x`
    DmesgX,
    /// `dmesg -r`
    DmesgR,
    /// `dmesg --time-format iso`
    DmesgIso,
    /// RFC 3164 with printk's stamp
    Syslog,
    /// RFC 3164 without it
    SyslogPlain,
    /// RFC 5424
    Syslog5424,
    /// `journalctl -o short`
    JournalShort,
    /// `journalctl -o json`
    JournalJson,
    /// `journalctl -o cat`
    JournalCat,
}

/// All carriers.
pub const CARRIERS: [Carrier; 12] = [
    Carrier::Kmsg,
    Carrier::Dmesg,
    Carrier::DmesgT,
    Carrier::DmesgX,
    Carrier::DmesgR,
    Carrier::DmesgIso,
    Carrier::Syslog,
    Carrier::SyslogPlain,
    Carrier::Syslog5424,
    Carrier::JournalShort,
    Carrier::JournalJson,
    Carrier::JournalCat,
];

impl Carrier {
    /// One message as a line or several, with their line ends. `at` counts the messages.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a row a record")]
    pub fn write(self, host: &str, at: usize, level: u8, message: &[u8]) -> Vec<u8> {
        let micros = 1_149_000_000 + at * 17;
        let up = format!("[{:5}.{:06}] ", micros / 1_000_000, micros % 1_000_000);
        let indented = |prefix: String| {
            let blanks = " ".repeat(prefix.len());
            let mut out = prefix.into_bytes();
            for byte in message {
                out.push(*byte);
                if *byte == b'\n' {
                    out.extend_from_slice(blanks.as_bytes());
                }
            }
            out.push(b'\n');
            out
        };
        let octal = |prefix: String| {
            let mut out = prefix.into_bytes();
            for byte in message {
                match byte {
                    b'\n' => out.extend_from_slice(b"#012"),
                    byte => out.push(*byte),
                }
            }
            out.push(b'\n');
            out
        };
        let name = [
            "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug",
        ][usize::from(level & 7)];
        match self {
            Self::Kmsg => {
                let mut out = format!("{level},{},{micros},-;", 5000 + at);
                for byte in message {
                    match byte {
                        b'\\' | 0..=0x1f | 0x7f.. => {
                            let _ = write!(out, "\\x{byte:02x}");
                        }
                        byte => out.push(char::from(*byte)),
                    }
                }
                out.push('\n');
                out.into_bytes()
            }
            Self::Dmesg => indented(up),
            Self::DmesgT => indented("[Thu Jan  5 02:12:02 2023] ".to_owned()),
            Self::DmesgX => indented(format!("kern  :{name:<6}: {up}")),
            Self::DmesgR => indented(format!("<{level}>{up}")),
            Self::DmesgIso => indented(format!("2023-01-05T02:12:02,{:06}+00:00 ", at * 17)),
            Self::Syslog => octal(format!("Jan  5 02:12:02 {host} kernel: {up}")),
            Self::SyslogPlain => octal(format!("Jan  5 02:12:02 {host} kernel: ")),
            Self::Syslog5424 => octal(format!(
                "<{level}>1 2023-01-05T02:12:02.{:06}Z {host} kernel - - - {up}",
                at * 17
            )),
            Self::JournalShort => indented(format!("Jan 05 02:12:02 {host} kernel: ")),
            Self::JournalJson => {
                let text = match std::str::from_utf8(message) {
                    Ok(text) => serde_json::Value::from(text),
                    Err(_) => serde_json::Value::from(message),
                };
                let entry = serde_json::json!({
                    "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel", "_HOSTNAME": host,
                    "_SOURCE_MONOTONIC_TIMESTAMP": micros.to_string(), "PRIORITY": level.to_string(), "MESSAGE": text,
                });
                format!("{entry}\n").into_bytes()
            }
            Self::JournalCat => [message, b"\n"].concat(),
        }
    }

    /// The whole report, one text for each message.
    #[must_use]
    pub fn print(self, host: &str, report: &Report, words: &Words) -> Vec<Vec<u8>> {
        let messages = report.print(words);
        let lines = messages.iter().enumerate();
        lines
            .map(|(at, (level, message))| self.write(host, at, *level, message))
            .collect()
    }
}
