//! The parts of the record. Each is a table of its fields, in the record's order, that says how they are written
//! and read.
//!
//! | in the table | in the event | in the record |
//! |---|---|---|
//! | `must_number` | a number | a number, without which there is no such part |
//! | `number`, `signed` | a number, or none | |
//! | `percent` | [`Percent`](crate::event::Percent), or none | a decimal number |
//! | `text` | a `String`, or none | |
//! | `must_text` | a `String` | a text, without which there is no such part |
//! | `name` | [`Text`](crate::Text), or none | a text, and its bytes beside it if it is not plain |
//! | `must_name` | [`Text`](crate::Text) | the same, without which there is no such part |
//! | `word T` | `T`, or none | one of its words |
//! | `truth` | a `bool` | only where it is true |
//! | `time` | [`WallTime`](crate::WallTime), or none | only where all of it is known |
//! | `part` | another part, or none | an object |
//! | `labels` | pairs of `String`s | an object of them, if there are any |
//! | `figures` | [`StatValues`] | an object of the kernel's keys and numbers |

use super::fields::{FieldVisitor, Object, key};
use super::read::{Members, Part};
use crate::cgroup::{CgroupDriver, LimitLevel, QosClass, Runtime};
use crate::event::{
    Cause, CauseKind, Cgroup, Container, Counter, Init, Invoker, KilledProcess, KubernetesEvent,
    KubernetesObject, MemcgStats, Meminfo, OpenVz, Pod, PodSource, Reaped, Selected, SourceFile,
    StatValues, System, TaskRow, Victim,
};
use alloc::string::String;

macro_rules! part {
    ($part:ident { $($field:ident: $how:ident $($of:ident)?),* $(,)? }) => {
        impl Object for $part {
            fn visit(&self, to: &mut impl FieldVisitor) {
                $(visit_field!(self, to, $field, $how $($of)?);)*
            }
        }

        impl Part for $part {
            #[allow(clippy::needless_update, reason = "a part may have what no record shows")]
            fn read(from: &Members) -> Option<Self> {
                Some(Self {
                    $($field: read!(from, $field, $how $($of)?),)*
                    ..Self::default()
                })
            }
        }
    };
}

macro_rules! visit_field {
    ($part:ident, $to:ident, $field:ident, must_number) => {
        $to.put_number(key!($field), $part.$field.into())
    };
    ($part:ident, $to:ident, $field:ident, must_text) => {
        $to.put_text(key!($field), &$part.$field)
    };
    ($part:ident, $to:ident, $field:ident, must_name) => {
        $to.name(key!($field), Some(&$part.$field))
    };
    ($part:ident, $to:ident, $field:ident, figures) => {
        $to.put_object(key!($field), &$part.$field)
    };
    ($part:ident, $to:ident, $field:ident, labels) => {
        let labels = Labels(&$part.$field);
        $to.object(key!($field), (!$part.$field.is_empty()).then_some(&labels))
    };
    ($part:ident, $to:ident, $field:ident, text) => {
        $to.text(key!($field), $part.$field.as_deref())
    };
    ($part:ident, $to:ident, $field:ident, name) => {
        $to.name(key!($field), $part.$field.as_ref())
    };
    ($part:ident, $to:ident, $field:ident, part) => {
        $to.object(key!($field), $part.$field.as_ref())
    };
    ($part:ident, $to:ident, $field:ident, word $of:ident) => {
        $to.text(key!($field), $part.$field.map($of::as_str))
    };
    ($part:ident, $to:ident, $field:ident, $how:ident) => {
        $to.$how(key!($field), $part.$field)
    };
}

macro_rules! read {
    ($from:ident, $field:ident, must_number) => {
        $from.number(key!($field))?
    };
    ($from:ident, $field:ident, must_text) => {
        $from.text(key!($field))?
    };
    ($from:ident, $field:ident, must_name) => {
        $from.name(key!($field))?
    };
    ($from:ident, $field:ident, figures) => {
        $from.part(key!($field))?
    };
    ($from:ident, $field:ident, word $of:ident) => {
        $from.word(key!($field), $of::from_word)
    };
    ($from:ident, $field:ident, $how:ident) => {
        $from.$how(key!($field))
    };
}

