//! Every bound of the crate, each with its reason.
//!
//! Nothing in a log can make memory grow past these bounds. All streams of one [`Parser`](crate::Parser) together
//! have a bound of their own, [`MAX_OPEN_BYTES`]. The other bounds keep the stream that is being read below 48
//! MiB, so a parser stays below 128 MiB.

use core::ops::RangeInclusive;

/// Longest line that is kept, in bytes; the rest of a longer line is dropped.
///
/// The kernel prints at most 1,021 bytes per record, or 8 KiB as `/dev/kmsg` escapes it. A journal entry as JSON
/// whose message is an array of numbers takes up to five bytes for each byte, and a shipper's record also carries
/// labels: 1 MiB is larger than any line ever seen.
pub const MAX_LINE_LEN: usize = 1 << 20;

/// How many bytes of unread lines are kept for callers who ask for them: the lines of one piece of a log, which
/// is usually shorter, and one line that had begun.
pub const MAX_UNREAD_LEN: usize = 4 << 20;

/// How many records are read from one value or line.
///
/// A whole report in one value has a row for each process: as many as [`MAX_TASK_ROWS`].
pub const MAX_PARTS: usize = 16_384;

/// Longest message that is joined from the pieces of one printk, in bytes.
///
/// Two paths of `PATH_MAX` (4,096) each, a cpuset name of 255 and the fixed text stay under 9 KiB;
/// the one-record memory.stat block is cut by the kernel at 1,021.
pub const MAX_JOINED_LEN: usize = 16 << 10;

/// How many pieces of one printk are joined.
///
/// The kernel prints a report's longest line in about a dozen pieces, and the longest possible line breaks into
/// 150 at the narrowest width of a paste. The message is parsed again with each piece, so this bounds the work.
pub const MAX_JOINED_PIECES: u32 = 160;

/// Length of a record's text whose end the kernel dropped, in bytes.
///
/// One printk is assembled in a buffer of 976 (5.1 to 6.2 with `CONFIG_PRINTK_CALLER`), 992 (3.6 to 6.2) or 1,024
/// bytes (3.5, and since 6.3). The closing NUL takes one byte of it and, since 4.9, `pr_cont` takes two bytes in
/// front: 989 bytes were measured on 5.10 and 6.1, 1,021 on 6.12 and 6.18. Lengths of 990 to 992 come from short
/// pieces that follow such a text.
pub const CUT_RECORD_LENS: [RangeInclusive<usize>; 3] = [973..=976, 989..=992, 1_021..=1_024];

/// Length of a syslog line that its carrier cut, in bytes, including the prefix as it is in a file.
///
/// RFC 3164 allows packets of 1,024 bytes, and daemons that implement RFC 5424 at least 2,048. A packet begins
/// with a priority of 3 to 5 bytes that a file does not show, and may end in a newline or a NUL.
pub const CUT_SYSLOG_LENS: [RangeInclusive<usize>; 2] = [1_016..=1_024, 2_040..=2_048];

/// How many bytes may be free in a record that has no room for the last piece of a summary: `,task=` and 15 bytes
/// of name, `,pid=` and 7 digits, `,uid=` and 10, and four bytes that printk counts in addition.
pub const MAX_TAIL_LEN: usize = 52;

/// How many other records may come between two pieces of one printk.
pub const MAX_JOIN_GAP: u32 = 16;

/// Streams (hosts) whose reports are kept apart; beyond that, the stream that was silent longest is closed and
/// its report is emitted with what it has.
pub const MAX_STREAMS: usize = 1024;

/// For how many logs without a parser the beginning of the last line is kept, because an indented line may continue
/// it: enough for the tags or files that come mixed, in 30 kB.
pub const MAX_REFUSED: usize = 64;

