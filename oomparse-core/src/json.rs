//! The record as JSON: the one place where names, order and omission are decided.
//!
//! Absent fields are left out. Names that are not plain text are written escaped, with the raw bytes
//! beside them under `<field>_hex`.

mod writer;

use crate::bytes::{Text, hex};
use crate::event::{
    Cgroup, Container, Counter, Field, Invoker, MemcgStats, Meminfo, OomEvent, Pod, Reaped, SCHEMA,
    Selected, StatValues, TaskRow, Victim,
};
use crate::frame::Origin;
use alloc::string::String;
use serde::ser::{Serialize, SerializeMap, Serializer};

impl OomEvent {
    /// The event as compact JSON, keys in the order of `docs/schema.md`.
    ///
    /// # Example
    /// ```
    /// let event = oomparse_core::parse_all(b"[1.0] Killed process 7 (java)").next().unwrap();
    /// assert!(event.to_json().starts_with(r#"{"schema":"oomparse.event/1","type":"kill","id":"#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        // Writing numbers and strings into memory cannot fail, and the record has no other shapes; where
        // size does not matter there is another writer for the case that it should get one.
        let written = writer::write(self);
        #[cfg(feature = "std")]
        let written = written.or_else(|| serde_json::to_string(self).ok());
        written.unwrap_or_default()
    }
}

/// Adds a field if it is there.
fn put<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, &value),
        None => Ok(()),
    }
}

/// Adds a name, and its bytes under `key_hex` if it is no plain text.
fn put_text<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    key_hex: &'static str,
    text: Option<&Text>,
) -> Result<(), M::Error> {
    let Some(text) = text else { return Ok(()) };
    match text.as_str() {
        Some(plain) => map.serialize_entry(key, plain),
        None => {
            map.serialize_entry(key, text.to_display().as_ref())?;
            map.serialize_entry(key_hex, &hex(text.as_bytes()))
        }
    }
}

impl Serialize for OomEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        map.serialize_entry("schema", SCHEMA)?;
        map.serialize_entry("type", self.event_type.as_str())?;
        put(map, "id", self.id.as_deref())?;
        put(map, "report_id", self.report_id.as_deref())?;
        let origin = if self.origin == Origin::Kernel {
            "kernel"
        } else {
            "unknown"
        };
        map.serialize_entry("origin", origin)?;
        let time = self.time.filter(crate::time::WallTime::is_complete);
        put(map, "time", time.map(crate::time::WallTime::text))?;
        let estimated = (time.is_some() && self.time_estimated).then_some(true);
        put(map, "time_estimated", estimated)?;
        put(map, "kernel_time_us", self.kernel_time_us)?;
        put_text(map, "host", "host_hex", self.host.as_ref())?;
        put_text(
            map,
            "kernel_release",
            "kernel_release_hex",
            self.kernel_release.as_ref(),
        )?;
        put(map, "scope", self.scope.map(crate::event::Scope::as_str))?;
        put_text(
            map,
            "constraint",
            "constraint_hex",
            self.constraint.as_ref(),
        )?;
        put(map, "oom_group", self.oom_group.then_some(true))?;
        put(map, "invoker", self.invoker.as_ref())?;
        put(map, "selected", self.selected.as_ref())?;
        put(map, "victim", self.victim.as_ref())?;
        put(map, "cgroup", self.cgroup.as_ref())?;
        put(map, "pod", self.pod.as_ref())?;
        put(map, "container", self.container.as_ref())?;
        put(map, "memory", self.memory.as_ref())?;
        put(map, "memory_swap", self.memory_swap.as_ref())?;
        put(map, "swap", self.swap.as_ref())?;
        put(map, "kmem", self.kmem.as_ref())?;
        put(map, "memcg_stats", some(&self.memcg_stats))?;
        put(map, "meminfo", self.meminfo.as_deref())?;
        put(map, "tasks", some(&self.tasks))?;
        put(map, "reaped", self.reaped.as_ref())?;
        put(map, "suppressed_reports", self.suppressed_reports)?;
        put(map, "evidence", some(&self.evidence))?;
        put(map, "truncated", some(&self.truncated))?;
        serializer.end()
    }
}

/// A list that is not empty.
fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

impl Serialize for Invoker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put_text(map, "comm", "comm_hex", self.comm.as_ref())?;
        put(map, "pid", self.pid)?;
        put(map, "uid", self.uid)?;
        put_text(map, "gfp_mask", "gfp_mask_hex", self.gfp_mask.as_ref())?;
        put_text(map, "gfp_flags", "gfp_flags_hex", self.gfp_flags.as_ref())?;
        put(map, "order", self.order)?;
        put(map, "oom_score_adj", self.oom_score_adj)?;
        put_text(map, "nodemask", "nodemask_hex", self.nodemask.as_ref())?;
        serializer.end()
    }
}

impl Serialize for Selected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        map.serialize_entry("pid", &self.pid)?;
        put_text(map, "comm", "comm_hex", self.comm.as_ref())?;
        put(map, "oom_score", self.oom_score)?;
        serializer.end()
    }
}

