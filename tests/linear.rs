//! Hostile logs and listings of two and four times the length take about two and four times the work, and no
//! shape takes many times the work of an honest log of the same length.
//!
//! Work is the processor time of the thread that does it, which does not count other threads' work; a shape that
//! seems to take too much is measured again.

use oomparse_core::{Options, Parser};
use oomparse_pods::{Learner, PodTable};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

/// Begins with `head`, then has `unit` as often as it fits, with its number for `{}`, then `tail`.
struct Shape {
    name: &'static str,
    head: &'static str,
    unit: &'static str,
    tail: &'static str,
}

const fn shape(
    name: &'static str,
    head: &'static str,
    unit: &'static str,
    tail: &'static str,
) -> Shape {
    Shape {
        name,
        head,
        unit,
        tail,
    }
}

impl Shape {
    fn text(&self, len: usize) -> String {
        let mut text = self.head.replace("PREFIX", PREFIX);
        let unit = self.unit.replace("PREFIX", PREFIX);
        for at in 0.. {
            if text.len() >= len {
                break;
            }
            text.push_str(&unit.replace("{}", &at.to_string()));
        }
        text + self.tail
    }
}

const PREFIX: &str = "Jan  5 02:12:02 n1 kernel: ";

/// An honest log, by which the others are measured.
const HONEST: Shape = shape(
    "honest",
    "",
    "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
     PREFIXoom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=a,pid={},uid=0\n\
     PREFIXMemory cgroup out of memory: Killed process {} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n",
    "",
);

