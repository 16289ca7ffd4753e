//! The record as JSON: the one place where names, order and omission are decided.
//!
//! Absent fields are left out. Names that are not plain text are written escaped, with the raw bytes
//! beside them under `<field>_hex`. Each part of the record tells its fields once, as [`Object`]; [`text`]
//! writes them as text and [`serialize`] hands them to serde.

mod fields;
mod serialize;
mod text;

use crate::cgroup::{CgroupDriver, LimitLevel, QosClass, Runtime};
use crate::event::{
    Action, Cause, CauseKind, Cgroup, Container, Counter, Evidence, Field, Init, Invoker,
    KilledProcess, Killer, KubernetesEvent, KubernetesObject, MemcgStats, Meminfo, OomEvent,
    OpenVz, Outcome, Pod, Reaped, Reporter, Resource, SCHEMA, Scope, Selected, SourceFile, Stage,
    StatValues, System, TaskRow, Testimony, Victim,
};
use crate::time::WallTime;
use alloc::string::String;
use fields::{Fields, Object, key};

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
        text::write(self)
    }
}

impl Object for OomEvent {
    fn tell(&self, to: &mut impl Fields) {
        to.put_text(key!("schema"), SCHEMA);
        to.put_text(key!("type"), self.event_type.as_str());
        to.text(key!("id"), self.id.as_deref());
        to.text(key!("report_id"), self.report_id.as_deref());
        to.put_text(key!("origin"), self.origin.as_str());
        let testimony = self.testimony.as_deref();
        if let Some(testimony) = testimony {
            testimony.tell_deed(to);
        }
        if let Some(time) = self.time.filter(WallTime::is_complete) {
            to.put_text(key!("time"), &time.text());
            to.truth(key!("time_estimated"), self.time_estimated);
        }
        to.number(key!("kernel_time_us"), self.kernel_time_us);
        to.name(key!("host"), self.host.as_ref());
        to.name(key!("kernel_release"), self.kernel_release.as_ref());
        to.object(key!("source"), self.source.as_deref());
        to.text(key!("scope"), self.scope.map(Scope::as_str));
        to.name(key!("constraint"), self.constraint.as_ref());
        to.truth(key!("oom_group"), self.oom_group);
        to.object(key!("invoker"), self.invoker.as_ref());
        to.object(key!("selected"), self.selected.as_ref());
        to.object(key!("victim"), self.victim.as_ref());
        if let Some(testimony) = testimony {
            to.objects(key!("victims"), &testimony.victims);
            to.number(key!("process_count"), testimony.process_count);
        }
        to.object(key!("cgroup"), self.cgroup.as_ref());
        to.object(key!("pod"), self.pod.as_ref());
        to.object(key!("container"), self.container.as_ref());
        to.object(key!("openvz"), self.openvz.as_ref());
        if let Some(testimony) = testimony {
            testimony.tell_reasons(to);
        }
        to.object(key!("memory"), self.memory.as_ref());
        to.object(key!("memory_swap"), self.memory_swap.as_ref());
        to.object(key!("swap"), self.swap.as_ref());
        to.object(key!("kmem"), self.kmem.as_ref());
        to.objects(key!("memcg_stats"), &self.memcg_stats);
        to.object(key!("meminfo"), self.meminfo.as_deref());
        to.objects(key!("tasks"), &self.tasks);
        to.object(key!("reaped"), self.reaped.as_ref());
        to.number(key!("suppressed_reports"), self.suppressed_reports);
        to.words(key!("evidence"), &self.evidence, Evidence::as_str);
        to.words(key!("truncated"), &self.truncated, Field::as_str);
        to.objects(key!("others"), &self.others);
    }
}

impl Object for SourceFile {
    fn tell(&self, to: &mut impl Fields) {
        to.name(key!("path"), Some(&self.path));
    }
}

impl Testimony {
    /// Who did what, or who says so.
    fn tell_deed(&self, to: &mut impl Fields) {
        to.text(key!("killer"), self.killer.map(Killer::as_str));
        to.text(key!("reporter"), self.reporter.map(Reporter::as_str));
        to.text(key!("stage"), self.stage.map(Stage::as_str));
        to.text(key!("signal"), self.signal);
        to.text(key!("first_signal"), self.first_signal);
        to.text(key!("action"), self.action.map(Action::as_str));
        to.text(key!("outcome"), self.outcome.map(Outcome::as_str));
    }

    /// Why, and what else is told of it.
    fn tell_reasons(&self, to: &mut impl Fields) {
        to.object(key!("cause"), self.cause.as_ref());
        to.object(key!("system"), self.system.as_ref());
        to.name(key!("unit"), self.unit.as_ref());
        to.name(key!("unit_result"), self.unit_result.as_ref());
        to.text(key!("resource"), self.resource.map(Resource::as_str));
        to.object(key!("init"), self.init.as_ref());
        to.object(key!("event"), self.event.as_ref());
        to.number(key!("count"), self.count);
    }
}

