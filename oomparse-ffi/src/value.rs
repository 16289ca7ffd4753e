//! What each field of an event is called, of which kind it is, and where in the event it stands: one table.

use crate::content::Content;
use crate::field::{oomparse_field, oomparse_kind};
use crate::guard::Done;
use crate::result::oomparse_result;
use oomparse_core::Percent;
use std::ffi::CStr;

/// A field's value; empty if the log does not show the field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'e> {
    Str(Option<&'e [u8]>),
    U64(Option<u64>),
    I64(Option<i64>),
    Bool(Option<bool>),
    F64(Option<f64>),
}

fn percent(percent: Percent) -> f64 {
    f64::from(percent.hundredths()) / 100.0
}

/// Makes the functions below of rows: number, kind, path in the record, and the value; a `?` in it is an absent field.
macro_rules! fields {
    ($content:ident, $event:ident, $testimony:ident: $($field:ident $kind:ident $path:literal => $value:expr;)*) => {
        /// A field of an event.
        #[allow(clippy::redundant_closure_call, reason = "a `?` ends the value, and not the function")]
        pub(crate) fn value($content: &Content, field: u32) -> Done<Value<'_>> {
            let $event = &$content.event;
            let $testimony = $event.testimony.as_deref();
            $(if field == oomparse_field::$field as u32 {
                return Ok(Value::$kind((|| Some($value))()));
            })*
            Err(oomparse_result::UnknownField)
        }

        /// The kind of a field.
        pub(crate) fn kind(field: u32) -> Option<oomparse_kind> {
            $(if field == oomparse_field::$field as u32 {
                return Some(oomparse_kind::$kind);
            })*
            None
        }

        /// The path of a field in the record.
        pub(crate) fn path(field: u32) -> Option<&'static CStr> {
            $(if field == oomparse_field::$field as u32 {
                return Some($path);
            })*
            None
        }
    };
}

