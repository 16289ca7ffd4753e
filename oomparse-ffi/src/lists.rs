//! The lists of an event: evidence, cut fields, labels, stats blocks, tasks, victims.
#![allow(unsafe_code, reason = "export attributes")]

use crate::event::{content, oomparse_event};
use crate::guard::{Done, given, guard};
use crate::result::oomparse_result;
use crate::str::oomparse_str;
use oomparse_core::{KilledProcess, MemcgStats, TaskRow, Text};
use std::mem::MaybeUninit;

/// A list of texts in an event. A number is never reused for another meaning; new ones may be added.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_list {
    /// The kinds of line on which the event is based, in the order seen.
    Evidence = 1,
    /// Fields whose text was cut.
    Truncated = 2,
    /// Keys of the pod's labels.
    LabelKeys = 3,
    /// Values of the pod's labels, in the order of the keys.
    LabelValues = 4,
    /// Cgroups of the "Memory cgroup stats for" blocks; `oomparse_event_get_stat` returns the figures.
    StatPaths = 5,
}

/// A figure of a row of the task table. A number is never reused for another meaning; new ones may be added.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_task {
    /// Thread id of the row.
    Pid = 1,
    /// Process id.
    Tgid = 2,
    /// User id.
    Uid = 3,
    /// Address space in pages.
    TotalVmPages = 4,
    /// Resident pages.
    RssPages = 5,
    /// Resident anonymous pages.
    RssAnonPages = 6,
    /// Resident file pages.
    RssFilePages = 7,
    /// Resident shared pages.
    RssShmemPages = 8,
    /// Page tables of the lowest level, in pages.
    NrPtesPages = 9,
    /// Page tables of the level above, in pages.
    NrPmdsPages = 10,
    /// Page tables in bytes.
    PgtablesBytes = 11,
    /// Swapped pages.
    SwapentsPages = 12,
    /// The processor it last ran on.
    Cpu = 13,
    /// `oom_adj` of old kernels, may be negative.
    OomAdj = 14,
    /// `oom_score_adj`, may be negative.
    OomScoreAdj = 15,
}

/// How many texts a list has: a number of `oomparse_list`.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_list_len(
    event: Option<&oomparse_event>,
    list: u32,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_len)?;
        out.write(0);
        let event = &content(event)?.event;
        let labels = event.pod.as_ref().map_or(0, |pod| pod.labels.len());
        out.write(match list {
            1 => event.evidence.len(),
            2 => event.truncated.len(),
            3 | 4 => labels,
            5 => event.memcg_stats.len(),
            _ => return Err(oomparse_result::UnknownField),
        });
        Ok(())
    })
}

/// A text of a list, counted from 0.
///
/// # Lifetime
/// The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_list_str(
    event: Option<&oomparse_event>,
    list: u32,
    index: usize,
    out_value: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(oomparse_str::NONE);
        let event = &content(event)?.event;
        let label = || event.pod.as_ref()?.labels.get(index);
        let text = match list {
            1 => event
                .evidence
                .get(index)
                .map(|kind| kind.as_str().as_bytes()),
            2 => event
                .truncated
                .get(index)
                .map(|field| field.as_str().as_bytes()),
            3 => label().map(|(key, _)| key.as_bytes()),
            4 => label().map(|(_, value)| value.as_bytes()),
            5 => event
                .memcg_stats
                .get(index)
                .map(|block| block.path.as_bytes()),
            _ => return Err(oomparse_result::UnknownField),
        };
        out.write(oomparse_str::of(text.ok_or(oomparse_result::OutOfRange)?));
        Ok(())
    })
}

/// How many processes a daemon's list of the killed has; the single victim of an event is not a list, but fields.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_victims_len(
    event: Option<&oomparse_event>,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_len)?;
        out.write(0);
        out.write(victims(event)?.len());
        Ok(())
    })
}

/// A process of a daemon's list of the killed, counted from 0: its id, and its name; NULL where the line does not
/// show the name, of which the raw bytes are given.
///
/// # Lifetime
/// The view is the event's: it ends with the event, or when `oomparse_pods_enrich` changes it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_victim(
    event: Option<&oomparse_event>,
    index: usize,
    out_pid: Option<&mut MaybeUninit<u32>>,
    out_comm: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let (pid, comm) = (given(out_pid)?, given(out_comm)?);
        pid.write(0);
        comm.write(oomparse_str::NONE);
        let victim = victims(event)?.get(index);
        let victim = victim.ok_or(oomparse_result::OutOfRange)?;
        pid.write(victim.pid);
        if let Some(name) = &victim.comm {
            comm.write(oomparse_str::of(name.as_bytes()));
        }
        Ok(())
    })
}