impl Object for KilledProcess {
    fn tell(&self, to: &mut impl Fields) {
        to.put_number(key!("pid"), self.pid.into());
        to.name(key!("comm"), self.comm.as_ref());
    }
}

impl Object for Cause {
    fn tell(&self, to: &mut impl Fields) {
        to.text(key!("kind"), self.kind.map(CauseKind::as_str));
        to.percent(key!("pressure_percent"), self.pressure_percent);
        to.percent(key!("limit_percent"), self.limit_percent);
        to.number(key!("duration_us"), self.duration_us);
        to.name(key!("monitored_cgroup"), self.monitored_cgroup.as_ref());
    }
}

impl Object for System {
    fn tell(&self, to: &mut impl Fields) {
        to.number(key!("memory_used_bytes"), self.memory_used_bytes);
        to.number(key!("memory_total_bytes"), self.memory_total_bytes);
        to.number(key!("swap_used_bytes"), self.swap_used_bytes);
        to.number(key!("swap_total_bytes"), self.swap_total_bytes);
    }
}

impl Object for Init {
    fn tell(&self, to: &mut impl Fields) {
        to.number(key!("pid"), self.pid);
        to.signed(key!("exit_code"), self.exit_code);
        if let Some(time) = self.time.filter(WallTime::is_complete) {
            to.put_text(key!("time"), &time.text());
        }
    }
}

impl Object for KubernetesEvent {
    fn tell(&self, to: &mut impl Fields) {
        to.text(key!("uid"), self.uid.as_deref());
        to.text(key!("reason"), self.reason.as_deref());
        to.object(key!("object"), self.object.as_ref());
        to.text(key!("component"), self.component.as_deref());
        to.text(key!("verb"), self.verb.as_deref());
    }
}

impl Object for KubernetesObject {
    fn tell(&self, to: &mut impl Fields) {
        to.text(key!("kind"), self.kind.as_deref());
        to.text(key!("name"), self.name.as_deref());
        to.text(key!("namespace"), self.namespace.as_deref());
    }
}

impl Object for Invoker {
    fn tell(&self, to: &mut impl Fields) {
        to.name(key!("comm"), self.comm.as_ref());
        to.number(key!("pid"), self.pid);
        to.number(key!("uid"), self.uid);
        to.name(key!("gfp_mask"), self.gfp_mask.as_ref());
        to.name(key!("gfp_flags"), self.gfp_flags.as_ref());
        to.signed(key!("order"), self.order);
        to.signed(key!("oom_score_adj"), self.oom_score_adj);
        to.name(key!("nodemask"), self.nodemask.as_ref());
    }
}

impl Object for Selected {
    fn tell(&self, to: &mut impl Fields) {
        to.put_number(key!("pid"), self.pid.into());
        to.name(key!("comm"), self.comm.as_ref());
        to.signed(key!("oom_score"), self.oom_score);
    }
}

impl Object for Victim {
    fn tell(&self, to: &mut impl Fields) {
        to.put_number(key!("pid"), self.pid.into());
        to.name(key!("comm"), self.comm.as_ref());
        to.number(key!("uid"), self.uid);
        to.number(key!("total_vm_bytes"), self.total_vm_bytes);
        to.number(key!("rss_bytes"), self.rss_bytes);
        to.number(key!("swap_bytes"), self.swap_bytes);
        to.number(key!("anon_rss_bytes"), self.anon_rss_bytes);
        to.number(key!("file_rss_bytes"), self.file_rss_bytes);
        to.number(key!("shmem_rss_bytes"), self.shmem_rss_bytes);
        to.number(key!("pgtables_bytes"), self.pgtables_bytes);
        to.signed(key!("oom_score_adj"), self.oom_score_adj);
        to.signed(key!("oom_score"), self.oom_score);
        to.name(key!("cmdline"), self.cmdline.as_ref());
    }
}

impl Object for Cgroup {
    fn tell(&self, to: &mut impl Fields) {
        to.name(key!("task_memcg"), self.task_memcg.as_ref());
        to.name(key!("oom_memcg"), self.oom_memcg.as_ref());
        to.text(key!("driver"), self.driver.map(CgroupDriver::as_str));
        to.text(
            key!("limit_level"),
            self.limit_level.map(LimitLevel::as_str),
        );
    }
}

impl Object for OpenVz {
    fn tell(&self, to: &mut impl Fields) {
        to.put_text(key!("ctid"), &self.ctid);
    }
}

