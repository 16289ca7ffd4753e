//! The record as JSON: the only place that decides names, order and omission.
//!
//! Absent fields are left out. Names that are not plain text are written escaped, with the raw bytes
//! beside them under `<field>_hex`. Each part of the record is a table of its fields ([`parts`]); [`text`] writes
//! them as text, [`serialize`] hands them to serde, and [`read`] reads them back.

mod fields;
mod parts;
mod read;
mod serialize;
mod text;

use crate::event::{
    Action, EventType, Evidence, Field, Killer, OomEvent, Outcome, Reporter, Resource, SCHEMA,
    Scope, Stage, Testimony,
};
use crate::source::Origin;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use fields::{FieldVisitor, Object, key};
use read::{Members, Part};

/// Whether a daemon's fields are written. A build without `daemons` and `perf`, a WebAssembly module that must be
/// small, reads no daemon's line and so has none to write.
const TELLS_TESTIMONY: bool = cfg!(any(test, feature = "daemons", feature = "perf"));

impl OomEvent {
    /// The event as compact JSON, keys in the order of `docs/schema.md`.
    ///
    /// # Example
    /// ```
    /// let event = oomparse_core::parse_all(b"[1.0] Killed process 7 (java)", &oomparse_core::Options::new()).next().unwrap();
    /// assert!(event.to_json().starts_with(r#"{"schema":"oomparse.event/1","type":"kill","id":"#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        text::write(self)
    }
}

impl Object for OomEvent {
    fn visit(&self, to: &mut impl FieldVisitor) {
        to.put_text(key!(schema), SCHEMA);
        to.put_text(key!(type), self.event_type.as_str());
        to.text(key!(id), self.id.as_deref());
        to.text(key!(report_id), self.report_id.as_deref());
        to.put_text(key!(origin), self.origin.as_str());
        let testimony = self.testimony.as_deref().filter(|_| TELLS_TESTIMONY);
        if let Some(testimony) = testimony {
            testimony.tell_deed(to);
        }
        to.time(key!(time), self.time);
        let is_shown = self.time.is_some_and(|time| time.is_complete());
        to.truth(key!(time_estimated), is_shown && self.time_estimated);
        to.number(key!(kernel_time_us), self.kernel_time_us);
        to.name(key!(host), self.host.as_ref());
        to.name(key!(kernel_release), self.kernel_release.as_ref());
        to.object(key!(source), self.source.as_deref());
        to.text(key!(scope), self.scope.map(Scope::as_str));
        to.name(key!(constraint), self.constraint.as_ref());
        to.truth(key!(oom_group), self.oom_group);
        to.object(key!(invoker), self.invoker.as_ref());
        to.object(key!(selected), self.selected.as_ref());
        to.object(key!(victim), self.victim.as_ref());
        if let Some(testimony) = testimony {
            to.objects(key!(victims), &testimony.victims);
            to.number(key!(process_count), testimony.process_count);
        }
        to.truth(key!(inferred), self.inferred);
        to.object(key!(cgroup), self.cgroup.as_ref());
        to.object(key!(pod), self.pod.as_ref());
        to.object(key!(container), self.container.as_ref());
        to.object(key!(openvz), self.openvz.as_ref());
        if let Some(testimony) = testimony {
            testimony.tell_reasons(to);
        }
        to.object(key!(memory), self.memory.as_ref());
        to.object(key!(memory_swap), self.memory_swap.as_ref());
        to.object(key!(swap), self.swap.as_ref());
        to.object(key!(kmem), self.kmem.as_ref());
        to.objects(key!(memcg_stats), &self.memcg_stats);
        to.object(key!(meminfo), self.meminfo.as_deref());
        to.objects(key!(tasks), &self.tasks);
        to.object(key!(reaped), self.reaped.as_ref());
        to.number(key!(suppressed_reports), self.suppressed_reports);
        to.words(key!(evidence), &self.evidence, Evidence::as_str);
        to.words(key!(truncated), &self.truncated, Field::as_str);
        to.objects(key!(others), &self.others);
    }
}