fn victims(event: Option<&oomparse_event>) -> Done<&[KilledProcess]> {
    let testimony = content(event)?.event.testimony.as_deref();
    Ok(testimony.map_or(&[], |it| it.victims.as_slice()))
}

/// How many figures a "Memory cgroup stats for" block has; blocks are counted from 0.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_stats_len(
    event: Option<&oomparse_event>,
    block: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_len)?;
        out.write(0);
        out.write(stats(event, block)?.values.len());
        Ok(())
    })
}

/// A figure of a "Memory cgroup stats for" block: the kernel's key, and bytes or a count.
///
/// # Lifetime
/// The key belongs to the event and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_stat(
    event: Option<&oomparse_event>,
    block: usize,
    index: usize,
    out_key: Option<&mut MaybeUninit<oomparse_str>>,
    out_value: Option<&mut MaybeUninit<u64>>,
) -> oomparse_result {
    guard(|| {
        let (out_key, out_value) = (given(out_key)?, given(out_value)?);
        out_key.write(oomparse_str::NONE);
        out_value.write(0);
        let figure = stats(event, block)?.values.iter().nth(index);
        let (key, value) = figure.ok_or(oomparse_result::OutOfRange)?;
        out_key.write(oomparse_str::of(key.as_bytes()));
        out_value.write(value);
        Ok(())
    })
}

fn stats(event: Option<&oomparse_event>, block: usize) -> Done<&MemcgStats> {
    let blocks = &content(event)?.event.memcg_stats;
    blocks.get(block).ok_or(oomparse_result::OutOfRange)
}

/// How many rows the task table has; 0 unless it was requested with `oomparse_options_set_tasks`.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_tasks_len(
    event: Option<&oomparse_event>,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_len)?;
        out.write(0);
        out.write(content(event)?.event.tasks.len());
        Ok(())
    })
}

/// A figure of a row of the task table: a number of `oomparse_task`.
///
/// `OOMPARSE_RESULT_ABSENT` and 0 if the kernel's table has no such column.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_task(
    event: Option<&oomparse_event>,
    row: usize,
    figure: u32,
    out_value: Option<&mut MaybeUninit<i64>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(0);
        let row = task(event, row)?;
        let wide = |number: Option<u32>| number.map(u64::from);
        let unsigned = match figure {
            1 => Some(u64::from(row.pid)),
            2 => wide(row.tgid),
            3 => wide(row.uid),
            4 => row.total_vm_pages,
            5 => row.rss_pages,
            6 => row.rss_anon_pages,
            7 => row.rss_file_pages,
            8 => row.rss_shmem_pages,
            9 => row.nr_ptes_pages,
            10 => row.nr_pmds_pages,
            11 => row.pgtables_bytes,
            12 => row.swapents_pages,
            13 => wide(row.cpu),
            14 | 15 => {
                let adj = if figure == 14 {
                    row.oom_adj
                } else {
                    row.oom_score_adj
                };
                out.write(i64::from(adj.ok_or(oomparse_result::Absent)?));
                return Ok(());
            }
            _ => return Err(oomparse_result::UnknownField),
        };
        let value = unsigned.ok_or(oomparse_result::Absent)?;
        // No figure of the kernel comes near this.
        out.write(i64::try_from(value).unwrap_or(i64::MAX));
        Ok(())
    })
}

/// The name in a row of the task table.
///
/// # Lifetime
/// The view belongs to the event and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_task_comm(
    event: Option<&oomparse_event>,
    row: usize,
    out_comm: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_comm)?;
        out.write(oomparse_str::NONE);
        let comm = task(event, row)?.comm.as_ref().map(Text::as_bytes);
        out.write(oomparse_str::of(comm.ok_or(oomparse_result::Absent)?));
        Ok(())
    })
}

fn task(event: Option<&oomparse_event>, row: usize) -> Done<&TaskRow> {
    let rows = &content(event)?.event.tasks;
    rows.get(row).ok_or(oomparse_result::OutOfRange)
}
