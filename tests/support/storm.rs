//! Storms of kills, printed as the kernel prints them: what a program that causes them knows, and the log.
//!
//! One task prints a kill and its whole group under one lock. Ten reports leave in a fixed window of five
//! seconds; of the kills beyond them the Killed lines alone. The formats are written down here a second time.

use std::collections::{BTreeMap, VecDeque};

/// Numbers that a seed repeats.
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap_or(0)]
    }
}

/// Whom a kill takes, and whose limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Single,
    ContainerGroup,
    PodGroup,
    /// The limit is the pod's, the group the container.
    PodLimit,
    /// The limit stands above all pods: the table lists them all.
    WideContainer,
    WidePod,
    Global,
}

const KINDS: [Kind; 7] = [
    Kind::Single,
    Kind::ContainerGroup,
    Kind::PodGroup,
    Kind::PodLimit,
    Kind::WideContainer,
    Kind::WidePod,
    Kind::Global,
];

/// What carries the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Numbered records; pieces have a flag.
    Kmsg,
    /// `[12.345678] `
    Dmesg,
    /// Whole seconds, the host, the kernel's clock.
    Syslog,
    /// Whole seconds and the host alone.
    SyslogSeconds,
}

/// A process as its parent knows it.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// The pod's uid.
    pub pod: String,
    /// The container's id.
    pub container: String,
    comm: &'static str,
    kib: u64,
    adj: i32,
    cgroup: String,
}

#[derive(Debug)]
struct Record {
    micros: u64,
    level: u8,
    is_piece: bool,
    text: String,
}

struct Pod {
    kind: Kind,
    path: String,
    alive: Vec<Process>,
}

/// One machine in a storm.
pub struct Machine {
    numbers: Numbers,
    micros: u64,
    start: u64,
    next_pid: u32,
    pods: Vec<Pod>,
    window: Option<(u64, u32)>,
    missed: u32,
    records: Vec<Record>,
    processes: BTreeMap<u32, Process>,
    /// Foreign records stand between lines and their pieces.
    is_flooded: bool,
    is_reaped_at_once: bool,
}

impl Machine {
    /// A machine whose first process has this id, and whose clock has run so many seconds.
    #[must_use]
    pub fn new(seed: u64, first_pid: u32, seconds: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let start = seconds * 1_000_000 + numbers.below(1_000_000);
        let (is_flooded, is_reaped_at_once) = (numbers.one_in(3), numbers.one_in(3));
        let mut machine = Self {
            numbers,
            micros: start,
            start,
            next_pid: first_pid,
            pods: Vec::new(),
            window: None,
            missed: 0,
            records: Vec::new(),
            processes: BTreeMap::new(),
            is_flooded,
            is_reaped_at_once,
        };
        for _ in 0..2 + machine.numbers.below(5) {
            let kind = machine.numbers.of(&KINDS);
            let high = machine.numbers.next();
            let low = machine.numbers.next();
            let uid = format!(
                "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                high >> 32,
                high & 0xffff,
                (high >> 16) & 0xfff,
                low >> 52,
                low & 0xffff_ffff_ffff
            );
            let path = format!("/kubepods/burstable/pod{uid}");
            let alive = Vec::new();
            machine.pods.push(Pod { kind, path, alive });
        }
        machine
    }

    /// Kills so often.
    pub fn run(&mut self, kills: usize) {
        for _ in 0..kills {
            let at = usize::try_from(self.numbers.below(self.pods.len() as u64)).unwrap_or(0);
            if self.pods[at].alive.is_empty() {
                self.start_pod(at);
            }
            self.kill(at);
            // Often nothing at all stands between two kills.
            self.micros += self.numbers.of(&[0, 0, 5, 900, 40_000, 600_000]);
            if self.numbers.one_in(25) {
                self.micros += 6_000_000;
            }
        }
    }

    fn start_pod(&mut self, at: usize) {
        for _ in 0..1 + self.numbers.below(2) {
            let container: String = (0..4)
                .map(|_| format!("{:016x}", self.numbers.next()))
                .collect();
            for _ in 0..1 + self.numbers.below(4) {
                self.next_pid += 1 + u32::from(self.numbers.one_in(2));
                let path = &self.pods[at].path;
                let process = Process {
                    pid: self.next_pid,
                    pod: path.rsplit("pod").next().unwrap_or_default().to_owned(),
                    container: container.clone(),
                    comm: self.numbers.of(&["java", "sh", "worker", "node"]),
                    kib: 4 * (1 + self.numbers.below(9000)),
                    adj: self.numbers.of(&[968, 968, 968, 1000]),
                    cgroup: format!("{path}/{container}"),
                };
                self.processes.insert(process.pid, process.clone());
                self.pods[at].alive.push(process);
            }
        }
    }

