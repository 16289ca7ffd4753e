//! A kernel report in the format of each carrier.

use serde_json::json;

/// How a carrier writes the kernel's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Kmsg,
    Dmesg,
    DmesgDecoded,
    Syslog,
    SyslogWithPriority,
    Rfc5424,
    JournalShort,
    JournalMonotonic,
    JournalJson,
    JournalExport,
    JournalVerbose,
    Shipped,
}

pub(crate) const FORMS: [Form; 12] = [
    Form::Kmsg,
    Form::Dmesg,
    Form::DmesgDecoded,
    Form::Syslog,
    Form::SyslogWithPriority,
    Form::Rfc5424,
    Form::JournalShort,
    Form::JournalMonotonic,
    Form::JournalJson,
    Form::JournalExport,
    Form::JournalVerbose,
    Form::Shipped,
];

const POD: &str = "/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479";
const CONTAINER: &str = "83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d";

/// Two kills: one with a report around it, one that the rate limit left alone.
pub(crate) fn messages() -> Vec<String> {
    vec![
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936".into(),
        "CPU: 0 PID: 714 Comm: java Not tainted 6.1.0-18-amd64 #1  Debian 6.1.76-1".into(),
        "memory: usage 16384kB, limit 16384kB, failcnt 19".into(),
        "swap: usage 0kB, limit 9007199254740988kB, failcnt 0".into(),
        format!("Memory cgroup stats for {POD}:"),
        "anon 16740352".into(),
        "file 0".into(),
        "Tasks state (memory values in pages):".into(),
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name".into(),
        "[    714]  1000   714     4728     4209    77824        0           936 java".into(),
        format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={CONTAINER},mems_allowed=0,\
             oom_memcg={POD},task_memcg={POD}/{CONTAINER},task=java,pid=714,uid=1000"
        ),
        killed(714, "java"),
        "usb 1-1: new high-speed USB device number 2".into(),
        killed(715, "memc"),
    ]
}

pub(crate) fn killed(pid: u32, comm: &str) -> String {
    format!(
        "Memory cgroup out of memory: Killed process {pid} ({comm}) total-vm:18912kB, anon-rss:16384kB, \
         file-rss:0kB, shmem-rss:452kB, UID:1000 pgtables:76kB oom_score_adj:936"
    )
}

impl Form {
    /// The records of the report, each with its line ends.
    pub(crate) fn records(self) -> Vec<String> {
        let messages = messages();
        let records = messages.iter().enumerate();
        records.map(|(at, text)| self.record(at, text)).collect()
    }

    fn record(self, at: usize, text: &str) -> String {
        let micros = 597_000 + at;
        let stamp = format!("[    6.{micros}] ");
        match self {
            Self::Kmsg => format!("6,{},{},-;{text}\n", 100 + at, 6_000_000 + micros),
            Self::Dmesg => format!("{stamp}{text}\n"),
            Self::DmesgDecoded => format!("kern  :info  : {stamp}{text}\n"),
            Self::Syslog => format!("Jan  5 02:12:02 n1 kernel: {stamp}{text}\n"),
            Self::SyslogWithPriority => format!("<6>Jan  5 02:12:02 n1 kernel: {stamp}{text}\n"),
            Self::Rfc5424 => {
                format!("<6>1 2023-01-05T02:12:02.{micros}+08:00 n1 kernel - - - {stamp}{text}\n")
            }
            Self::JournalShort => format!("Jan 05 02:12:02 n1 kernel: {text}\n"),
            Self::JournalMonotonic => format!("{stamp}n1 kernel: {text}\n"),
            Self::JournalJson => {
                let monotonic = (6_000_000 + micros).to_string();
                json!({"__CURSOR": "s=1", "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0",
                       "SYSLOG_IDENTIFIER": "kernel", "_HOSTNAME": "n1", "MESSAGE": text,
                       "_SOURCE_MONOTONIC_TIMESTAMP": monotonic})
                .to_string()
                    + "\n"
            }
            Self::JournalExport => format!(
                "__CURSOR=s=1;i={at}\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nMESSAGE={text}\n\
                 SYSLOG_FACILITY=0\n_HOSTNAME=n1\n\n"
            ),
            Self::JournalVerbose => format!(
                "Thu 2023-01-05 02:12:02.{micros} UTC [s=ab;i={at:x};b=cd;m=1;t=2;x=3]\n    \
                 _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    MESSAGE={text}\n    _HOSTNAME=n1\n"
            ),
            Self::Shipped => {
                let line = format!("Jan  5 02:12:02 n1 kernel: {stamp}{text}");
                json!({"file": "/var/log/kern.log", "message": line}).to_string() + "\n"
            }
        }
    }
}
