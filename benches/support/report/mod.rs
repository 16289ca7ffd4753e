//! OOM reports as five kernel generations print them.

mod mem_info;
mod row;

use self::mem_info::mem_info;
use self::row::Row;
use crate::pod::{Pod, Qos};
use crate::rng::Rng;
use crate::stats;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kernel {
    V4_14,
    V5_4,
    V5_15,
    V6_1,
    V6_8,
}

impl Kernel {
    pub(crate) const ALL: &[Self] = &[Self::V4_14, Self::V5_4, Self::V5_15, Self::V6_1, Self::V6_8];

    fn release(self) -> &'static str {
        match self {
            Self::V4_14 => "4.14.209-160.335.amzn2.x86_64",
            Self::V5_4 => "5.4.0-135-generic",
            Self::V5_15 => "5.15.0-56-generic",
            Self::V6_1 => "6.1.0-13-amd64",
            Self::V6_8 => "6.8.0-31-generic",
        }
    }
}

/// One report with one victim.
pub(crate) struct Report {
    kernel: Kernel,
    pod: Pod,
    global: bool,
    invoker: &'static str,
    invoker_pid: u64,
    rows: Vec<Row>,
    /// Which row dies.
    victim: usize,
    failcnt: u64,
}

impl Report {
    pub(crate) fn random(rng: &mut Rng, pod: Pod, kernel: Kernel, next_pid: &mut u64) -> Self {
        // Best-effort pods have no limit of their own: the machine ran out.
        let global = pod.qos == Qos::BestEffort;
        let count = rng.between(5, 61);
        let limit_pages = pod.limit_kb / 4;
        let mut rows = vec![Row::pause(next_pid)];
        for _ in 1..count {
            rows.push(Row::random(rng, &pod, limit_pages / count, next_pid));
        }
        let victim = usize::try_from(rng.between(1, count)).expect("an index");
        if let Some(row) = rows.get_mut(victim) {
            row.anon_pages = limit_pages * rng.between(40, 70) / 100;
            row.total_vm_pages = row.anon_pages * 3;
        }
        let invoker_pid = if rng.one_in(2) {
            rows[victim].pid
        } else {
            rows[1].pid + 1
        };
        Self {
            kernel,
            global,
            invoker: if rng.one_in(3) {
                "runc:[2:INIT]"
            } else {
                pod.comm
            },
            invoker_pid,
            rows,
            victim,
            failcnt: rng.between(1, 90_000),
            pod,
        }
    }

    /// The pid of the killed process.
    pub(crate) fn victim(&self) -> u64 {
        self.rows[self.victim].pid
    }

    /// What the kernel prints, one printk record an item; a record may hold several lines.
    pub(crate) fn messages(&self, rng: &mut Rng) -> Vec<String> {
        let mut out = Vec::with_capacity(160);
        self.header(&mut out);
        self.stack(&mut out, rng);
        if self.global {
            mem_info(&mut out, rng);
        } else {
            self.counters(&mut out);
            self.stats(&mut out, rng);
        }
        self.tasks(&mut out);
        self.verdict(&mut out);
        out
    }

    fn header(&self, out: &mut Vec<String>) {
        let (comm, adj) = (self.invoker, self.pod.oom_score_adj());
        let nodemask = if self.kernel == Kernel::V4_14 {
            " nodemask=(null), "
        } else {
            ""
        };
        let gfp = if self.global {
            "0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"
        } else {
            "0xcc0(GFP_KERNEL)"
        };
        out.push(format!(
            "{comm} invoked oom-killer: gfp_mask={gfp},{nodemask} order=0, oom_score_adj={adj}"
        ));
        if self.kernel == Kernel::V4_14 {
            out.push(format!(
                "{comm} cpuset={} mems_allowed=0-1",
                self.pod.container_name
            ));
        }
    }

    fn stack(&self, out: &mut Vec<String>, rng: &mut Rng) {
        let cpu = rng.between(0, 64);
        out.push(format!(
            "CPU: {cpu} PID: {} Comm: {} Not tainted {} #1",
            self.invoker_pid,
            self.invoker,
            self.kernel.release()
        ));
        out.push("Hardware name: Amazon EC2 m5.2xlarge/, BIOS 1.0 10/16/2017".to_owned());
        out.push("Call Trace:".to_owned());
        if self.kernel >= Kernel::V6_1 {
            out.push(" <TASK>".to_owned());
        }
        for frame in FRAMES {
            let (at, len) = (rng.between(16, 1000), rng.between(1000, 4000));
            out.push(format!(" {frame}+{at:#x}/{len:#x}"));
        }
        out.push(format!(
            "RIP: 0033:{:#x}",
            rng.between(0x40_0000, 0x7f_ffff)
        ));
        out.push("Code: Unable to access opcode bytes at 0x7f1c9e8b3a8e.".to_owned());
        for pair in REGISTERS {
            let [a, b, c] = pair.map(|name| format!("{name}: {:016x}", rng.next()));
            out.push(format!("{a} {b} {c}"));
        }
        if self.kernel >= Kernel::V6_1 {
            out.push(" </TASK>".to_owned());
        }
    }