impl Object for Pod {
    fn tell(&self, to: &mut impl Fields) {
        to.text(key!("uid"), self.uid.as_deref());
        to.text(key!("qos_class"), self.qos_class.map(QosClass::as_str));
        to.truth(key!("nested"), self.nested);
        to.text(key!("namespace"), self.namespace.as_deref());
        to.text(key!("name"), self.name.as_deref());
        to.text(key!("node"), self.node.as_deref());
        to.text(key!("owner"), self.owner.as_deref());
        let labels = Labels(&self.labels);
        to.object(key!("labels"), (!self.labels.is_empty()).then_some(&labels));
        to.text(key!("source"), self.source);
    }
}

/// Labels as one object.
struct Labels<'a>(&'a [(String, String)]);

impl Object for Labels<'_> {
    fn tell(&self, to: &mut impl Fields) {
        for (key, value) in self.0 {
            to.text_of(key, value);
        }
    }
}

impl Object for Container {
    fn tell(&self, to: &mut impl Fields) {
        to.text(key!("id"), self.id.as_deref());
        to.text(key!("id_prefix"), self.id_prefix.as_deref());
        to.text(key!("runtime"), self.runtime.map(Runtime::as_str));
        to.text(key!("name"), self.name.as_deref());
    }
}

impl Object for Counter {
    fn tell(&self, to: &mut impl Fields) {
        to.number(key!("usage_bytes"), self.usage_bytes);
        to.number(key!("limit_bytes"), self.limit_bytes);
        to.number(key!("failcnt"), self.failcnt);
        to.number(key!("threshold_bytes"), self.threshold_bytes);
    }
}

impl Object for MemcgStats {
    fn tell(&self, to: &mut impl Fields) {
        to.name(key!("path"), Some(&self.path));
        to.put_object(key!("values"), &self.values);
    }
}

impl Object for StatValues {
    fn tell(&self, to: &mut impl Fields) {
        for (key, value) in self.iter() {
            to.number_of(key, value);
        }
    }
}

impl Object for Meminfo {
    fn tell(&self, to: &mut impl Fields) {
        to.number(key!("ram_pages"), self.ram_pages);
        to.number(key!("highmem_pages"), self.highmem_pages);
        to.number(key!("reserved_pages"), self.reserved_pages);
        to.number(key!("free_pages"), self.free_pages);
        to.number(key!("active_anon_pages"), self.active_anon_pages);
        to.number(key!("inactive_anon_pages"), self.inactive_anon_pages);
        to.number(key!("active_file_pages"), self.active_file_pages);
        to.number(key!("inactive_file_pages"), self.inactive_file_pages);
        to.number(key!("unevictable_pages"), self.unevictable_pages);
        to.number(key!("dirty_pages"), self.dirty_pages);
        to.number(key!("writeback_pages"), self.writeback_pages);
        to.number(key!("slab_reclaimable_pages"), self.slab_reclaimable_pages);
        to.number(
            key!("slab_unreclaimable_pages"),
            self.slab_unreclaimable_pages,
        );
        to.number(key!("mapped_pages"), self.mapped_pages);
        to.number(key!("shmem_pages"), self.shmem_pages);
        to.number(key!("pagetables_pages"), self.pagetables_pages);
        to.number(key!("pagecache_pages"), self.pagecache_pages);
        to.number(key!("swapcache_pages"), self.swapcache_pages);
        to.number(key!("free_swap_bytes"), self.free_swap_bytes);
        to.number(key!("total_swap_bytes"), self.total_swap_bytes);
    }
}

impl Object for TaskRow {
    fn tell(&self, to: &mut impl Fields) {
        to.put_number(key!("pid"), self.pid.into());
        to.number(key!("tgid"), self.tgid);
        to.number(key!("uid"), self.uid);
        to.number(key!("total_vm_pages"), self.total_vm_pages);
        to.number(key!("rss_pages"), self.rss_pages);
        to.number(key!("rss_anon_pages"), self.rss_anon_pages);
        to.number(key!("rss_file_pages"), self.rss_file_pages);
        to.number(key!("rss_shmem_pages"), self.rss_shmem_pages);
        to.number(key!("nr_ptes_pages"), self.nr_ptes_pages);
        to.number(key!("nr_pmds_pages"), self.nr_pmds_pages);
        to.number(key!("pgtables_bytes"), self.pgtables_bytes);
        to.number(key!("swapents_pages"), self.swapents_pages);
        to.number(key!("cpu"), self.cpu);
        to.signed(key!("oom_adj"), self.oom_adj);
        to.signed(key!("oom_score_adj"), self.oom_score_adj);
        to.name(key!("comm"), self.comm.as_ref());
    }
}

impl Object for Reaped {
    fn tell(&self, to: &mut impl Fields) {
        to.number(key!("anon_rss_bytes"), self.anon_rss_bytes);
        to.number(key!("file_rss_bytes"), self.file_rss_bytes);
        to.number(key!("shmem_rss_bytes"), self.shmem_rss_bytes);
    }
}
