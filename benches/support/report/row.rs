//! A row of the task table.

use super::Kernel;
use crate::pod::Pod;
use crate::rng::Rng;

pub(super) struct Row {
    pub(super) pid: u64,
    pub(super) uid: u64,
    pub(super) total_vm_pages: u64,
    pub(super) anon_pages: u64,
    pub(super) file_pages: u64,
    pub(super) oom_score_adj: i32,
    pub(super) comm: &'static str,
}

impl Row {
    pub(super) fn pause(next_pid: &mut u64) -> Self {
        *next_pid += 3;
        Self {
            pid: *next_pid,
            uid: 65_535,
            total_vm_pages: 256,
            anon_pages: 0,
            file_pages: 1,
            oom_score_adj: -998,
            comm: "pause",
        }
    }

    pub(super) fn random(rng: &mut Rng, pod: &Pod, pages: u64, next_pid: &mut u64) -> Self {
        *next_pid += rng.between(1, 9);
        // A pid belongs to one process for as long as this log runs.
        let comm = if rng.one_in(5) { "sh" } else { pod.comm };
        let anon_pages = rng.between(pages / 8, pages / 2 + 1);
        Self {
            pid: *next_pid,
            uid: rng.pick(&[0, 0, 999, 1000, 10_001]),
            total_vm_pages: anon_pages * rng.between(1, 5) + 600,
            anon_pages,
            file_pages: rng.between(0, 900),
            oom_score_adj: pod.oom_score_adj(),
            comm,
        }
    }

    pub(super) fn line(&self, kernel: Kernel, pid_width: usize) -> String {
        let Self {
            pid,
            uid,
            total_vm_pages: vm,
            anon_pages,
            file_pages,
            ..
        } = self;
        let (adj, comm, rss) = (self.oom_score_adj, self.comm, anon_pages + file_pages);
        let head = format!("[{pid:pid_width$}] {uid:5} {pid:5} {vm:8} {rss:8}");
        let pgtables = (vm / 512 + 4) * 4096;
        match kernel {
            Kernel::V4_14 => {
                let ptes = vm / 512 + 4;
                format!("{head} {ptes:7} {:7} {:8}         {adj:5} {comm}", 3, 0)
            }
            Kernel::V6_8 => format!(
                "{head} {anon_pages:8} {file_pages:8} {:9} {pgtables:8} {:8}         {adj:5} {comm}",
                0, 0
            ),
            _ => format!("{head} {pgtables:8} {:8}         {adj:5} {comm}", 0),
        }
    }
}