    fn counters(&self, out: &mut Vec<String>) {
        let (limit, failcnt) = (self.pod.limit_kb, self.failcnt);
        if self.kernel == Kernel::V4_14 {
            out.push(format!(
                "Task in {} killed as a result of limit of {}",
                self.pod.container_path,
                self.pod.limit_path()
            ));
        }
        out.push(format!(
            "memory: usage {limit}kB, limit {limit}kB, failcnt {failcnt}"
        ));
        if self.kernel >= Kernel::V6_1 {
            out.push(format!("swap: usage 0kB, limit {UNLIMITED}kB, failcnt 0"));
        } else {
            out.push(format!(
                "memory+swap: usage {limit}kB, limit {UNLIMITED}kB, failcnt 0"
            ));
            out.push(format!(
                "kmem: usage {}kB, limit {UNLIMITED}kB, failcnt 0",
                limit / 40
            ));
        }
    }

    fn stats(&self, out: &mut Vec<String>, rng: &mut Rng) {
        let anon_kb = self.pod.limit_kb * 95 / 100;
        if self.kernel == Kernel::V4_14 {
            let pod = &self.pod;
            let pod_path = pod.limit_on_pod.then_some((&pod.pod_path, 0));
            let pause = pod.limit_on_pod.then_some((&pod.pause_path, 16));
            let all = pod_path.into_iter().chain(pause);
            for (path, anon_kb) in all.chain([(&pod.container_path, anon_kb)]) {
                let mut line = format!("Memory cgroup stats for {path}:");
                for key in stats::ONE_LINE {
                    let value = stats::value(key, anon_kb, 1, rng.next());
                    line.push_str(&format!(" {key}:{value}KB"));
                }
                out.push(line);
            }
            return;
        }
        out.push(format!(
            "Memory cgroup stats for {}:",
            self.pod.limit_path()
        ));
        let keys = match self.kernel {
            Kernel::V4_14 | Kernel::V5_4 => stats::V5_4,
            Kernel::V5_15 => stats::V5_15,
            Kernel::V6_1 | Kernel::V6_8 => stats::V6,
        };
        let lines: Vec<String> = keys
            .iter()
            .map(|key| {
                format!(
                    "{key} {}",
                    stats::value(key, anon_kb * 1024, 1024, rng.next())
                )
            })
            .collect();
        if self.kernel == Kernel::V6_8 {
            out.extend(lines);
        } else {
            out.push(cut_record(&lines.join("\n")).to_owned());
        }
    }

    fn tasks(&self, out: &mut Vec<String>) {
        let (header, pid_width) = match self.kernel {
            Kernel::V4_14 => (
                "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
                5,
            ),
            Kernel::V6_8 => (
                "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem \
                 pgtables_bytes swapents oom_score_adj name",
                7,
            ),
            _ => (
                "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
                7,
            ),
        };
        if self.kernel > Kernel::V4_14 {
            out.push("Tasks state (memory values in pages):".to_owned());
        }
        out.push(header.to_owned());
        out.extend(self.rows.iter().map(|row| row.line(self.kernel, pid_width)));
    }

    fn verdict(&self, out: &mut Vec<String>) {
        let row = &self.rows[self.victim];
        let Row {
            pid,
            comm,
            uid,
            oom_score_adj,
            ..
        } = row;
        let message = if self.global {
            "Out of memory"
        } else {
            "Memory cgroup out of memory"
        };
        let sizes = format!(
            "total-vm:{}kB, anon-rss:{}kB, file-rss:{}kB, shmem-rss:0kB",
            row.total_vm_pages * 4,
            row.anon_pages * 4,
            row.file_pages * 4
        );
        if self.kernel == Kernel::V4_14 {
            let score = 700 + self.failcnt % 700;
            out.push(format!(
                "{message}: Kill process {pid} ({comm}) score {score} or sacrifice child"
            ));
            out.push(format!("Killed process {pid} ({comm}) {sizes}"));
        } else {
            let constraint = if self.global {
                "CONSTRAINT_NONE"
            } else {
                "CONSTRAINT_MEMCG"
            };
            let limit = if self.global {
                "global_oom".to_owned()
            } else {
                format!("oom_memcg={}", self.pod.limit_path())
            };
            out.push(format!(
                "oom-kill:constraint={constraint},nodemask=(null),cpuset={},mems_allowed=0-1,\
                 {limit},task_memcg={},task={comm},pid={pid},uid={uid}",
                self.pod.container_name, self.pod.container_path
            ));
            out.push(format!(
                "{message}: Killed process {pid} ({comm}) {sizes}, UID:{uid} pgtables:{}kB \
                 oom_score_adj:{oom_score_adj}",
                row.total_vm_pages / 128
            ));
        }
        if self.kernel < Kernel::V6_1 {
            out.push(format!(
                "oom_reaper: reaped process {pid} ({comm}), now anon-rss:0kB, file-rss:0kB, \
                 shmem-rss:0kB"
            ));
        }
    }
}

const UNLIMITED: u64 = 9_007_199_254_740_988;

const FRAMES: &[&str] = &[
    "dump_stack_lvl",
    "dump_header",
    "oom_kill_process",
    "out_of_memory",
    "mem_cgroup_out_of_memory",
    "try_charge_memcg",
    "charge_memcg",
    "__mem_cgroup_charge",
    "do_anonymous_page",
    "handle_pte_fault",
    "__handle_mm_fault",
    "handle_mm_fault",
    "do_user_addr_fault",
    "exc_page_fault",
    "asm_exc_page_fault",
];

const REGISTERS: &[[&str; 3]] = &[
    ["RAX", "RBX", "RCX"],
    ["RDX", "RSI", "RDI"],
    ["RBP", "R08", "R09"],
    ["R10", "R11", "R12"],
    ["R13", "R14", "R15"],
];

/// A printk record holds about 1,000 bytes: 5.3 to 6.4 lose the end of the block.
fn cut_record(text: &str) -> &str {
    text.get(..976).unwrap_or(text)
}
