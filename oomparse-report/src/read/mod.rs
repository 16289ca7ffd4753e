//! Events back from their JSON, as `oomparse scan --format json` writes them.

mod testimony;

use oomparse_core::{
    Cgroup, CgroupDriver, Container, Counter, EventType, Evidence, Invoker, LimitLevel, MemcgStats,
    Meminfo, OomEvent, OpenVz, Origin, Pod, QosClass, Reaped, Runtime, SCHEMA, Scope, Selected,
    SourceFile, TaskRow, Text, Victim, WallTime,
};
use serde_json::{Map, Value};
use testimony::testimony;

/// The event that one line of JSON tells; nothing if it is no event of this schema.
///
/// What this release does not know is passed over; so is `truncated`, whose paths are the parser's own.
#[must_use]
pub fn read_event(line: &str) -> Option<OomEvent> {
    let value: Value = serde_json::from_str(line).ok()?;
    let all = Object(value.as_object()?);
    if all.text("schema")? != SCHEMA {
        return None;
    }
    let mut event = OomEvent::default();
    event.event_type = word(EventType::ALL, EventType::as_str, all.text("type"))?;
    event.id = all.string("id");
    event.report_id = all.string("report_id");
    event.origin = match all.text("origin") {
        Some("kernel") => Origin::Kernel,
        Some("user") => Origin::User,
        Some("claimed") => Origin::Claimed,
        _ => Origin::Unknown,
    };
    event.testimony = testimony(all, event.event_type);
    event.time = all.text("time").and_then(wall_time);
    event.time_estimated = all.truth("time_estimated");
    event.kernel_time_us = all.number("kernel_time_us");
    event.host = all.name("host");
    event.kernel_release = all.name("kernel_release");
    let path = all.object("source").and_then(|source| source.name("path"));
    event.source = path.map(|path| SourceFile::new(path).into());
    event.scope = word(&SCOPES, Scope::as_str, all.text("scope"));
    event.constraint = all.name("constraint");
    event.oom_group = all.truth("oom_group");
    event.invoker = all.object("invoker").map(invoker);
    event.selected = all.object("selected").and_then(selected);
    event.victim = all.object("victim").and_then(victim);
    event.cgroup = all.object("cgroup").map(cgroup);
    event.pod = all.object("pod").map(pod);
    event.container = all.object("container").map(container);
    event.memory = all.object("memory").map(counter);
    event.memory_swap = all.object("memory_swap").map(counter);
    event.openvz = all.object("openvz").and_then(openvz);
    event.swap = all.object("swap").map(counter);
    event.kmem = all.object("kmem").map(counter);
    event.memcg_stats = all.objects("memcg_stats").filter_map(stats).collect();
    event.meminfo = all.object("meminfo").map(|it| meminfo(it).into());
    event.tasks = all.objects("tasks").filter_map(row).collect();
    event.reaped = all.object("reaped").map(reaped);
    event.suppressed_reports = all.number("suppressed_reports");
    event.evidence = all
        .words("evidence")
        .filter_map(|text| word(&EVIDENCE, Evidence::as_str, Some(text)))
        .collect();
    Some(event)
}