/// About how many bytes the streams of one parser hold, without the one that is being read; beyond that, the
/// stream that was silent longest is closed and its report is emitted with what it has.
///
/// A report with a task table of 200 rows takes 50 KiB if the rows are kept, so this is enough for a thousand
/// hosts in the middle of a report. A [`KeyedParser`](crate::KeyedParser) has the same bound for all its logs
/// together.
pub const MAX_OPEN_BYTES: usize = 64 << 20;

/// How many reports of one stream may be open at a time.
///
/// Since 4.x `oom_lock` lets only one run at a time; on 3.x, two interleaved CPUs were seen.
pub const MAX_OPEN_REPORTS: usize = 4;

/// How many bytes of the log may follow a report's first line before the report is emitted with what it has.
///
/// So a host that falls silent in the middle of a report does not hold it back longer, and a log can be cut
/// anywhere: lines further back than this cannot affect an open report. A report of 200 rows takes 20 KiB, one
/// with 16,384 rows 2 MiB; in a log that many hosts fill with 4 MiB per second, a report may take two seconds.
pub const MAX_REPORT_LEN: u64 = 8 << 20;

/// Rows of one task table that are kept when the caller asks for them.
///
/// `pid_max` is 4,194,304, but a row takes about 100 bytes, and the printk ring buffer has 128 KiB, on large machines
/// some MiB: a longer table does not get out whole. Further rows are dropped, and `tasks` is marked as truncated.
pub const MAX_TASK_ROWS: usize = 16_384;

/// Pids of task rows that are kept per table, to decide whether a killed process belongs to a report (8 bytes
/// each).
pub const MAX_TASK_PIDS: usize = 16_384;

/// "Memory cgroup stats for" blocks kept per report.
///
/// Kernels 3.9 to 5.2 print one for each cgroup below the limit: a pod has a handful, a whole `kubepods` a few
/// hundred. Further blocks are dropped and `memcg_stats` is marked as truncated.
pub const MAX_STAT_BLOCKS: usize = 256;

/// Keys kept per stats block. cgroup v1 on 6.18 prints 45, v2 about 70.
pub const MAX_STAT_KEYS: usize = 160;

/// Pids of the last reported kills that are kept, so that a late reaper line makes no second event.
///
/// Since 5.18 the reaper starts two seconds after the kill; in a storm, more than a thousand processes are killed
/// in that time.
pub const MAX_RECENT_VICTIMS: usize = 4096;

/// Kills whose lines are remembered, so that a line that is printed again makes no second event after its report
/// was closed; the same for lines that chose a victim.
///
/// The lines of one kill are within one report. The kills of a group are also in the group's list of pids.
pub const MAX_REPORTED_KILLS: usize = 64;

/// Kills of one stream that wait for the line that proves their cgroup; beyond that, the oldest is emitted.
///
/// They are members of a `memory.oom.group` kill: a container has a few processes, a web server's a few hundred.
/// Each takes about 300 bytes.
pub const MAX_WAITING_KILLS: usize = 256;

/// How long such a kill waits, by the log's clock, in microseconds.
///
/// Members were seen 58 ms apart. A host that shows events live should not be delayed more than this.
pub const MAX_WAIT_US: u64 = 1_000_000;

/// How many lines of others such a kill waits for, if the log shows no clock or the clock stands still.
///
/// The kernel prints a kill and then its group; only lines of other processors come between.
pub const MAX_WAIT_LINES: u32 = 256;

/// After a line whose clock or number stepped back twice: for how many lines about kills their position proves
/// nothing.
///
/// The lines of two kernels are mixed there, and soon change places again.
pub const MAX_DOUBTED_LINES: u32 = 64;

/// The same after the first step back: a machine that rebooted, or a line that is quoted before its report.
pub const MAX_DOUBTED_LINES_ONCE: u32 = 8;

/// How many lines may lie between two such steps if they come from mixed lines.
pub const MAX_MIXED_LINES: u64 = 256;

/// How far the clock may step back between two lines of one kill, in microseconds.
///
/// One task prints all of them. Steps of 16 µs were seen when the task moved to another processor; the
/// scheduler's clocks are kept within one tick of each other, which is at most 10 ms.
pub const MAX_KILL_BACKSTEP_US: u64 = 10_000;

