//! The table of names at the size of a large cluster: 100,000 pods with two containers each.
//!
//! Loading, looking up, and memory. A lookup is measured in the thread's own CPU time, so that what else
//! the machine does is left out. What a lookup gives is checked once before it is measured; the
//! memory is printed, as the process grew by it.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use oomparse_core::{OomEvent, Options, PodLookup, enrich, parse_all};
use oomparse_pods::{PodRecord, PodSource, PodTable};
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

const PODS: usize = 100_000;

/// Spreads numbers over all digits: splitmix64.
fn scatter(number: usize) -> u64 {
    let mut z = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn uid(pod: usize) -> String {
    let (a, b) = (scatter(pod), scatter(pod + PODS));
    let hex = format!("{a:016x}{b:016x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

fn id(pod: usize, container: usize) -> String {
    (0..4).fold(String::new(), |mut id, part| {
        let _ = write!(id, "{:016x}", scatter(pod * 8 + container * 4 + part + 7));
        id
    })
}

fn record(pod: usize) -> PodRecord {
    let name = format!("deployment-{}-54ff657644-{:05x}", pod / 20, pod);
    let mut record = PodRecord::named(
        PodSource::Kubernetes,
        &uid(pod),
        &format!("team-{}", pod % 100),
        &name,
    );
    record.node = Some(format!("node-{}.example.internal", pod % 1000));
    record.owner = Some(format!("ReplicaSet/deployment-{}-54ff657644", pod / 20));
    record.add_container(&id(pod, 0), Some("app"));
    record.add_container(&id(pod, 1), Some("sidecar"));
    record
}

fn table() -> PodTable {
    let mut table = PodTable::new();
    for pod in 0..PODS {
        assert!(table.insert(record(pod)));
    }
    table
}

/// What `kubectl get pods -A -o json` prints for a pod, without what nobody looks at.
fn kubectl_json() -> String {
    let mut out = String::from("{\"apiVersion\":\"v1\",\"items\":[");
    for pod in 0..PODS {
        let record = record(pod);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let statuses: Vec<String> = record
            .containers
            .iter()
            .map(|container| {
                format!(
                    r#"{{"containerID":"containerd://{}","name":"{}","image":"registry.example/app:1","ready":true,"restartCount":0}}"#,
                    container.id,
                    text(&container.name)
                )
            })
            .collect();
        let comma = if pod > 0 { "," } else { "" };
        let _ = write!(
            out,
            r#"{comma}{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{}","namespace":"{}","uid":"{}","labels":{{"app":"x"}},"ownerReferences":[{{"kind":"ReplicaSet","name":"deployment-{}-54ff657644","controller":true}}]}},"spec":{{"nodeName":"{}","containers":[{{"name":"app","image":"registry.example/app:1"}}]}},"status":{{"phase":"Running","containerStatuses":[{}]}}}}"#,
            text(&record.name),
            text(&record.namespace),
            text(&record.uid),
            pod / 20,
            text(&record.node),
            statuses.join(",")
        );
    }
    out.push_str("],\"kind\":\"List\"}");
    out
}

fn load(criterion: &mut Criterion) {
    let whole = table();
    let forms = [
        ("csv", whole.to_csv()),
        ("ndjson", whole.to_ndjson()),
        ("kubectl json", kubectl_json()),
    ];
    drop(whole);
    let mut group = criterion.benchmark_group("pods/load 100,000");
    group.sample_size(10);
    for (form, text) in &forms {
        let mut loaded = PodTable::new();
        assert_eq!(loaded.load(text.as_bytes()).error, None);
        assert_eq!((loaded.pods(), loaded.containers()), (PODS, 2 * PODS));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*form, |b| {
            b.iter_batched(
                PodTable::new,
                |mut table| {
                    table.load(black_box(text.as_bytes()));
                    table
                },
                BatchSize::PerIteration,
            );
        });
    }
}

/// An event without names, as the parser gives it.
fn event(pod: usize) -> OomEvent {
    let path = format!("/kubepods/burstable/pod{}/{}", uid(pod), id(pod, 0));
    let log = format!(
        "[1.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid=7,uid=0\n\
         [1.2] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB\n"
    );
    parse_all(log.as_bytes(), &Options::new())
        .next()
        .expect("a kill")
}

#[expect(clippy::too_many_lines, reason = "one story")]
fn look_up(criterion: &mut Criterion) {
    let before = resident_bytes();
    let mut table = table();
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        println!(
            "pods/memory: {} MiB for {PODS} pods with 2 containers each; the table's own estimate is {} MiB",
            after.saturating_sub(before) >> 20,
            table.bytes() >> 20
        );
    }
    assert_eq!((table.pods(), table.containers()), (PODS, 2 * PODS));
    // In an order that the caches cannot foresee.
    let order: Vec<usize> = (0..PODS)
        .map(|number| scatter(number) as usize % PODS)
        .collect();
    let uids: Vec<String> = order.iter().map(|pod| uid(*pod)).collect();
    let ids: Vec<String> = order.iter().map(|pod| id(*pod, 1)).collect();
    let unknown: Vec<String> = order.iter().map(|pod| uid(pod + 3 * PODS)).collect();
    assert!(uids.iter().all(|uid| table.pod(uid).is_some()));
    assert!(ids.iter().all(|id| table.container(id).is_some()));
    assert!(unknown.iter().all(|uid| table.pod(uid).is_none()));
    let mut group = criterion.benchmark_group("pods/look up among 100,000");
    // A kill's pod is one of the node's, and most often one that was killed before.
    group.bench_function("pod by uid, of one node", |b| {
        b.iter_custom(|rounds| {
            cpu_time(rounds, &uids[..110], |uid| {
                table.pod(uid).map(|names| names.source).is_some()
            })
        });
    });
    group.bench_function("container by id, of one node", |b| {
        b.iter_custom(|rounds| {
            cpu_time(rounds, &ids[..110], |id| {
                black_box(table.container(id)).is_some()
            })
        });
    });
    // Any pod of the cluster: each lookup waits for memory.
    group.bench_function("pod by uid", |b| {
        b.iter_custom(|rounds| {
            cpu_time(rounds, &uids, |uid| {
                table.pod(uid).map(|names| names.source).is_some()
            })
        });
    });
    group.bench_function("container by id", |b| {
        b.iter_custom(|rounds| {
            cpu_time(rounds, &ids, |id| black_box(table.container(id)).is_some())
        });
    });
    group.bench_function("unknown uid", |b| {
        b.iter_custom(|rounds| cpu_time(rounds, &unknown, |uid| table.pod(uid).is_some()));
    });
    let events: Vec<OomEvent> = order.iter().take(1000).map(|pod| event(*pod)).collect();
    let mut round = events.iter().cycle();
    group.bench_function("a whole event", |b| {
        b.iter_batched(
            || round.next().expect("endless").clone(),
            |mut event| {
                assert!(enrich(&mut event, &mut table));
                event
            },
            BatchSize::SmallInput,
        );
    });
}

/// The CPU time of so many lookups.
fn cpu_time(rounds: u64, keys: &[String], mut look_up: impl FnMut(&str) -> bool) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(
            time.tv_sec.unsigned_abs(),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    };
    let begun = now();
    for key in keys.iter().cycle().take(rounds as usize) {
        black_box(look_up(black_box(key)));
    }
    now() - begun
}

/// How much memory the process has, where Linux shows it.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: usize = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = look_up, load
}
criterion_main!(benches);
