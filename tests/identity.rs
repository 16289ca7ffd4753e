//! Whoever names cgroups can neither assign a kill to another pod nor make up a pod.

use oomparse_core::Options;
use oomparse_core::limits::CUT_RECORD_LENS;
use oomparse_tests::model::{CARRIERS, Carrier};
use oomparse_tests::printk::{PRINTKS, Printk, Record, summary};
use oomparse_tests::{parse_whole, to_values};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

const MINE: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589";
const MINE_CONTAINER: &str = "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const MY_UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const OTHERS: &str = "/kubepods/besteffort/pod11111111-2222-4333-8444-555555555555/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// The process that the kernel kills in my container, and one of the other pod's.
const VICTIM: u32 = 41_234;
const OTHER: u32 = 777;

/// A text that a path is made to show at its end.
fn lies() -> impl Strategy<Value = String> {
    let pid = select(vec![1, OTHER, OTHER, VICTIM]);
    let comm = select(vec!["init", "java", "", "a,task=b"]);
    let tail = (pid, comm).prop_map(|(pid, comm)| format!(",task={comm},pid={pid},uid=0"));
    let paths = [
        String::new(),
        format!(",task_memcg={OTHERS}"),
        format!(",oom_memcg={OTHERS},task_memcg={OTHERS}"),
        format!(",global_oom,task_memcg={OTHERS}"),
        format!(",task_memcg={MINE}{MINE_CONTAINER}"),
    ];
    (select(Vec::from(paths)), tail).prop_map(|(path, tail)| path + &tail)
}

/// Directories of at most 255 bytes, so many bytes in all, which end in a text.
fn below(path: &str, len: usize, end: &str) -> String {
    let mut out = path.to_owned();
    let mut filled = len.saturating_sub(path.len() + end.len());
    while filled > 0 {
        let name = filled.min(200);
        out.push('/');
        out.push_str(&"p".repeat(name - 1));
        filled -= name;
    }
    out + end
}

#[derive(Clone, Debug)]
struct Attack {
    printk: Printk,
    carrier: Carrier,
    lie: String,
    /// Bytes before the limit, or where the record gets too full, at which the lie ends.
    room: isize,
    /// The lie ends the path, or goes on so.
    after: String,
    limit_on_pod: bool,
    breaks: Vec<usize>,
    /// What the carrier cuts lines to, and whether it counts a priority that the file does not show.
    cut: Option<usize>,
    unseen: usize,
    /// A record that is lost: not the victim's Killed line.
    lost: Option<prop::sample::Index>,
    noise: usize,
}

prop_compose! {
    fn attack()(
        printk in select(Vec::from(PRINTKS)),
        carrier in select(Vec::from(CARRIERS)),
        lie in lies(),
        room in prop_oneof![3 => Just(0isize), 1 => -3isize..4, 3 => 0isize..40, 1 => 0isize..600],
        after in select(vec!["", "5", "0/qqqq", "/q", " ", "/x,task=b", "-/rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"]),
        limit_on_pod in any::<bool>(),
        breaks in vec(5usize..9, 0..3),
        cut in select(vec![None, None, None, Some(1024), Some(2048)]),
        unseen in select(vec![0usize, 3, 4]),
        lost in proptest::option::weighted(0.3, any::<prop::sample::Index>()),
        noise in 0usize..4,
    ) -> Attack {
        // With a piece lost that another CPU's line parted from its path, nothing shows that it was there.
        let lost = lost.filter(|_| breaks.is_empty());
        let after = after.to_owned();
        Attack { printk, carrier, lie, room, after, limit_on_pod, breaks, cut, unseen, lost, noise }
    }
}

impl Attack {
    /// The summary's records.
    fn records(&self) -> Vec<Record> {
        let container = format!("{MINE}{MINE_CONTAINER}");
        let aim = self.printk.kept().saturating_add_signed(-self.room);
        let task = below(&container, aim, &self.lie) + &self.after;
        let oom = if self.limit_on_pod { MINE } else { &task };
        let pieces = summary(oom.as_bytes(), task.as_bytes(), "tail", VICTIM);
        self.printk.records(&pieces, &self.breaks)
    }

    /// Whether a record with the true end in it is as long as one that lost its end.
    fn looks_cut(&self) -> bool {
        let records = self.records();
        let last = &records[records.len() - 1].text;
        !last.starts_with(b",task=")
            && CUT_RECORD_LENS
                .iter()
                .any(|lens| lens.contains(&last.len()))
    }

    fn log(&self) -> Vec<u8> {
        let mut records = self.records();
        if let (Some(lost), true) = (self.lost, records.len() > 1) {
            records.remove(lost.index(records.len()));
        }
        let foreign = Record {
            continued: false,
            text: b"br-2f0c: port 3(veth51c7) entered forwarding state".to_vec(),
        };
        for at in 0..self.noise.min(records.len()) {
            records.insert(at + 1, foreign.clone());
        }
        for pid in [VICTIM, OTHER] {
            let text = format!(
                "Memory cgroup out of memory: Killed process {pid} (tail) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:900"
            );
            records.push(Record {
                continued: false,
                text: text.into_bytes(),
            });
        }
        let lines = records.iter().enumerate();
        lines
            .flat_map(|(at, record)| self.line(at, record))
            .collect()
    }