/// Many lines.
const LINES: &[Shape] = &[
    shape("empty lines after a kill", "Killed process 1 (\n", "\n", ""),
    shape(
        "empty messages after a kill",
        "PREFIXKilled process 1 (\n",
        "PREFIX\n",
        "",
    ),
    shape(
        "pieces of nothing",
        "4,1,1000000,-;Killed process 1 (\n",
        "4,1,1000000,c;\n",
        "",
    ),
    shape(
        "pieces of a letter",
        "4,1,1000000,-;Killed process 1 (\n",
        "4,1,1000000,c;a\n",
        "",
    ),
    shape(
        "pieces of a path",
        "4,1,1000000,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=\n",
        "4,1,1000000,c;/a\n",
        "",
    ),
    shape(
        "a path broken to letters",
        "PREFIXoom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/\n",
        "p\n",
        "",
    ),
    shape("kills begun", "", "Killed process {} (\n\n\n\n", ""),
    shape("paths begun", "PREFIXTask in \n", "PREFIX/\n", ""),
    shape("a cpuset begun", "PREFIXa cpuset=\n", "PREFIXx\n", ""),
    shape("names begun", "", "PREFIXCPU: 1 PID: 2 Comm:\n\n", ""),
    shape("quoted-printable", "", "a=3Db=3Dc=\n", ""),
    shape(
        "quoted-printable kills",
        "",
        "Killed=3Dprocess=3D1 (a)=\n",
        "",
    ),
    shape(
        "wrapped",
        "",
        "PREFIXMemory cgroup out of memory: Killed process 100001 (a) total-\n",
        "",
    ),
    shape(
        "headers",
        "",
        "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n",
        "",
    ),
    shape(
        "headers of hosts",
        "",
        "Jan  5 02:12:02 h{} kernel: a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n",
        "",
    ),
    shape(
        "kills of hosts",
        "",
        "Jan  5 02:12:02 h{} kernel: Killed process 1 (a)\n",
        "",
    ),
    shape(
        "summaries",
        "",
        "PREFIXoom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=a,pid={},uid=0\n",
        "",
    ),
    shape(
        "choices",
        "",
        "PREFIXMemory cgroup out of memory: Kill process {} (a) score 3 or sacrifice child\n",
        "",
    ),
    shape(
        "reapers",
        "",
        "PREFIXoom_reaper: reaped process {} (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n",
        "",
    ),
    shape(
        "suppressed",
        "",
        "PREFIXoom_kill_process: 5 callbacks suppressed\n",
        "",
    ),
    shape(
        "a group",
        "PREFIXMemory cgroup out of memory: Killed process 1 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n\
         PREFIXTasks in /a are going to be killed due to memory.oom.group set\n",
        "PREFIXMemory cgroup out of memory: Killed process {} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n",
        "",
    ),
    shape(
        "rows",
        "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
         PREFIX[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n",
        "PREFIX[     {}]     0 {}     1000      500     4096        0           900 a\n",
        "",
    ),
    shape(
        "blocks of figures",
        "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n",
        "PREFIXMemory cgroup stats for /{}: cache:1KB rss:2KB unevictable:0KB\n",
        "",
    ),
    shape(
        "figures",
        "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\nPREFIXMemory cgroup stats for /a:\n",
        "PREFIXanon{} 1\n",
        "",
    ),
    shape(
        "zones",
        "PREFIXa invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\nPREFIXMem-Info:\n",
        "PREFIXNode {} DMA free:1kB min:2kB low:3kB high:4kB managed:9kB\n",
        "",
    ),
    shape(
        "properties of a record",
        "4,1,1,-;Killed process 1 (a)\n",
        " A=b\n",
        "",
    ),
    shape(
        "fields of an entry",
        "__CURSOR=s\n",
        "MESSAGE=Killed process 1 (a)\n",
        "",
    ),
    shape(
        "fields of a verbose entry",
        "Thu 2023-01-05 02:12:02.000000 UTC [s=1;i=1;b=1;m=1;t=1;x=1]\n",
        "    MESSAGE=Killed process 1 (a)\n",
        "",
    ),
    shape(
        "an object over lines",
        "{\n",
        "  \"a\": \"Killed process 1 (a)\",\n",
        "",
    ),
    shape(
        "dmesg's array",
        "{\n   \"dmesg\": [\n",
        "      {\n         \"pri\": 4,\n         \"time\": 1.000000,\n         \"msg\": \"Killed process 1 (a)\"\n      },\n",
        "",
    ),
    shape(
        "indented",
        "PREFIXKilled process 1 (a\n",
        "    Killed process 1 (a\n",
        "",
    ),
    shape(
        "a container's lines",
        "",
        "2023-01-05T02:12:02.0Z stdout P Killed process 1 (a)\n",
        "",
    ),
];

/// One line.
const LINE: &[Shape] = &[
    shape("kills on a line", "", "Killed process {} (a) ", "\n"),
    shape("ends of a comm", "Killed process 1 (", ") total-vm:", "\n"),
    shape("headers on a line", "", "a invoked oom-killer: ", "\n"),
    shape(
        "tasks of a summary",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/",
        ",task=a,pid=1,uid=0",
        "\n",
    ),
    shape(
        "ends of a path",
        "Task in /",
        " killed as a result of limit of /",
        "\n",
    ),
    shape(
        "ends of a group's path",
        "Tasks in /",
        " are going to be killed due to memory.oom.group set",
        "\n",
    ),
    shape(
        "scores",
        "Kill process 1 (",
        ") score 3 or sacrifice child",
        "\n",
    ),
    shape(
        "figures on a line",
        "Memory cgroup stats for /a:",
        " cache:1KB",
        "\n",
    ),
    shape(
        "nodes",
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), nodemask=",
        "0,",
        " order=0, oom_score_adj=0\n",
    ),
    shape(
        "stamps",
        "a [11111.000000] Killed process 1 (a) ",
        "[11111.000000]",
        "\n",
    ),
    shape(
        "stamps with a head",
        "a b c [11111.000000] Killed process 1 (a) ",
        "a b c [11111.000000] ",
        "\n",
    ),
    shape("brackets", "", "[", "Killed process 1 (a)\n"),
    shape("brackets and blanks", "", "[ ", "Killed process 1 (a)\n"),
    shape("brackets and numbers", "", "[1.0", "Killed process 1 (a)\n"),
    shape("blanks", "", " ", "Killed process 1 (a)\n"),
    shape("colons", "", ": ", "Killed process 1 (a)\n"),
    shape("tags", "", "kernel: ", "Killed process 1 (a)\n"),
    shape("prefixes", "", "PREFIX", "Killed process 1 (a)\n"),
    shape("quoted", "", "> ", "Killed process 1 (a)\n"),
    shape("braces", "", "{", "Killed process 1 (a)\n"),
    shape(
        "objects in objects",
        "",
        "{\"message\":",
        "Killed process 1 (a)\n",
    ),
    shape(
        "objects in texts",
        "{\"log\":\"",
        "{\\\"log\\\":",
        "Killed process 1 (a)\"}\n",
    ),
    shape(
        "keys",
        "{\"message\":\"Killed process 1 (a)\"",
        ",\"a{}\":1",
        "}\n",
    ),
    shape(
        "keys before the message",
        "{\"a\":1",
        ",\"a{}\":1",
        ",\"message\":\"Killed process 1 (a)\"}\n",
    ),
    shape(
        "escapes",
        "{\"message\":\"",
        "\\u0041",
        " Killed process 1 (a)\"}\n",
    ),
    shape(
        "escapes of a record",
        "4,1,1,-;Killed process 1 (",
        "\\x0a",
        ")\n",
    ),
    shape(
        "bytes of a message",
        "{\"_TRANSPORT\":\"kernel\",\"x\":\"Killed process\",\"MESSAGE\":[75",
        ",75",
        "]}\n",
    ),
    shape(
        "structured data",
        "<4>1 2023-01-05T02:12:02Z h kernel - - [",
        "a b=\"c\" ",
        "] Killed process 1 (a)\n",
    ),
    shape(
        "labels before a record",
        "",
        "12:",
        "{\"message\":\"Killed process 1 (a)\"}\n",
    ),
];