impl Part for OomEvent {
    /// Fields that this release does not know are skipped.
    fn read(from: &Members) -> Option<Self> {
        Some(Self {
            event_type: from.word(key!(type), EventType::from_word)?,
            id: from.text(key!(id)),
            report_id: from.text(key!(report_id)),
            origin: from
                .word(key!(origin), Origin::from_word)
                .unwrap_or_default(),
            time: from.time(key!(time)),
            time_estimated: from.truth(key!(time_estimated)),
            kernel_time_us: from.number(key!(kernel_time_us)),
            host: from.name(key!(host)),
            kernel_release: from.name(key!(kernel_release)),
            source: from.part(key!(source)).map(Box::new),
            scope: from.word(key!(scope), Scope::from_word),
            constraint: from.name(key!(constraint)),
            oom_group: from.truth(key!(oom_group)),
            inferred: from.truth(key!(inferred)),
            invoker: from.part(key!(invoker)),
            selected: from.part(key!(selected)),
            victim: from.part(key!(victim)),
            cgroup: from.part(key!(cgroup)),
            pod: from.part(key!(pod)),
            container: from.part(key!(container)),
            openvz: from.part(key!(openvz)),
            testimony: Testimony::read(from),
            memory: from.part(key!(memory)),
            memory_swap: from.part(key!(memory_swap)),
            swap: from.part(key!(swap)),
            kmem: from.part(key!(kmem)),
            memcg_stats: from.parts(key!(memcg_stats)),
            meminfo: from.part(key!(meminfo)).map(Arc::new),
            tasks: from.parts(key!(tasks)),
            reaped: from.part(key!(reaped)),
            suppressed_reports: from.number(key!(suppressed_reports)),
            evidence: from.words(key!(evidence), Evidence::from_word),
            truncated: from.words(key!(truncated), Field::from_word),
            others: from.parts(key!(others)),
            ..Self::default()
        })
    }
}

impl Testimony {
    /// Who did it, or who reports it.
    fn tell_deed(&self, to: &mut impl FieldVisitor) {
        to.text(key!(killer), self.killer.map(Killer::as_str));
        to.text(key!(reporter), self.reporter.map(Reporter::as_str));
        to.text(key!(stage), self.stage.map(Stage::as_str));
        to.text(key!(signal), self.signal);
        to.text(key!(first_signal), self.first_signal);
        to.text(key!(action), self.action.map(Action::as_str));
        to.text(key!(outcome), self.outcome.map(Outcome::as_str));
    }

    /// The cause, and other data about it.
    fn tell_reasons(&self, to: &mut impl FieldVisitor) {
        to.object(key!(cause), self.cause.as_ref());
        to.object(key!(system), self.system.as_ref());
        to.name(key!(unit), self.unit.as_ref());
        to.name(key!(unit_result), self.unit_result.as_ref());
        to.text(key!(resource), self.resource.map(Resource::as_str));
        to.object(key!(init), self.init.as_ref());
        to.object(key!(event), self.event.as_ref());
        to.number(key!(count), self.count);
    }

    /// The fields of the record beyond a kill's fields; `None` in a kernel's record.
    fn read(from: &Members) -> Option<Box<Self>> {
        const SIGNALS: [&str; 2] = ["SIGTERM", "SIGKILL"];
        let signal = |word: &str| SIGNALS.into_iter().find(|known| *known == word);
        let read = Self {
            killer: from.word(key!(killer), Killer::from_word),
            reporter: from.word(key!(reporter), Reporter::from_word),
            stage: from.word(key!(stage), Stage::from_word),
            signal: from.word(key!(signal), signal),
            first_signal: from.word(key!(first_signal), signal),
            action: from.word(key!(action), Action::from_word),
            outcome: from.word(key!(outcome), Outcome::from_word),
            victims: from.parts(key!(victims)),
            process_count: from.number(key!(process_count)),
            cause: from.part(key!(cause)),
            system: from.part(key!(system)),
            unit: from.name(key!(unit)),
            unit_result: from.name(key!(unit_result)),
            resource: from.word(key!(resource), Resource::from_word),
            init: from.part(key!(init)),
            event: from.part(key!(event)),
            count: from.number(key!(count)),
            words: None,
        };
        (read != Self::default()).then(|| Box::new(read))
    }
}

#[cfg(test)]
mod tests;