part!(SourceFile { path: must_name });

part!(KilledProcess {
    pid: must_number,
    comm: name,
});

part!(Cause {
    kind: word CauseKind,
    pressure_percent: percent,
    limit_percent: percent,
    duration_us: number,
    monitored_cgroup: name,
});

part!(System {
    memory_used_bytes: number,
    memory_total_bytes: number,
    swap_used_bytes: number,
    swap_total_bytes: number,
});

part!(Init {
    pid: number,
    exit_code: signed,
    time: time,
});

part!(KubernetesEvent {
    uid: text,
    reason: text,
    object: part,
    component: text,
    verb: text,
});

part!(KubernetesObject {
    kind: text,
    name: text,
    namespace: text,
});

part!(Invoker {
    comm: name,
    pid: number,
    uid: number,
    gfp_mask: name,
    gfp_flags: name,
    order: signed,
    oom_score_adj: signed,
    nodemask: name,
});

part!(Selected {
    pid: must_number,
    comm: name,
    oom_score: signed,
});

part!(Victim {
    pid: must_number,
    comm: name,
    uid: number,
    total_vm_bytes: number,
    rss_bytes: number,
    swap_bytes: number,
    anon_rss_bytes: number,
    file_rss_bytes: number,
    shmem_rss_bytes: number,
    pgtables_bytes: number,
    oom_score_adj: signed,
    oom_score: signed,
    cmdline: name,
});

part!(Cgroup {
    task_memcg: name,
    oom_memcg: name,
    driver: word CgroupDriver,
    limit_level: word LimitLevel,
});

part!(OpenVz { ctid: must_text });

part!(Pod {
    uid: text,
    qos_class: word QosClass,
    nested: truth,
    namespace: text,
    name: text,
    node: text,
    owner: text,
    labels: labels,
    source: word PodSource,
});

part!(Container {
    id: text,
    id_prefix: text,
    runtime: word Runtime,
    name: text,
});

part!(Counter {
    usage_bytes: number,
    limit_bytes: number,
    failcnt: number,
    threshold_bytes: number,
});

part!(MemcgStats {
    path: must_name,
    values: figures,
});

part!(Meminfo {
    ram_pages: number,
    highmem_pages: number,
    reserved_pages: number,
    free_pages: number,
    active_anon_pages: number,
    inactive_anon_pages: number,
    active_file_pages: number,
    inactive_file_pages: number,
    unevictable_pages: number,
    dirty_pages: number,
    writeback_pages: number,
    slab_reclaimable_pages: number,
    slab_unreclaimable_pages: number,
    mapped_pages: number,
    shmem_pages: number,
    pagetables_pages: number,
    pagecache_pages: number,
    swapcache_pages: number,
    free_swap_bytes: number,
    total_swap_bytes: number,
});

part!(TaskRow {
    pid: must_number,
    tgid: number,
    uid: number,
    total_vm_pages: number,
    rss_pages: number,
    rss_anon_pages: number,
    rss_file_pages: number,
    rss_shmem_pages: number,
    nr_ptes_pages: number,
    nr_pmds_pages: number,
    pgtables_bytes: number,
    swapents_pages: number,
    cpu: number,
    oom_adj: signed,
    oom_score_adj: signed,
    comm: name,
});

part!(Reaped {
    anon_rss_bytes: number,
    file_rss_bytes: number,
    shmem_rss_bytes: number,
});

/// Labels as one object.
struct Labels<'a>(&'a [(String, String)]);

impl Object for Labels<'_> {
    fn visit(&self, to: &mut impl FieldVisitor) {
        for (key, value) in self.0 {
            to.text_of(key, value);
        }
    }
}

impl Object for StatValues {
    fn visit(&self, to: &mut impl FieldVisitor) {
        for (key, value) in self.iter() {
            to.number_of(key, value);
        }
    }
}

impl Part for StatValues {
    fn read(from: &Members) -> Option<Self> {
        Some(from.numbers().collect())
    }
}