/// Listings of pods.
const LISTINGS: &[Shape] = &[
    shape("rows too short", "uid,name\n", "x\n", ""),
    shape("rows without a uid", "uid,name\n", "x,y\n", ""),
    shape("open quotes", "uid,name\n", "\"x\n", ""),
    shape("blank rows", "uid,name\n", "\n", ""),
    shape("columns of CSV", "uid,name", ",a", "\nx\n"),
    shape("columns", "UID  NAME", "  A", "\nx y\n"),
    shape("rows of a table", "UID  NAME\n", "x\n", ""),
    shape(
        "broken objects",
        "{\"pod_uid\":\"3962896b-ab69-4572-8f1d-ee756f9f3589\",\"pod_name\":\"a\"}\n",
        "{\"pod_uid\":\n",
        "",
    ),
    shape(
        "pods",
        "uid,namespace,name,node\n",
        "3962896b-ab69-4572-8f1d-ee756f9f3589,d{},a{},n{}\n",
        "",
    ),
    shape(
        "containers",
        "uid,name,containerid\n3962896b-ab69-4572-8f1d-ee756f9f3589,a,\"",
        "a2172e8d1101b439,",
        "\"\n",
    ),
    shape(
        "labels",
        "{\"kind\":\"Pod\",\"metadata\":{\"uid\":\"3962896b-ab69-4572-8f1d-ee756f9f3589\",\"name\":\"a\",\"labels\":{\"a\":\"b\"",
        ",\"a{}\":\"b\"",
        "}}}",
    ),
    shape(
        "labels of CSV",
        "uid,name,labels\n3962896b-ab69-4572-8f1d-ee756f9f3589,a,",
        "a{}=b;",
        "\n",
    ),
    shape(
        "directories",
        "",
        "default_web-{}_3962896b-ab69-4572-8f1d-ee756f9f3589\n",
        "",
    ),
];