    fn print(&mut self, level: u8, is_piece: bool, text: String) {
        self.micros += self.numbers.of(&[5, 20, 55, 300]);
        // Another processor's clock.
        let micros = self.micros - if self.numbers.one_in(40) { 16 } else { 0 };
        self.records.push(Record {
            micros,
            level,
            is_piece,
            text,
        });
        while self.is_flooded && self.numbers.one_in(3) {
            self.micros += 3;
            let port = self.numbers.below(9);
            self.records.push(Record {
                micros: self.micros,
                level: 6,
                is_piece: false,
                text: format!("br0: port {port}(veth{port}) entered forwarding state"),
            });
        }
    }

    /// What `pr_cont` puts together, or leaves in pieces.
    fn print_pieces(&mut self, pieces: &[&str]) {
        if !self.is_flooded || self.numbers.one_in(2) {
            return self.print(6, false, pieces.concat());
        }
        let mut from = 0;
        while from < pieces.len() {
            let len = 1 + usize::from(self.numbers.one_in(2));
            let to = (from + len).min(pieces.len());
            let level = if from == 0 { 6 } else { 4 };
            self.print(level, from > 0, pieces[from..to].concat());
            from = to;
        }
    }

    fn print_kill(&mut self, process: &Process, message: &str) {
        self.print(
            3,
            false,
            format!(
                "{message}: Killed process {} ({}) total-vm:{}kB, anon-rss:{}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:{}",
                process.pid,
                process.comm,
                process.kib,
                process.kib / 2,
                process.adj
            ),
        );
        if self.is_reaped_at_once && self.numbers.one_in(2) {
            let (pid, comm) = (process.pid, process.comm);
            let text = format!(
                "oom_reaper: reaped process {pid} ({comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
            );
            self.print(6, false, text);
        }
    }

    fn print_exiting(&mut self, process: &Process, message: &str) {
        let (pid, comm) = (process.pid, process.comm);
        let text = format!(
            "{message}: OOM victim {pid} ({comm}) is already exiting. Skip killing the task"
        );
        self.print(6, false, text);
    }

    /// Whether the rate limit lets a report through.
    fn may_report(&mut self) -> bool {
        let (began, printed) = self.window.unwrap_or((self.micros, 0));
        let is_over = self.micros > began + 5_000_000;
        if is_over && self.missed > 0 {
            let text = format!("oom_kill_process: {} callbacks suppressed", self.missed);
            self.print(4, false, text);
            self.missed = 0;
        }
        let (began, printed) = if is_over {
            (self.micros, 0)
        } else {
            (began, printed)
        };
        let may = printed < 10;
        self.window = Some((began, printed + u32::from(may)));
        self.missed += u32::from(!may);
        may
    }