impl Serialize for Victim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        map.serialize_entry("pid", &self.pid)?;
        put_text(map, "comm", "comm_hex", self.comm.as_ref())?;
        put(map, "uid", self.uid)?;
        put(map, "total_vm_bytes", self.total_vm_bytes)?;
        put(map, "anon_rss_bytes", self.anon_rss_bytes)?;
        put(map, "file_rss_bytes", self.file_rss_bytes)?;
        put(map, "shmem_rss_bytes", self.shmem_rss_bytes)?;
        put(map, "pgtables_bytes", self.pgtables_bytes)?;
        put(map, "oom_score_adj", self.oom_score_adj)?;
        put(map, "oom_score", self.oom_score)?;
        serializer.end()
    }
}

impl Serialize for Cgroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put_text(
            map,
            "task_memcg",
            "task_memcg_hex",
            self.task_memcg.as_ref(),
        )?;
        put_text(map, "oom_memcg", "oom_memcg_hex", self.oom_memcg.as_ref())?;
        put(
            map,
            "driver",
            self.driver.map(crate::cgroup::CgroupDriver::as_str),
        )?;
        put(
            map,
            "limit_level",
            self.limit_level.map(crate::cgroup::LimitLevel::as_str),
        )?;
        serializer.end()
    }
}

impl Serialize for Pod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put(map, "uid", self.uid.as_deref())?;
        put(
            map,
            "qos_class",
            self.qos_class.map(crate::cgroup::QosClass::as_str),
        )?;
        put(map, "namespace", self.namespace.as_deref())?;
        put(map, "name", self.name.as_deref())?;
        put(map, "node", self.node.as_deref())?;
        put(map, "owner", self.owner.as_deref())?;
        put(
            map,
            "labels",
            (!self.labels.is_empty()).then_some(Labels(&self.labels)),
        )?;
        put(map, "source", self.source)?;
        serializer.end()
    }
}

/// Labels as one object.
struct Labels<'a>(&'a [(String, String)]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl Serialize for Container {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put(map, "id", self.id.as_deref())?;
        put(
            map,
            "runtime",
            self.runtime.map(crate::cgroup::Runtime::as_str),
        )?;
        put(map, "name", self.name.as_deref())?;
        serializer.end()
    }
}

impl Serialize for Counter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put(map, "usage_bytes", self.usage_bytes)?;
        put(map, "limit_bytes", self.limit_bytes)?;
        put(map, "failcnt", self.failcnt)?;
        serializer.end()
    }
}

impl Serialize for MemcgStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put_text(map, "path", "path_hex", Some(&self.path))?;
        map.serialize_entry("values", &self.values)?;
        serializer.end()
    }
}

impl Serialize for StatValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Meminfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put(map, "ram_pages", self.ram_pages)?;
        put(map, "highmem_pages", self.highmem_pages)?;
        put(map, "reserved_pages", self.reserved_pages)?;
        put(map, "free_pages", self.free_pages)?;
        put(map, "active_anon_pages", self.active_anon_pages)?;
        put(map, "inactive_anon_pages", self.inactive_anon_pages)?;
        put(map, "active_file_pages", self.active_file_pages)?;
        put(map, "inactive_file_pages", self.inactive_file_pages)?;
        put(map, "unevictable_pages", self.unevictable_pages)?;
        put(map, "dirty_pages", self.dirty_pages)?;
        put(map, "writeback_pages", self.writeback_pages)?;
        put(map, "slab_reclaimable_pages", self.slab_reclaimable_pages)?;
        put(
            map,
            "slab_unreclaimable_pages",
            self.slab_unreclaimable_pages,
        )?;
        put(map, "mapped_pages", self.mapped_pages)?;
        put(map, "shmem_pages", self.shmem_pages)?;
        put(map, "pagetables_pages", self.pagetables_pages)?;
        put(map, "pagecache_pages", self.pagecache_pages)?;
        put(map, "swapcache_pages", self.swapcache_pages)?;
        put(map, "free_swap_bytes", self.free_swap_bytes)?;
        put(map, "total_swap_bytes", self.total_swap_bytes)?;
        serializer.end()
    }
}

impl Serialize for TaskRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        map.serialize_entry("pid", &self.pid)?;
        put(map, "tgid", self.tgid)?;
        put(map, "uid", self.uid)?;
        put(map, "total_vm_pages", self.total_vm_pages)?;
        put(map, "rss_pages", self.rss_pages)?;
        put(map, "rss_anon_pages", self.rss_anon_pages)?;
        put(map, "rss_file_pages", self.rss_file_pages)?;
        put(map, "rss_shmem_pages", self.rss_shmem_pages)?;
        put(map, "nr_ptes_pages", self.nr_ptes_pages)?;
        put(map, "nr_pmds_pages", self.nr_pmds_pages)?;
        put(map, "pgtables_bytes", self.pgtables_bytes)?;
        put(map, "swapents_pages", self.swapents_pages)?;
        put(map, "cpu", self.cpu)?;
        put(map, "oom_adj", self.oom_adj)?;
        put(map, "oom_score_adj", self.oom_score_adj)?;
        put_text(map, "comm", "comm_hex", self.comm.as_ref())?;
        serializer.end()
    }
}

impl Serialize for Reaped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut serializer = serializer.serialize_map(None)?;
        let map = &mut serializer;
        put(map, "anon_rss_bytes", self.anon_rss_bytes)?;
        put(map, "file_rss_bytes", self.file_rss_bytes)?;
        put(map, "shmem_rss_bytes", self.shmem_rss_bytes)?;
        serializer.end()
    }
}

impl Serialize for crate::event::Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