/// A JSON object, read by key.
#[derive(Clone, Copy)]
struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    fn string(self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// The bytes beside it where the text is escaped, else the text.
    fn name(self, key: &str) -> Option<Text> {
        let hex = self.text(&format!("{key}_hex")).and_then(bytes_of_hex);
        hex.map(Text::from)
            .or_else(|| self.text(key).map(Text::from))
    }

    fn number<N: TryFrom<u64>>(self, key: &str) -> Option<N> {
        N::try_from(self.0.get(key)?.as_u64()?).ok()
    }

    fn signed<N: TryFrom<i64>>(self, key: &str) -> Option<N> {
        N::try_from(self.0.get(key)?.as_i64()?).ok()
    }

    fn truth(self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    fn object(self, key: &str) -> Option<Self> {
        self.0.get(key)?.as_object().map(Self)
    }

    fn objects(self, key: &str) -> impl Iterator<Item = Self> {
        let items = self.0.get(key).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        items.filter_map(|item| item.as_object().map(Self))
    }

    fn words(self, key: &str) -> impl Iterator<Item = &'a str> {
        let items = self.0.get(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// The value whose word this is.
fn word<T: Copy>(all: &[T], word_of: fn(T) -> &'static str, text: Option<&str>) -> Option<T> {
    let text = text?;
    all.iter().copied().find(|value| word_of(*value) == text)
}

const SCOPES: [Scope; 5] = [
    Scope::Beancounter,
    Scope::Memcg,
    Scope::Cpuset,
    Scope::MemoryPolicy,
    Scope::Global,
];
const DRIVERS: [CgroupDriver; 2] = [CgroupDriver::Cgroupfs, CgroupDriver::Systemd];
const LEVELS: [LimitLevel; 6] = [
    LimitLevel::Container,
    LimitLevel::Pod,
    LimitLevel::Qos,
    LimitLevel::Kubepods,
    LimitLevel::Root,
    LimitLevel::Other,
];
const CLASSES: [QosClass; 3] = [
    QosClass::Guaranteed,
    QosClass::Burstable,
    QosClass::BestEffort,
];
const RUNTIMES: [Runtime; 4] = [
    Runtime::Docker,
    Runtime::Containerd,
    Runtime::CriO,
    Runtime::Podman,
];
/// Where names of pods come from.
const SOURCES: [&str; 6] = [
    "pod-logs-dir",
    "kubernetes",
    "crictl",
    "file",
    "kubelet-log",
    "runtime-log",
];
const EVIDENCE: [Evidence; 19] = [
    Evidence::Invoked,
    Evidence::Cpuset,
    Evidence::TaskInfo,
    Evidence::TaskIn,
    Evidence::LimitReached,
    Evidence::MemcgUsage,
    Evidence::MemcgStats,
    Evidence::Meminfo,
    Evidence::Tasks,
    Evidence::Selected,
    Evidence::Summary,
    Evidence::Killed,
    Evidence::SharingMm,
    Evidence::Group,
    Evidence::Exiting,
    Evidence::Reaped,
    Evidence::NoKillable,
    Evidence::Panic,
    Evidence::Suppressed,
];

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

/// `2023-01-05T02:12:02.123456+08:00`
fn wall_time(text: &str) -> Option<WallTime> {
    let (date, rest) = text.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let mut part = || date.next()?.parse::<u16>().ok();
    let (year, month, day) = (part()?, part()?, part()?);
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':');
    let mut part = || clock.next()?.parse::<u8>().ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let digits = u8::try_from(fraction.len()).ok().filter(|len| *len <= 9)?;
    let nanos = format!("{fraction:0<9}").parse::<u32>().ok()?;
    let offset = if zone == "Z" { 0 } else { minutes_of(zone)? };
    WallTime::new(
        Some(year),
        (u8::try_from(month).ok()?, u8::try_from(day).ok()?),
        (hour, minute, second),
        (nanos, digits),
        Some(offset),
    )
}

/// `+08:00`
fn minutes_of(zone: &str) -> Option<i16> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let all = hours.parse::<i16>().ok()?.checked_mul(60)? + minutes.parse::<i16>().ok()?;
    Some(if zone.starts_with('-') { -all } else { all })
}

fn openvz(object: Object<'_>) -> Option<OpenVz> {
    let mut openvz = OpenVz::default();
    openvz.ctid = object.string("ctid")?;
    Some(openvz)
}

fn invoker(from: Object<'_>) -> Invoker {
    let mut invoker = Invoker::default();
    invoker.comm = from.name("comm");
    invoker.pid = from.number("pid");
    invoker.uid = from.number("uid");
    invoker.gfp_mask = from.name("gfp_mask");
    invoker.gfp_flags = from.name("gfp_flags");
    invoker.order = from.signed("order");
    invoker.oom_score_adj = from.signed("oom_score_adj");
    invoker.nodemask = from.name("nodemask");
    invoker
}

fn selected(from: Object<'_>) -> Option<Selected> {
    let mut selected = Selected::default();
    selected.pid = from.number("pid")?;
    selected.comm = from.name("comm");
    selected.oom_score = from.signed("oom_score");
    Some(selected)
}

fn victim(from: Object<'_>) -> Option<Victim> {
    let mut victim = Victim::default();
    victim.pid = from.number("pid")?;
    victim.comm = from.name("comm");
    victim.uid = from.number("uid");
    victim.total_vm_bytes = from.number("total_vm_bytes");
    victim.rss_bytes = from.number("rss_bytes");
    victim.swap_bytes = from.number("swap_bytes");
    victim.anon_rss_bytes = from.number("anon_rss_bytes");
    victim.file_rss_bytes = from.number("file_rss_bytes");
    victim.shmem_rss_bytes = from.number("shmem_rss_bytes");
    victim.pgtables_bytes = from.number("pgtables_bytes");
    victim.oom_score_adj = from.signed("oom_score_adj");
    victim.oom_score = from.signed("oom_score");
    victim.cmdline = from.name("cmdline");
    Some(victim)
}

fn cgroup(from: Object<'_>) -> Cgroup {
    let mut cgroup = Cgroup::default();
    cgroup.task_memcg = from.name("task_memcg");
    cgroup.oom_memcg = from.name("oom_memcg");
    cgroup.driver = word(&DRIVERS, CgroupDriver::as_str, from.text("driver"));
    cgroup.limit_level = word(&LEVELS, LimitLevel::as_str, from.text("limit_level"));
    cgroup
}

fn pod(from: Object<'_>) -> Pod {
    let mut pod = Pod::default();
    pod.uid = from.string("uid");
    pod.nested = from.truth("nested");
    pod.qos_class = word(&CLASSES, QosClass::as_str, from.text("qos_class"));
    pod.namespace = from.string("namespace");
    pod.name = from.string("name");
    pod.node = from.string("node");
    pod.owner = from.string("owner");
    let labels = from.object("labels");
    let labels = labels.iter().flat_map(|labels| labels.0);
    pod.labels = labels
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let source = from.text("source");
    pod.source = SOURCES.into_iter().find(|known| Some(*known) == source);
    pod
}

fn container(from: Object<'_>) -> Container {
    let mut container = Container::default();
    container.id = from.string("id");
    container.id_prefix = from.string("id_prefix");
    container.runtime = word(&RUNTIMES, Runtime::as_str, from.text("runtime"));
    container.name = from.string("name");
    container
}

fn counter(from: Object<'_>) -> Counter {
    let mut counter = Counter::default();
    counter.usage_bytes = from.number("usage_bytes");
    counter.limit_bytes = from.number("limit_bytes");
    counter.failcnt = from.number("failcnt");
    counter.threshold_bytes = from.number("threshold_bytes");
    counter
}

fn stats(from: Object<'_>) -> Option<MemcgStats> {
    let mut stats = MemcgStats::default();
    stats.path = from.name("path")?;
    let values = from.object("values")?;
    let pairs = values.0.iter();
    stats.values = pairs
        .filter_map(|(key, value)| Some((key.as_str(), value.as_u64()?)))
        .collect();
    Some(stats)
}

fn meminfo(from: Object<'_>) -> Meminfo {
    let mut meminfo = Meminfo::default();
    meminfo.ram_pages = from.number("ram_pages");
    meminfo.highmem_pages = from.number("highmem_pages");
    meminfo.reserved_pages = from.number("reserved_pages");
    meminfo.free_pages = from.number("free_pages");
    meminfo.active_anon_pages = from.number("active_anon_pages");
    meminfo.inactive_anon_pages = from.number("inactive_anon_pages");
    meminfo.active_file_pages = from.number("active_file_pages");
    meminfo.inactive_file_pages = from.number("inactive_file_pages");
    meminfo.unevictable_pages = from.number("unevictable_pages");
    meminfo.dirty_pages = from.number("dirty_pages");
    meminfo.writeback_pages = from.number("writeback_pages");
    meminfo.slab_reclaimable_pages = from.number("slab_reclaimable_pages");
    meminfo.slab_unreclaimable_pages = from.number("slab_unreclaimable_pages");
    meminfo.mapped_pages = from.number("mapped_pages");
    meminfo.shmem_pages = from.number("shmem_pages");
    meminfo.pagetables_pages = from.number("pagetables_pages");
    meminfo.pagecache_pages = from.number("pagecache_pages");
    meminfo.swapcache_pages = from.number("swapcache_pages");
    meminfo.free_swap_bytes = from.number("free_swap_bytes");
    meminfo.total_swap_bytes = from.number("total_swap_bytes");
    meminfo
}

fn row(from: Object<'_>) -> Option<TaskRow> {
    let mut row = TaskRow::default();
    row.pid = from.number("pid")?;
    row.tgid = from.number("tgid");
    row.uid = from.number("uid");
    row.total_vm_pages = from.number("total_vm_pages");
    row.rss_pages = from.number("rss_pages");
    row.rss_anon_pages = from.number("rss_anon_pages");
    row.rss_file_pages = from.number("rss_file_pages");
    row.rss_shmem_pages = from.number("rss_shmem_pages");
    row.nr_ptes_pages = from.number("nr_ptes_pages");
    row.nr_pmds_pages = from.number("nr_pmds_pages");
    row.pgtables_bytes = from.number("pgtables_bytes");
    row.swapents_pages = from.number("swapents_pages");
    row.cpu = from.number("cpu");
    row.oom_adj = from.signed("oom_adj");
    row.oom_score_adj = from.signed("oom_score_adj");
    row.comm = from.name("comm");
    Some(row)
}

fn reaped(from: Object<'_>) -> Reaped {
    let mut reaped = Reaped::default();
    reaped.anon_rss_bytes = from.number("anon_rss_bytes");
    reaped.file_rss_bytes = from.number("file_rss_bytes");
    reaped.shmem_rss_bytes = from.number("shmem_rss_bytes");
    reaped
}