/// A node's log, which names are learned from.
const LOGS: &[Shape] = &[
    shape(
        "a kubelet's pods",
        "",
        "Jan  5 02:12:02 n1 kubelet[1]: I0105 02:12:02.000000 1 kubelet.go:1] \"x\" pod=\"default/web-{}\" podUID=\"3962896b-ab69-4572-8f1d-ee756f9f3589\" containerID=\"containerd://a2172e8d1101b439\"\n",
        "",
    ),
    shape(
        "a kubelet's list",
        "Jan  5 02:12:02 n1 kubelet[1]: I0105 02:12:02.000000 1 kubelet.go:1] \"SyncLoop ADD\" source=\"api\" pods=[",
        "\"default/web-{}\" ",
        "]\n",
    ),
    shape(
        "a kubelet's keys",
        "Jan  5 02:12:02 n1 kubelet[1]: I0105 02:12:02.000000 1 kubelet.go:1] ",
        "pod= podUID= ",
        "\n",
    ),
];

fn parse(text: &[u8]) {
    let mut options = Options::default();
    options.tasks = true;
    let mut parser = Parser::with_options(options);
    for chunk in text.chunks(64 << 10) {
        parser.push_chunk(chunk);
        while parser.next_event().is_some() {}
    }
    parser.finish();
    while parser.next_event().is_some() {}
}

fn list(text: &[u8]) {
    black_box(PodTable::new().load(text));
}

fn learn(text: &[u8]) {
    let (mut learner, mut table) = (Learner::new(), PodTable::new());
    learner.push_chunk(text, &mut table);
    learner.finish(&mut table);
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

/// Nanoseconds of the processor for each byte.
fn cost(work: fn(&[u8]), shape: &Shape, len: usize) -> f64 {
    let text = shape.text(len);
    let start = processor_time();
    work(black_box(text.as_bytes()));
    (processor_time() - start).as_nanos() as f64 / text.len() as f64
}

const SIZES: [usize; 3] = [48 << 10, 96 << 10, 192 << 10];

/// A byte of a log of four times the length may cost so many times as much. Where work grows with the square
/// it costs four times as much.
const MOST_GROWTH: f64 = 2.0;

/// How many times what a byte of an honest log costs a byte may cost.
const MOST_COST: f64 = 30.0;

/// What costs less than this a byte is not looked at: it is mostly the beginning and the end.
const LEAST_COST: f64 = 20.0;

/// The costs at all sizes, if one of three measurements is within the bounds.
fn measure(work: fn(&[u8]), shape: &Shape, honest: f64) -> Result<[f64; 3], [f64; 3]> {
    let mut least = [f64::MAX; 3];
    for _ in 0..3 {
        least = std::array::from_fn(|at| least[at].min(cost(work, shape, SIZES[at])));
        let growth = least[2] / least[0].max(LEAST_COST);
        if growth <= MOST_GROWTH && least[2] <= honest * MOST_COST {
            return Ok(least);
        }
    }
    Err(least)
}

fn all_are_linear(work: fn(&[u8]), shapes: &[Shape]) {
    let honest = (0..3)
        .map(|_| cost(parse, &HONEST, SIZES[2]))
        .fold(f64::MAX, f64::min);
    println!("honest: {honest:.0} ns a byte");
    let mut failed = Vec::new();
    for shape in shapes {
        let (mark, [first, second, last]) = match measure(work, shape, honest) {
            Ok(costs) => ("", costs),
            Err(costs) => ("  TOO MUCH", costs),
        };
        println!(
            "{:32} {first:8.0} {second:8.0} {last:8.0} ns a byte{mark}",
            shape.name
        );
        if !mark.is_empty() {
            failed.push(shape.name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn hostile_lines_cost_what_their_length_does() {
    all_are_linear(parse, LINES);
}

#[test]
fn a_hostile_line_costs_what_its_length_does() {
    all_are_linear(parse, LINE);
}

#[test]
fn hostile_listings_cost_what_their_length_does() {
    all_are_linear(list, LISTINGS);
}

#[test]
fn hostile_node_logs_cost_what_their_length_does() {
    all_are_linear(learn, LOGS);
}