/// Members of one `memory.oom.group` kill that are remembered, so that a member that is printed twice is one
/// event.
pub const MAX_GROUP_MEMBERS: usize = 4096;

/// For how many lines a daemon's event waits for the line that may cancel or complete it.
///
/// earlyoom reports the outcome at most ten seconds after it sent the signal; the journal of a busy node has a
/// hundred lines per second.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_WAIT_LINES: u32 = 1024;

/// The same limit in seconds of the log's clock.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_WAIT_S: u32 = 30;

/// Processes of one kill that a daemon's line may list.
///
/// These are a cgroup's processes; a pod has a handful, a service a few hundred.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_VICTIMS: usize = 1024;

/// Pods for which a kubelet's lines are remembered while it evicts. A node has 110, and evicts one at a time.
#[cfg(feature = "daemons")]
pub const MAX_EVICTION_PODS: usize = 128;

/// About how many bytes all readers of daemons' lines hold; beyond that, the host that was silent longest is
/// forgotten.
///
/// A host takes a few hundred bytes, or 50 KiB if its kubelet names pods: enough for all nodes of a log that are
/// short of memory at the same time.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_BYTES: usize = 16 << 20;

/// Notices of one reader that wait for the lines that complete them; beyond that, the oldest is emitted as it is.
///
/// A node has a hundred pods, and in a storm each of them may be reported within a second.
#[cfg(feature = "daemons")]
pub const MAX_HELD_NOTICES: usize = 256;

/// Two lines that report the same kill are at most this far apart, in seconds.
///
/// conmon prints one line for each of two counters, and docker one event for each, milliseconds apart.
#[cfg(feature = "daemons")]
pub const MAX_SAME_NOTICE_S: u32 = 2;

/// Events and container ends that are remembered, so that one that is listed again makes no second event; 8 bytes
/// each.
///
/// A cluster keeps its Events for an hour; only those that report kills are remembered.
#[cfg(feature = "daemons")]
pub const MAX_KNOWN_OBJECTS: usize = 4096;

/// Units that systemd reported recently, so that their end makes no second event; 24 bytes each.
#[cfg(feature = "daemons")]
pub const MAX_RECENT_UNITS: usize = 256;

/// How long after the kill a unit may end because of it, in seconds: systemd waits 90 for the remaining
/// processes, then as long again for each of its stop commands.
#[cfg(feature = "daemons")]
pub const MAX_UNIT_END_S: u32 = 600;

/// Longest comm, in bytes: `TASK_COMM_LEN` is 16 with the NUL.
pub const MAX_COMM_LEN: usize = 15;

/// Longest cgroup path that is read: `PATH_MAX`, the size of the buffer from which `pr_cont_kernfs_path` prints.
pub const MAX_PATH_LEN: usize = 4096;

/// How far the clock may advance between two lines of one report, in microseconds.
///
/// printk stamps a line when it is stored, so the lines of a report are micro- to milliseconds apart; a serial
/// console at 9,600 baud holds up the printing CPU for up to a second per kilobyte.
pub const MAX_REPORT_GAP_US: u64 = 20_000_000;

/// How far the clock may step back between two lines of one report, in microseconds.
///
/// Per-CPU clocks differ by less than this; a larger step back means another report.
pub const MAX_REPORT_BACKSTEP_US: u64 = 1_000_000;

/// How long after its kill an `oom_reaper:` line may come and still be taken for the victim of a
/// report that shows no other, in microseconds. The reaper waits 2 s since 5.18 and tries for one.
pub const MAX_REAPER_DELAY_US: u64 = 30_000_000;

/// After how many lines that are not about OOM an open report is emitted with what it has.
///
/// A stack dump, registers and modules take about 100 lines; the Mem-Info block of an 8-node machine takes 250.
/// Lines of other services come in between.
pub const MAX_IDLE_LINES: u32 = 2_000;