    fn report(&mut self, victim: &Process, limit: Option<&str>) {
        let header =
            "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968";
        self.print(4, false, header.to_owned());
        self.print(4, false, " dump_header+0x4c/0x22b".to_owned());
        if limit.is_some() {
            let usage = "memory: usage 18432kB, limit 18432kB, failcnt 42";
            self.print(6, false, usage.to_owned());
        }
        let heading =
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
        self.print(6, false, heading.to_owned());
        let below = limit.map(|limit| format!("{limit}/")).unwrap_or_default();
        let rows: Vec<String> = self
            .pods
            .iter()
            .flat_map(|pod| &pod.alive)
            .filter(|process| format!("{}/", process.cgroup).starts_with(&below))
            .map(|row| {
                format!(
                    "[{:7}]     0 {:5} {:8} {:8} {:8} {:8}         {:5} {}",
                    row.pid,
                    row.pid,
                    row.kib / 4,
                    row.kib / 8,
                    4096,
                    0,
                    row.adj,
                    row.comm
                )
            })
            .collect();
        for row in rows {
            self.print(6, false, row);
        }
        let of_limit = limit.map_or("global_oom".to_owned(), |path| format!("oom_memcg={path}"));
        let tail = format!(",task={},pid={},uid=0", victim.comm, victim.pid);
        self.print_pieces(&[
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)",
            ",cpuset=",
            "kubepods",
            ",mems_allowed=0",
            &format!(",{of_limit}"),
            ",task_memcg=",
            &victim.cgroup,
            &tail,
        ]);
    }

    #[expect(clippy::too_many_lines, reason = "one story")]
    fn kill(&mut self, at: usize) {
        let (kind, pod) = (self.pods[at].kind, self.pods[at].path.clone());
        let place = usize::try_from(self.numbers.below(self.pods[at].alive.len() as u64));
        let victim = self.pods[at].alive[place.unwrap_or(0)].clone();
        let container = victim.cgroup.clone();
        let wide = Some("/kubepods".to_owned());
        let (limit, group) = match kind {
            Kind::Single => (Some(container), None),
            Kind::ContainerGroup => (Some(container.clone()), Some(container)),
            Kind::PodGroup => (Some(pod.clone()), Some(pod)),
            Kind::PodLimit => (Some(pod), Some(container)),
            Kind::WideContainer => (wide, Some(container)),
            Kind::WidePod => (wide, Some(pod)),
            Kind::Global => (None, Some(container)),
        };
        let message = match limit {
            Some(_) => "Memory cgroup out of memory",
            None => "Out of memory",
        };
        if self.may_report() {
            self.report(&victim, limit.as_deref());
        }
        self.print_kill(&victim, message);
        let Some(group) = group else {
            let alive = &mut self.pods[at].alive;
            alive.retain(|process| process.pid != victim.pid);
            return;
        };
        self.print_pieces(&[
            "Tasks in ",
            &group,
            " are going to be killed due to memory.oom.group set",
        ]);
        let below = format!("{group}/");
        let is_in = |process: &Process| format!("{}/", process.cgroup).starts_with(&below);
        let (mut members, rest): (Vec<Process>, Vec<Process>) =
            core::mem::take(&mut self.pods[at].alive)
                .into_iter()
                .partition(is_in);
        self.pods[at].alive = rest;
        members.retain(|process| process.pid != victim.pid);
        // In any order, the victim once more among them: dying, already exiting, or not at all.
        let len = members.len() as u64;
        if len > 1 {
            members.rotate_left(usize::try_from(self.numbers.below(len)).unwrap_or(0));
        }
        let second = self.numbers.of(&[0, len, self.numbers.0 % (len + 1)]);
        let way = self.numbers.below(20);
        for place in 0..=len {
            if place == second && way > 0 {
                if way > 2 {
                    self.print_kill(&victim, message);
                } else {
                    self.print_exiting(&victim, message);
                }
            }
            if let Some(member) = members
                .get(usize::try_from(place).unwrap_or(0))
                .filter(|_| place < len)
            {
                self.print_kill(member, message);
                if self.numbers.one_in(12) {
                    self.micros += 58_000;
                }
            }
        }
    }
}

/// A log and who is said to have died in it, with the machine's number.
pub struct Log {
    /// The text.
    pub text: String,
    /// Every process of which a Killed line is in it.
    pub dead: BTreeMap<(usize, u32), Process>,
}

/// The machines' records in one log, each machine's in their order; `is_named` puts its host before each.
#[must_use]
pub fn merge(machines: &[Machine], carrier: Carrier, is_named: bool, seed: u64) -> Log {
    let mut numbers = Numbers::new(seed);
    let mut queues: Vec<(usize, VecDeque<(usize, &Record)>)> = machines
        .iter()
        .enumerate()
        .map(|(at, machine)| (at, machine.records.iter().enumerate().collect()))
        .collect();
    let (mut text, mut dead) = (String::new(), BTreeMap::new());
    while !queues.is_empty() {
        let turn = usize::try_from(numbers.below(queues.len() as u64)).unwrap_or(0);
        let (at, queue) = &mut queues[turn];
        for _ in 0..1 + numbers.below(3) {
            let Some((number, record)) = queue.pop_front() else {
                break;
            };
            let machine = &machines[*at];
            text += &line(carrier, *at, is_named, machine.start, number, record);
            let pid = record
                .text
                .split_once(": Killed process ")
                .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
            if let Some(process) = pid.and_then(|pid: u32| machine.processes.get(&pid)) {
                dead.insert((*at, process.pid), process.clone());
            }
        }
        if queue.is_empty() {
            queues.remove(turn);
        }
    }
    Log { text, dead }
}

fn line(
    carrier: Carrier,
    at: usize,
    is_named: bool,
    start: u64,
    number: usize,
    record: &Record,
) -> String {
    let (micros, text) = (record.micros, &record.text);
    let stamp = format!("[{:5}.{:06}] ", micros / 1_000_000, micros % 1_000_000);
    let seconds = (micros.saturating_sub(start)) / 1_000_000;
    let (minute, second) = (seconds / 60, seconds % 60);
    let host = if is_named {
        format!("node-{at} ")
    } else {
        String::new()
    };
    match carrier {
        Carrier::Kmsg => {
            let flag = if record.is_piece { 'c' } else { '-' };
            format!(
                "{},{},{micros},{flag};{text}\n",
                record.level,
                number + 1000
            )
        }
        Carrier::Dmesg => format!("{stamp}{text}\n"),
        Carrier::Syslog => {
            format!("Jan  5 02:{minute:02}:{second:02} {host}kernel: {stamp}{text}\n")
        }
        Carrier::SyslogSeconds => {
            format!("Jan  5 02:{minute:02}:{second:02} {host}kernel: {text}\n")
        }
    }
}
