//! What each field of an event is called, of which kind it is, and where in the event it stands: one table.

use crate::event::Content;
use crate::field::{oomparse_field, oomparse_kind};
use crate::guard::Done;
use crate::result::oomparse_result;
use Value::{Bool, F64, I64, Str, U64};
use oomparse_core::{
    Action, CauseKind, CgroupDriver, Killer, KubernetesObject, LimitLevel, OomEvent, Origin,
    Outcome, Percent, PodSource, QosClass, Reporter, Resource, Runtime, Scope, Stage, Testimony,
    Text,
};

/// A field's value; empty if the log does not show the field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'e> {
    Str(Option<&'e [u8]>),
    U64(Option<u64>),
    I64(Option<i64>),
    Bool(Option<bool>),
    F64(Option<f64>),
}

impl Value<'_> {
    pub(crate) fn kind(self) -> oomparse_kind {
        match self {
            Str(_) => oomparse_kind::Str,
            U64(_) => oomparse_kind::U64,
            I64(_) => oomparse_kind::I64,
            Bool(_) => oomparse_kind::Bool,
            F64(_) => oomparse_kind::F64,
        }

        /// The kind of a field.
        pub(crate) fn kind(field: u32) -> Option<oomparse_kind> {
            $(if field == oomparse_field::$field as u32 {
                return Some(oomparse_kind::$kind);
            })*
            None
        }

fn bytes(text: Option<&Text>) -> Value<'_> {
    Str(text.map(Text::as_bytes))
}

fn word(word: Option<&'static str>) -> Value<'static> {
    Str(word.map(str::as_bytes))
}

fn percent(percent: Option<Percent>) -> Value<'static> {
    F64(percent.map(|it| f64::from(it.hundredths()) / 100.0))
}

fn origin(origin: Origin) -> &'static [u8] {
    origin.as_str().as_bytes()
}

/// A field of an event.
pub(crate) fn value(content: &Content, field: u32) -> Done<Value<'_>> {
    let event = &content.event;
    let found = match field {
        1..=19 => head(content, field),
        20..=59 => processes(event, field),
        60..=89 => identity(event, field),
        90..=109 => counters(event, field),
        110..=149 => machine(event, field),
        _ => told(content, field),
    };
}

fn head(content: &Content, field: u32) -> Option<Value<'_>> {
    let event = &content.event;
    Some(match field {
        1 => Str(Some(event.event_type.as_str().as_bytes())),
        2 => string(event.id.as_ref()),
        3 => string(event.report_id.as_ref()),
        4 => Str(Some(origin(event.origin))),
        5 => Str(content.time().map(str::as_bytes)),
        6 => U64(event.kernel_time_us),
        7 => bytes(event.host.as_ref()),
        8 => bytes(event.kernel_release.as_ref()),
        9 => word(event.scope.map(Scope::as_str)),
        10 => bytes(event.constraint.as_ref()),
        11 => Bool(event.oom_group.then_some(true)),
        12 => U64(event.suppressed_reports),
        13 => bytes(event.source.as_ref().map(|of| &of.path)),
        14 => Bool(event.inferred.then_some(true)),
        _ => return None,
    })
}

fn processes(event: &OomEvent, field: u32) -> Option<Value<'_>> {
    Some(match field {
        20 => bytes(event.invoker.as_ref().and_then(|of| of.comm.as_ref())),
        21 => U64(event.invoker.as_ref().and_then(|of| of.pid).map(u64::from)),
        22 => U64(event.invoker.as_ref().and_then(|of| of.uid).map(u64::from)),
        23 => bytes(event.invoker.as_ref().and_then(|of| of.gfp_mask.as_ref())),
        24 => bytes(event.invoker.as_ref().and_then(|of| of.gfp_flags.as_ref())),
        25 => I64(event
            .invoker
            .as_ref()
            .and_then(|of| of.order)
            .map(i64::from)),
        26 => I64(event
            .invoker
            .as_ref()
            .and_then(|of| of.oom_score_adj)
            .map(i64::from)),
        27 => bytes(event.invoker.as_ref().and_then(|of| of.nodemask.as_ref())),
        30 => U64(event.selected.as_ref().map(|of| u64::from(of.pid))),
        31 => bytes(event.selected.as_ref().and_then(|of| of.comm.as_ref())),
        32 => I64(event.selected.as_ref().and_then(|of| of.oom_score)),
        40 => U64(event.victim.as_ref().map(|of| u64::from(of.pid))),
        41 => bytes(event.victim.as_ref().and_then(|of| of.comm.as_ref())),
        42 => U64(event.victim.as_ref().and_then(|of| of.uid).map(u64::from)),
        43 => U64(event.victim.as_ref().and_then(|of| of.total_vm_bytes)),
        44 => U64(event.victim.as_ref().and_then(|of| of.anon_rss_bytes)),
        45 => U64(event.victim.as_ref().and_then(|of| of.file_rss_bytes)),
        46 => U64(event.victim.as_ref().and_then(|of| of.shmem_rss_bytes)),
        47 => U64(event.victim.as_ref().and_then(|of| of.pgtables_bytes)),
        48 => I64(event
            .victim
            .as_ref()
            .and_then(|of| of.oom_score_adj)
            .map(i64::from)),
        49 => I64(event.victim.as_ref().and_then(|of| of.oom_score)),
        50 => U64(event.victim.as_ref().and_then(|of| of.rss_bytes)),
        51 => U64(event.victim.as_ref().and_then(|of| of.swap_bytes)),
        52 => bytes(event.victim.as_ref().and_then(|of| of.cmdline.as_ref())),
        _ => return None,
    })
}