fields! {
    content, event, testimony:
    Type Str c"type" => event.event_type.as_str().as_bytes();
    Id Str c"id" => event.id.as_ref()?.as_bytes();
    ReportId Str c"report_id" => event.report_id.as_ref()?.as_bytes();
    Origin Str c"origin" => event.origin.as_str().as_bytes();
    Time Str c"time" => content.time()?.as_bytes();
    KernelTimeUs U64 c"kernel_time_us" => event.kernel_time_us?;
    Host Str c"host" => event.host.as_ref()?.as_bytes();
    KernelRelease Str c"kernel_release" => event.kernel_release.as_ref()?.as_bytes();
    Scope Str c"scope" => event.scope?.as_str().as_bytes();
    Constraint Str c"constraint" => event.constraint.as_ref()?.as_bytes();
    OomGroup Bool c"oom_group" => event.oom_group.then_some(true)?;
    SuppressedReports U64 c"suppressed_reports" => event.suppressed_reports?;
    SourcePath Str c"source.path" => event.source.as_ref()?.path.as_bytes();
    Inferred Bool c"inferred" => event.inferred.then_some(true)?;
    InvokerComm Str c"invoker.comm" => event.invoker.as_ref()?.comm.as_ref()?.as_bytes();
    InvokerPid U64 c"invoker.pid" => event.invoker.as_ref()?.pid?.into();
    InvokerUid U64 c"invoker.uid" => event.invoker.as_ref()?.uid?.into();
    InvokerGfpMask Str c"invoker.gfp_mask" => event.invoker.as_ref()?.gfp_mask.as_ref()?.as_bytes();
    InvokerGfpFlags Str c"invoker.gfp_flags" => event.invoker.as_ref()?.gfp_flags.as_ref()?.as_bytes();
    InvokerOrder I64 c"invoker.order" => event.invoker.as_ref()?.order?.into();
    InvokerOomScoreAdj I64 c"invoker.oom_score_adj" => event.invoker.as_ref()?.oom_score_adj?.into();
    InvokerNodemask Str c"invoker.nodemask" => event.invoker.as_ref()?.nodemask.as_ref()?.as_bytes();
    SelectedPid U64 c"selected.pid" => event.selected.as_ref()?.pid.into();
    SelectedComm Str c"selected.comm" => event.selected.as_ref()?.comm.as_ref()?.as_bytes();
    SelectedOomScore I64 c"selected.oom_score" => event.selected.as_ref()?.oom_score?;
    VictimPid U64 c"victim.pid" => event.victim.as_ref()?.pid.into();
    VictimComm Str c"victim.comm" => event.victim.as_ref()?.comm.as_ref()?.as_bytes();
    VictimUid U64 c"victim.uid" => event.victim.as_ref()?.uid?.into();
    VictimTotalVmBytes U64 c"victim.total_vm_bytes" => event.victim.as_ref()?.total_vm_bytes?;
    VictimAnonRssBytes U64 c"victim.anon_rss_bytes" => event.victim.as_ref()?.anon_rss_bytes?;
    VictimFileRssBytes U64 c"victim.file_rss_bytes" => event.victim.as_ref()?.file_rss_bytes?;
    VictimShmemRssBytes U64 c"victim.shmem_rss_bytes" => event.victim.as_ref()?.shmem_rss_bytes?;
    VictimPgtablesBytes U64 c"victim.pgtables_bytes" => event.victim.as_ref()?.pgtables_bytes?;
    VictimOomScoreAdj I64 c"victim.oom_score_adj" => event.victim.as_ref()?.oom_score_adj?.into();
    VictimOomScore I64 c"victim.oom_score" => event.victim.as_ref()?.oom_score?;
    VictimRssBytes U64 c"victim.rss_bytes" => event.victim.as_ref()?.rss_bytes?;
    VictimSwapBytes U64 c"victim.swap_bytes" => event.victim.as_ref()?.swap_bytes?;
    VictimCmdline Str c"victim.cmdline" => event.victim.as_ref()?.cmdline.as_ref()?.as_bytes();
    CgroupTaskMemcg Str c"cgroup.task_memcg" => event.cgroup.as_ref()?.task_memcg.as_ref()?.as_bytes();
    CgroupOomMemcg Str c"cgroup.oom_memcg" => event.cgroup.as_ref()?.oom_memcg.as_ref()?.as_bytes();
    CgroupDriver Str c"cgroup.driver" => event.cgroup.as_ref()?.driver?.as_str().as_bytes();
    CgroupLimitLevel Str c"cgroup.limit_level" => event.cgroup.as_ref()?.limit_level?.as_str().as_bytes();
    PodUid Str c"pod.uid" => event.pod.as_ref()?.uid.as_ref()?.as_bytes();
    PodQosClass Str c"pod.qos_class" => event.pod.as_ref()?.qos_class?.as_str().as_bytes();
    PodNamespace Str c"pod.namespace" => event.pod.as_ref()?.namespace.as_ref()?.as_bytes();
    PodName Str c"pod.name" => event.pod.as_ref()?.name.as_ref()?.as_bytes();
    PodNode Str c"pod.node" => event.pod.as_ref()?.node.as_ref()?.as_bytes();
    PodOwner Str c"pod.owner" => event.pod.as_ref()?.owner.as_ref()?.as_bytes();
    PodSource Str c"pod.source" => event.pod.as_ref()?.source?.as_str().as_bytes();
    PodNested Bool c"pod.nested" => event.pod.as_ref()?.nested.then_some(true)?;
    ContainerId Str c"container.id" => event.container.as_ref()?.id.as_ref()?.as_bytes();
    ContainerRuntime Str c"container.runtime" => event.container.as_ref()?.runtime?.as_str().as_bytes();
    ContainerName Str c"container.name" => event.container.as_ref()?.name.as_ref()?.as_bytes();
    OpenvzCtid Str c"openvz.ctid" => event.openvz.as_ref()?.ctid.as_bytes();
    ContainerIdPrefix Str c"container.id_prefix" => event.container.as_ref()?.id_prefix.as_ref()?.as_bytes();
    MemoryUsageBytes U64 c"memory.usage_bytes" => event.memory.as_ref()?.usage_bytes?;
    MemoryLimitBytes U64 c"memory.limit_bytes" => event.memory.as_ref()?.limit_bytes?;
    MemoryFailcnt U64 c"memory.failcnt" => event.memory.as_ref()?.failcnt?;
    MemoryThresholdBytes U64 c"memory.threshold_bytes" => event.memory.as_ref()?.threshold_bytes?;
    MemorySwapUsageBytes U64 c"memory_swap.usage_bytes" => event.memory_swap.as_ref()?.usage_bytes?;
    MemorySwapLimitBytes U64 c"memory_swap.limit_bytes" => event.memory_swap.as_ref()?.limit_bytes?;
    MemorySwapFailcnt U64 c"memory_swap.failcnt" => event.memory_swap.as_ref()?.failcnt?;
    SwapUsageBytes U64 c"swap.usage_bytes" => event.swap.as_ref()?.usage_bytes?;
    SwapLimitBytes U64 c"swap.limit_bytes" => event.swap.as_ref()?.limit_bytes?;
    SwapFailcnt U64 c"swap.failcnt" => event.swap.as_ref()?.failcnt?;
    KmemUsageBytes U64 c"kmem.usage_bytes" => event.kmem.as_ref()?.usage_bytes?;
    KmemLimitBytes U64 c"kmem.limit_bytes" => event.kmem.as_ref()?.limit_bytes?;
    KmemFailcnt U64 c"kmem.failcnt" => event.kmem.as_ref()?.failcnt?;
    MeminfoRamPages U64 c"meminfo.ram_pages" => event.meminfo.as_deref()?.ram_pages?;
    MeminfoHighmemPages U64 c"meminfo.highmem_pages" => event.meminfo.as_deref()?.highmem_pages?;
    MeminfoReservedPages U64 c"meminfo.reserved_pages" => event.meminfo.as_deref()?.reserved_pages?;
    MeminfoFreePages U64 c"meminfo.free_pages" => event.meminfo.as_deref()?.free_pages?;
    MeminfoActiveAnonPages U64 c"meminfo.active_anon_pages" => event.meminfo.as_deref()?.active_anon_pages?;
    MeminfoInactiveAnonPages U64 c"meminfo.inactive_anon_pages" => event.meminfo.as_deref()?.inactive_anon_pages?;
    MeminfoActiveFilePages U64 c"meminfo.active_file_pages" => event.meminfo.as_deref()?.active_file_pages?;
    MeminfoInactiveFilePages U64 c"meminfo.inactive_file_pages" => event.meminfo.as_deref()?.inactive_file_pages?;
    MeminfoUnevictablePages U64 c"meminfo.unevictable_pages" => event.meminfo.as_deref()?.unevictable_pages?;
    MeminfoDirtyPages U64 c"meminfo.dirty_pages" => event.meminfo.as_deref()?.dirty_pages?;
    MeminfoWritebackPages U64 c"meminfo.writeback_pages" => event.meminfo.as_deref()?.writeback_pages?;
    MeminfoSlabReclaimablePages U64 c"meminfo.slab_reclaimable_pages" => event.meminfo.as_deref()?.slab_reclaimable_pages?;
    MeminfoSlabUnreclaimablePages U64 c"meminfo.slab_unreclaimable_pages" => event.meminfo.as_deref()?.slab_unreclaimable_pages?;
    MeminfoMappedPages U64 c"meminfo.mapped_pages" => event.meminfo.as_deref()?.mapped_pages?;
    MeminfoShmemPages U64 c"meminfo.shmem_pages" => event.meminfo.as_deref()?.shmem_pages?;
    MeminfoPagetablesPages U64 c"meminfo.pagetables_pages" => event.meminfo.as_deref()?.pagetables_pages?;
    MeminfoPagecachePages U64 c"meminfo.pagecache_pages" => event.meminfo.as_deref()?.pagecache_pages?;
    MeminfoSwapcachePages U64 c"meminfo.swapcache_pages" => event.meminfo.as_deref()?.swapcache_pages?;
    MeminfoFreeSwapBytes U64 c"meminfo.free_swap_bytes" => event.meminfo.as_deref()?.free_swap_bytes?;
    MeminfoTotalSwapBytes U64 c"meminfo.total_swap_bytes" => event.meminfo.as_deref()?.total_swap_bytes?;
    ReapedAnonRssBytes U64 c"reaped.anon_rss_bytes" => event.reaped.as_ref()?.anon_rss_bytes?;
    ReapedFileRssBytes U64 c"reaped.file_rss_bytes" => event.reaped.as_ref()?.file_rss_bytes?;
    ReapedShmemRssBytes U64 c"reaped.shmem_rss_bytes" => event.reaped.as_ref()?.shmem_rss_bytes?;
    Killer Str c"killer" => testimony?.killer?.as_str().as_bytes();
    Reporter Str c"reporter" => testimony?.reporter?.as_str().as_bytes();
    Stage Str c"stage" => testimony?.stage?.as_str().as_bytes();
    Signal Str c"signal" => testimony?.signal?.as_bytes();
    FirstSignal Str c"first_signal" => testimony?.first_signal?.as_bytes();
    Action Str c"action" => testimony?.action?.as_str().as_bytes();
    Outcome Str c"outcome" => testimony?.outcome?.as_str().as_bytes();
    ProcessCount U64 c"process_count" => testimony?.process_count?;
    Unit Str c"unit" => testimony?.unit.as_ref()?.as_bytes();
    UnitResult Str c"unit_result" => testimony?.unit_result.as_ref()?.as_bytes();
    Resource Str c"resource" => testimony?.resource?.as_str().as_bytes();
    Count U64 c"count" => testimony?.count?;
    CauseKind Str c"cause.kind" => testimony?.cause.as_ref()?.kind?.as_str().as_bytes();
    CausePressurePercent F64 c"cause.pressure_percent" => percent(testimony?.cause.as_ref()?.pressure_percent?);
    CauseLimitPercent F64 c"cause.limit_percent" => percent(testimony?.cause.as_ref()?.limit_percent?);
    CauseDurationUs U64 c"cause.duration_us" => testimony?.cause.as_ref()?.duration_us?;
    CauseMonitoredCgroup Str c"cause.monitored_cgroup" => testimony?.cause.as_ref()?.monitored_cgroup.as_ref()?.as_bytes();
    SystemMemoryUsedBytes U64 c"system.memory_used_bytes" => testimony?.system?.memory_used_bytes?;
    SystemMemoryTotalBytes U64 c"system.memory_total_bytes" => testimony?.system?.memory_total_bytes?;
    SystemSwapUsedBytes U64 c"system.swap_used_bytes" => testimony?.system?.swap_used_bytes?;
    SystemSwapTotalBytes U64 c"system.swap_total_bytes" => testimony?.system?.swap_total_bytes?;
    InitPid U64 c"init.pid" => testimony?.init?.pid?.into();
    InitExitCode I64 c"init.exit_code" => testimony?.init?.exit_code?.into();
    InitTime Str c"init.time" => content.init_time()?.as_bytes();
    EventUid Str c"event.uid" => testimony?.event.as_ref()?.uid.as_ref()?.as_bytes();
    EventReason Str c"event.reason" => testimony?.event.as_ref()?.reason.as_ref()?.as_bytes();
    EventComponent Str c"event.component" => testimony?.event.as_ref()?.component.as_ref()?.as_bytes();
    EventVerb Str c"event.verb" => testimony?.event.as_ref()?.verb.as_ref()?.as_bytes();
    EventObjectKind Str c"event.object.kind" => testimony?.event.as_ref()?.object.as_ref()?.kind.as_ref()?.as_bytes();
    EventObjectName Str c"event.object.name" => testimony?.event.as_ref()?.object.as_ref()?.name.as_ref()?.as_bytes();
    EventObjectNamespace Str c"event.object.namespace" => testimony?.event.as_ref()?.object.as_ref()?.namespace.as_ref()?.as_bytes();
}
