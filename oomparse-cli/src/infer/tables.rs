//! Earlier task tables: the process of a bare kill may stand in one.

use super::Printed;
use oomparse_core::{CgroupRoots, EventType, Evidence, LimitLevel, OomEvent, Origin, Text};
use std::collections::HashMap;

/// A row is believed this long by printk's clock. The kernel leaves kills bare for five seconds at a time;
/// later the number may be another process'.
const MAX_AGE_US: u64 = 60_000_000;

/// Processes that are kept of each machine: some tables of the largest machines.
const MAX_ROWS: usize = 1 << 16;

/// Machines of a merged log.
const MAX_HOSTS: usize = 1 << 10;

#[derive(Clone, Debug)]
struct Row {
    comm: Text,
    oom_score_adj: i64,
    cgroup: Text,
    at_us: u64,
}

/// What the tables of one boot of one machine said.
#[derive(Debug, Default)]
struct Machine {
    rows: HashMap<u32, Row>,
    last_us: u64,
}

/// The tables of a log.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// By host and origin: a report that anybody may have written names no kill of the kernel's.
    machines: HashMap<(Option<Text>, Origin), Machine>,
    roots: CgroupRoots,
}

impl Tables {
    pub(crate) fn new(roots: CgroupRoots) -> Self {
        Self {
            machines: HashMap::new(),
            roots,
        }
    }

    /// Another log begins: it may be another machine's, or another boot's.
    pub(crate) fn clear(&mut self) {
        self.machines.clear();
    }

    /// Takes over the event's table, or gives the event what earlier ones say.
    pub(crate) fn take(&mut self, event: &mut OomEvent) {
        let Some(at_us) = event.kernel_time_us else {
            // Nothing shows which boot it is of.
            return;
        };
        let key = (event.host.clone(), event.origin);
        if !self.machines.contains_key(&key) && self.machines.len() >= MAX_HOSTS {
            return;
        }
        let machine = self.machines.entry(key).or_default();
        if at_us < machine.last_us {
            machine.rows.clear();
        }
        machine.last_us = at_us;
        if event.event_type != EventType::Kill {
            machine.keep(event, at_us, &self.roots);
            return;
        }
        if event.is_bare() {
            let printed = Printed::of(event);
            let row = printed.and_then(|printed| machine.find(&printed, at_us));
            if let Some(row) = row {
                let cgroup = row.cgroup.as_bytes();
                event.infer_cgroup_above(cgroup, &self.roots, Evidence::EarlierTasks);
            }
        } else {
            machine.keep(event, at_us, &self.roots);
        }
        // It is dead; the number may be used again.
        if let Some(victim) = &event.victim {
            machine.rows.remove(&victim.pid);
        }
    }
}

impl Machine {
    /// The rows of a report at a container's own limit: all of them are in that container.
    fn keep(&mut self, event: &OomEvent, at_us: u64, roots: &CgroupRoots) {
        let Some(cgroup) = event.cgroup.as_ref().and_then(|it| it.oom_memcg.as_ref()) else {
            return;
        };
        let is_cut = |field: &oomparse_core::Field| field.as_str() == "cgroup.oom_memcg";
        let level = roots.parse(cgroup.as_bytes()).level;
        if level != LimitLevel::Container || event.truncated.iter().any(is_cut) {
            return;
        }
        for task in event.tasks.iter() {
            if self.rows.len() >= MAX_ROWS {
                return;
            }
            let (Some(comm), Some(oom_score_adj)) = (&task.comm, task.oom_score_adj) else {
                continue;
            };
            let row = Row {
                comm: comm.clone(),
                oom_score_adj: oom_score_adj.into(),
                cgroup: cgroup.clone(),
                at_us,
            };
            self.rows.insert(task.pid, row);
        }
    }

    /// The row with this number, name and adjustment, young enough.
    fn find(&self, printed: &Printed, at_us: u64) -> Option<&Row> {
        let row = self.rows.get(&printed.pid)?;
        let agrees = row.comm.as_bytes() == printed.comm
            && printed.oom_score_adj == Some(row.oom_score_adj)
            && at_us.saturating_sub(row.at_us) <= MAX_AGE_US;
        agrees.then_some(row)
    }
}