    fn line(&self, at: usize, record: &Record) -> Vec<u8> {
        let mut line = self.carrier.write("n1", at, 4, &record.text);
        if self.carrier == Carrier::Kmsg && record.continued {
            let semicolon = line.iter().position(|byte| *byte == b';').unwrap();
            line[semicolon - 1] = b'c';
        }
        if let (Some(cut), Carrier::Syslog | Carrier::SyslogPlain | Carrier::Syslog5424) =
            (self.cut, self.carrier)
            && line.len() > cut - self.unseen
        {
            line.truncate(cut - self.unseen);
            line.push(b'\n');
        }
        line
    }
}

fn events(log: &[u8]) -> Vec<Value> {
    to_values(&parse_whole(&Options::default(), log)).expect("JSON")
}

fn text<'e>(event: &'e Value, pointer: &str) -> Option<&'e str> {
    event.pointer(pointer).and_then(Value::as_str)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_path_that_is_cut_or_fills_its_record_tells_no_lie(attack in attack()) {
        let log = attack.log();
        let events = events(&log);
        let mut killed = Vec::new();
        for event in &events {
            let pod = text(event, "/pod/uid");
            let pid = event.pointer("/victim/pid").and_then(Value::as_u64);
            match pid {
                None => prop_assert_eq!(pod.unwrap_or(MY_UID), MY_UID),
                Some(pid) if pid == u64::from(VICTIM) => {
                    prop_assert!(pod.is_none_or(|pod| pod == MY_UID), "{event}");
                }
                Some(pid) => {
                    prop_assert_eq!(pid, u64::from(OTHER), "a kill that was none: {}", event);
                    prop_assert_eq!(pod, None, "{}", event);
                }
            }
            killed.extend(pid);
        }
        killed.sort_unstable();
        prop_assert_eq!(&killed, &[u64::from(OTHER), u64::from(VICTIM)], "{}", String::from_utf8_lossy(&log));
        // Where nothing is lost, nothing is lost.
        let is_whole = attack.cut.is_none() && attack.lost.is_none() && !attack.looks_cut();
        if is_whole && attack.carrier == Carrier::Kmsg {
            let first = events.iter().find(|event| event["victim"]["pid"] == VICTIM).unwrap();
            prop_assert_eq!(text(first, "/pod/uid"), Some(MY_UID), "{}", first);
        }
    }
}

/// What an ordinary user, a service or a container's owner can call directories.
fn own_names() -> impl Strategy<Value = String> {
    let other = OTHERS.trim_start_matches("/kubepods/besteffort/");
    let slice = "kubepods-besteffort-pod11111111_2222_4333_8444_555555555555.slice";
    let names = [
        "kubepods".to_owned(),
        "besteffort".to_owned(),
        "kubelet".to_owned(),
        "kubepods.slice".to_owned(),
        "kubepods-besteffort.slice".to_owned(),
        "system.slice".to_owned(),
        "containerd.service".to_owned(),
        "docker".to_owned(),
        "lxc".to_owned(),
        "x".to_owned(),
        String::new(),
        other.to_owned(),
        slice.to_owned(),
        format!("{slice}:cri-containerd:{}", "b".repeat(64)),
        format!("docker-{}.scope", "b".repeat(64)),
        "b".repeat(64),
    ];
    select(Vec::from(names))
}

/// Where they can make them, and whether a pod there is their own machine's.
const PLACES: [&str; 9] = [
    "/user.slice/user-1000.slice/user@1000.service",
    "/user.slice/user-1000.slice/session-4.scope",
    "/system.slice/app.service",
    "/system.slice/run-r7.scope",
    "/docker/cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "/machine.slice/libpod-cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.scope",
    "/lxc/107/ns",
    "/lxc.payload.node",
    "/machine.slice/systemd-nspawn@web.service/payload",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    /// No path below a service, a user's slice or a container of someone's making is ever named as another's pod.
    #[test]
    fn who_makes_cgroups_is_in_no_pod_of_this_machines(
        place in select(Vec::from(PLACES)),
        names in vec(own_names(), 0..8),
    ) {
        let path = format!("{place}/{}", names.join("/"));
        let parsed = oomparse_core::parse_cgroup_path(path.as_bytes());
        prop_assert!(parsed.pod_uid.is_none() || parsed.nested, "{path}");
        let log = format!(
            "4,1,1000,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=a,pid=7,uid=1000\n"
        );
        // The node's own listing knows the other pod; a nested one takes no name from it.
        let mut table = oomparse_pods::PodTable::new();
        let mut record = oomparse_pods::PodRecord::named(
            oomparse_pods::PodSource::PodLogsDir, "11111111-2222-4333-8444-555555555555", "kube-system", "dns",
        );
        record.add_container(&"b".repeat(64), Some("dns"));
        record.is_default = true;
        table.insert(record);
        for mut event in oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new()) {
            oomparse_core::enrich(&mut event, &mut table);
            let pod = event.pod.as_ref();
            prop_assert!(pod.is_none_or(|pod| pod.nested && pod.name.is_none()), "{path}");
        }
    }

    /// Inside a container of a pod everything is that pod's.
    #[test]
    fn what_a_container_makes_below_itself_is_its_pods(names in vec(own_names(), 0..8)) {
        let path = format!("{MINE}{MINE_CONTAINER}/{}", names.join("/"));
        let parsed = oomparse_core::parse_cgroup_path(path.as_bytes());
        let uid = parsed.pod_uid_text();
        prop_assert_eq!(uid.as_deref(), Some(MY_UID));
        prop_assert!(!parsed.nested);
    }
}