fn identity(event: &OomEvent, field: u32) -> Option<Value<'_>> {
    Some(match field {
        60 => bytes(event.cgroup.as_ref().and_then(|of| of.task_memcg.as_ref())),
        61 => bytes(event.cgroup.as_ref().and_then(|of| of.oom_memcg.as_ref())),
        62 => word(
            event
                .cgroup
                .as_ref()
                .and_then(|of| of.driver)
                .map(CgroupDriver::as_str),
        ),
        63 => word(
            event
                .cgroup
                .as_ref()
                .and_then(|of| of.limit_level)
                .map(LimitLevel::as_str),
        ),
        70 => string(event.pod.as_ref().and_then(|of| of.uid.as_ref())),
        71 => word(
            event
                .pod
                .as_ref()
                .and_then(|of| of.qos_class)
                .map(QosClass::as_str),
        ),
        72 => string(event.pod.as_ref().and_then(|of| of.namespace.as_ref())),
        73 => string(event.pod.as_ref().and_then(|of| of.name.as_ref())),
        74 => string(event.pod.as_ref().and_then(|of| of.node.as_ref())),
        75 => string(event.pod.as_ref().and_then(|of| of.owner.as_ref())),
        76 => word(
            event
                .pod
                .as_ref()
                .and_then(|of| of.source)
                .map(PodSource::as_str),
        ),
        77 => Bool(
            event
                .pod
                .as_ref()
                .is_some_and(|of| of.nested)
                .then_some(true),
        ),
        80 => string(event.container.as_ref().and_then(|of| of.id.as_ref())),
        81 => word(
            event
                .container
                .as_ref()
                .and_then(|of| of.runtime)
                .map(Runtime::as_str),
        ),
        82 => string(event.container.as_ref().and_then(|of| of.name.as_ref())),
        83 => string(event.openvz.as_ref().map(|of| &of.ctid)),
        84 => string(
            event
                .container
                .as_ref()
                .and_then(|of| of.id_prefix.as_ref()),
        ),
        _ => return None,
    })
}

fn counters(event: &OomEvent, field: u32) -> Option<Value<'_>> {
    Some(match field {
        90 => U64(event.memory.as_ref().and_then(|of| of.usage_bytes)),
        91 => U64(event.memory.as_ref().and_then(|of| of.limit_bytes)),
        92 => U64(event.memory.as_ref().and_then(|of| of.failcnt)),
        93 => U64(event.memory.as_ref().and_then(|of| of.threshold_bytes)),
        94 => U64(event.memory_swap.as_ref().and_then(|of| of.usage_bytes)),
        95 => U64(event.memory_swap.as_ref().and_then(|of| of.limit_bytes)),
        96 => U64(event.memory_swap.as_ref().and_then(|of| of.failcnt)),
        98 => U64(event.swap.as_ref().and_then(|of| of.usage_bytes)),
        99 => U64(event.swap.as_ref().and_then(|of| of.limit_bytes)),
        100 => U64(event.swap.as_ref().and_then(|of| of.failcnt)),
        102 => U64(event.kmem.as_ref().and_then(|of| of.usage_bytes)),
        103 => U64(event.kmem.as_ref().and_then(|of| of.limit_bytes)),
        104 => U64(event.kmem.as_ref().and_then(|of| of.failcnt)),
        _ => return None,
    })
}

fn machine(event: &OomEvent, field: u32) -> Option<Value<'_>> {
    Some(match field {
        110 => U64(event.meminfo.as_deref().and_then(|of| of.ram_pages)),
        111 => U64(event.meminfo.as_deref().and_then(|of| of.highmem_pages)),
        112 => U64(event.meminfo.as_deref().and_then(|of| of.reserved_pages)),
        113 => U64(event.meminfo.as_deref().and_then(|of| of.free_pages)),
        114 => U64(event.meminfo.as_deref().and_then(|of| of.active_anon_pages)),
        115 => U64(event
            .meminfo
            .as_deref()
            .and_then(|of| of.inactive_anon_pages)),
        116 => U64(event.meminfo.as_deref().and_then(|of| of.active_file_pages)),
        117 => U64(event
            .meminfo
            .as_deref()
            .and_then(|of| of.inactive_file_pages)),
        118 => U64(event.meminfo.as_deref().and_then(|of| of.unevictable_pages)),
        119 => U64(event.meminfo.as_deref().and_then(|of| of.dirty_pages)),
        120 => U64(event.meminfo.as_deref().and_then(|of| of.writeback_pages)),
        121 => U64(event
            .meminfo
            .as_deref()
            .and_then(|of| of.slab_reclaimable_pages)),
        122 => U64(event
            .meminfo
            .as_deref()
            .and_then(|of| of.slab_unreclaimable_pages)),
        123 => U64(event.meminfo.as_deref().and_then(|of| of.mapped_pages)),
        124 => U64(event.meminfo.as_deref().and_then(|of| of.shmem_pages)),
        125 => U64(event.meminfo.as_deref().and_then(|of| of.pagetables_pages)),
        126 => U64(event.meminfo.as_deref().and_then(|of| of.pagecache_pages)),
        127 => U64(event.meminfo.as_deref().and_then(|of| of.swapcache_pages)),
        128 => U64(event.meminfo.as_deref().and_then(|of| of.free_swap_bytes)),
        129 => U64(event.meminfo.as_deref().and_then(|of| of.total_swap_bytes)),
        140 => U64(event.reaped.as_ref().and_then(|of| of.anon_rss_bytes)),
        141 => U64(event.reaped.as_ref().and_then(|of| of.file_rss_bytes)),
        142 => U64(event.reaped.as_ref().and_then(|of| of.shmem_rss_bytes)),
        _ => return None,
    })
}

/// What a daemon tells.
fn told(content: &Content, field: u32) -> Option<Value<'_>> {
    let of = content.event.testimony.as_deref();
    Some(match field {
        150 => word(of.and_then(|of| of.killer).map(Killer::as_str)),
        151 => word(of.and_then(|of| of.reporter).map(Reporter::as_str)),
        152 => word(of.and_then(|of| of.stage).map(Stage::as_str)),
        153 => word(of.and_then(|of| of.signal)),
        154 => word(of.and_then(|of| of.first_signal)),
        155 => word(of.and_then(|of| of.action).map(Action::as_str)),
        156 => word(of.and_then(|of| of.outcome).map(Outcome::as_str)),
        157 => U64(of.and_then(|of| of.process_count)),
        158 => bytes(of.and_then(|of| of.unit.as_ref())),
        159 => bytes(of.and_then(|of| of.unit_result.as_ref())),
        160 => word(of.and_then(|of| of.resource).map(Resource::as_str)),
        161 => U64(of.and_then(|of| of.count)),
        165..=169 => cause(of, field)?,
        172..=175 => system(of, field)?,
        178 => U64(of.and_then(|of| of.init?.pid).map(u64::from)),
        179 => I64(of.and_then(|of| of.init?.exit_code).map(i64::from)),
        180 => Str(content.init_time().map(str::as_bytes)),
        184..=190 => event(of, field)?,
        _ => return None,
    })
}

fn cause(of: Option<&Testimony>, field: u32) -> Option<Value<'_>> {
    let of = of.and_then(|of| of.cause.as_ref());
    Some(match field {
        165 => word(of.and_then(|of| of.kind).map(CauseKind::as_str)),
        166 => percent(of.and_then(|of| of.pressure_percent)),
        167 => percent(of.and_then(|of| of.limit_percent)),
        168 => U64(of.and_then(|of| of.duration_us)),
        169 => bytes(of.and_then(|of| of.monitored_cgroup.as_ref())),
        _ => return None,
    })
}

fn system(of: Option<&Testimony>, field: u32) -> Option<Value<'_>> {
    let of = of.and_then(|of| of.system);
    Some(match field {
        172 => U64(of.and_then(|of| of.memory_used_bytes)),
        173 => U64(of.and_then(|of| of.memory_total_bytes)),
        174 => U64(of.and_then(|of| of.swap_used_bytes)),
        175 => U64(of.and_then(|of| of.swap_total_bytes)),
        _ => return None,
    })
}

/// An Event of Kubernetes.
fn event(of: Option<&Testimony>, field: u32) -> Option<Value<'_>> {
    let of = of.and_then(|of| of.event.as_ref());
    let object = |part: fn(&KubernetesObject) -> Option<&String>| {
        string(of.and_then(|of| of.object.as_ref()).and_then(part))
    };
    Some(match field {
        184 => string(of.and_then(|of| of.uid.as_ref())),
        185 => string(of.and_then(|of| of.reason.as_ref())),
        186 => string(of.and_then(|of| of.component.as_ref())),
        187 => string(of.and_then(|of| of.verb.as_ref())),
        188 => object(|it| it.kind.as_ref()),
        189 => object(|it| it.name.as_ref()),
        190 => object(|it| it.namespace.as_ref()),
        _ => return None,
    })
}
