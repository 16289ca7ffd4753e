//! Every bound of the crate, each with its reason.
//!
//! Nothing that a log can say makes memory grow past these numbers. What all streams of one
//! [`Parser`](crate::Parser) hold together has a bound of its own, [`MAX_OPEN_BYTES`]; with the stream that is
//! being read, which its own bounds keep below 48 MiB, a parser stays below 128 MiB.

use core::ops::RangeInclusive;

/// Longest line kept, in bytes; what a longer line holds past it is dropped.
///
/// The kernel prints at most 1,021 bytes a record, 8 KiB as `/dev/kmsg` shows it. A journal entry as
/// JSON with its message as an array of numbers takes five bytes for one, and a shipper's record
/// carries labels besides: 1 MiB holds all that was ever seen.
pub const MAX_LINE_LEN: usize = 1 << 20;

/// How many bytes of lines that were not read are kept for who asks for them: those of one piece of a log, which is
/// most often shorter, and one line that had begun.
pub const MAX_UNREAD_LEN: usize = 4 << 20;

/// Records that are read of one value or line.
///
/// A whole report as one value has a row for each process: as many as [`MAX_TASK_ROWS`].
pub const MAX_PARTS: usize = 16_384;

/// Longest message that is put together from the pieces of one printk, in bytes.
///
/// Two paths of `PATH_MAX` (4,096) each, a cpuset name of 255 and the fixed text stay under 9 KiB;
/// the one-record memory.stat block is cut by the kernel at 1,021.
pub const MAX_JOINED_LEN: usize = 16 << 10;

/// Pieces of one printk that are put together.
///
/// The kernel prints a report's longest line in a dozen of them, and the longest line of all breaks in 150
/// at the narrowest width that pastes have. With each piece the message is read anew, so this bounds the work.
pub const MAX_JOINED_PIECES: u32 = 160;

/// How long a record's text is that lost its end in the kernel, in bytes.
///
/// One printk is put together in a buffer of 976 (5.1 to 6.2 with `CONFIG_PRINTK_CALLER`), 992 (3.6 to 6.2) or
/// 1,024 bytes (3.5, and since 6.3). Of it go the closing NUL and, since 4.9, the two bytes that `pr_cont` puts in
/// front: 989 bytes were measured on 5.10 and 6.1, 1,021 on 6.12 and 6.18. 990 to 992 come of short pieces behind
/// such a text.
pub const CUT_RECORD_LENS: [RangeInclusive<usize>; 3] = [973..=976, 989..=992, 1_021..=1_024];

/// How long a syslog line is that its carrier cut, in bytes with the prefix as a file has it.
///
/// RFC 3164 allows 1,024 bytes a packet, and daemons that read RFC 5424 at least 2,048. The packet begins with a
/// priority of 3 to 5 bytes that a file does not show, and may end in a newline or a NUL.
pub const CUT_SYSLOG_LENS: [RangeInclusive<usize>; 2] = [1_016..=1_024, 2_040..=2_048];

/// How many bytes may be left in a record that is too full for the last piece of a summary: `,task=` and 15 bytes
/// of name, `,pid=` and 7 digits, `,uid=` and 10, and four for what printk counts besides.
pub const MAX_TAIL_LEN: usize = 52;

/// How many other records may stand between two pieces of one printk.
pub const MAX_JOIN_GAP: u32 = 16;

/// Streams (hosts) whose reports are kept apart; past it the stream that was quiet longest is
/// closed and its report given out with what it has.
pub const MAX_STREAMS: usize = 1024;

/// About how many bytes the streams of one parser hold beside the one that is being read; past it the stream
/// that was quiet longest is closed and its report given out with what it has.
///
/// A report with a task table of 200 rows takes 50 KiB when the rows are kept: this is enough for a thousand
/// hosts in the middle of one. A [`KeyedParser`](crate::KeyedParser) has the same bound over all its logs.
pub const MAX_OPEN_BYTES: usize = 64 << 20;

/// Reports of one stream that may be open at a time.
///
/// `oom_lock` lets one run at a time since 4.x; on 3.x two CPUs were seen to interleave.
pub const MAX_OPEN_REPORTS: usize = 4;

/// How many bytes of the log may stand behind a report's first line before it is given out with what it has.
///
/// So that a host that falls silent in the middle of a report holds it back no longer, and a log can be cut
/// anywhere: what stands further back than this decides nothing that is open. A report of 200 rows is 20 KiB, one
/// with 16,384 rows 2 MiB; in a log that many hosts fill with 4 MiB a second it may take two seconds.
pub const MAX_REPORT_LEN: u64 = 8 << 20;

/// Rows of one task table that are kept when the caller asks for them.
///
/// `pid_max` is 4,194,304, but the printk ring holds some thousand rows at most: 128 KiB of ring at
/// about 100 bytes a row. Rows past the bound are dropped and `tasks` is marked as cut.
pub const MAX_TASK_ROWS: usize = 16_384;

/// Row pids kept per table to tell whether a killed process belongs to a report (8 bytes each).
pub const MAX_TASK_PIDS: usize = 16_384;

/// "Memory cgroup stats for" blocks kept per report.
///
/// Kernels 3.9 to 5.2 print one for each cgroup below the limit: a pod has a handful, a whole
/// `kubepods` some hundred. What is past the bound is dropped and `memcg_stats` is marked as cut.
pub const MAX_STAT_BLOCKS: usize = 256;

/// Keys kept per stats block. cgroup v1 on 6.18 prints 45, v2 about 70.
pub const MAX_STAT_KEYS: usize = 160;

/// Pids of the last kills given out, so that a late reaper line makes no second event.
///
/// Since 5.18 the reaper starts two seconds after the kill, and in a storm more than a thousand processes are
/// killed meanwhile.
pub const MAX_RECENT_VICTIMS: usize = 4096;

/// Kills of which it is remembered what their lines showed, so that a line printed again makes no second event
/// where its report is closed; and lines that chose a victim.
///
/// The lines of one kill stand within one report. Those of a group have its list of pids besides.
pub const MAX_TOLD_KILLS: usize = 64;

/// Kills of one stream that wait for the line that proves whose cgroup is theirs; past it the oldest leaves.
///
/// They are members of a `memory.oom.group` kill: a container has a few processes, a web server's some hundred.
/// One takes about 300 bytes.
pub const MAX_WAITING_KILLS: usize = 256;

/// How long such a kill waits, by the log's clock, in microseconds.
///
/// Members were seen 58 ms apart. A host that shows its events as they come should not be late by more.
pub const MAX_WAIT_US: u64 = 1_000_000;

/// Lines of others that it waits for, where the clock is not shown or stands still.
///
/// The kernel prints a kill and its group one behind the other; only other processors' lines stand between.
pub const MAX_WAIT_LINES: u32 = 256;

/// Lines about kills of which their place proves nothing, behind a line whose clock or number stepped back twice.
///
/// Two kernels' lines stand mixed there, and soon change places again.
pub const MAX_DOUBTED_LINES: u32 = 64;

/// The same behind the first step: a machine that started anew, or a line that is quoted before its report.
pub const MAX_DOUBTED_LINES_ONCE: u32 = 8;

/// How many lines apart two such steps are of lines that are mixed.
pub const MAX_MIXED_LINES: u64 = 256;

/// How far the clock may step back between two lines of one kill, in microseconds.
///
/// One task prints them all. 16 µs were seen where it changed the processor; the scheduler's clocks are kept
/// within one tick of each other, 10 ms at the slowest.
pub const MAX_KILL_BACKSTEP_US: u64 = 10_000;

/// Members of one `memory.oom.group` kill that are remembered, so that one printed twice is one event.
pub const MAX_GROUP_MEMBERS: usize = 4096;

/// How many lines an event of a daemon's waits for the one that may void or complete it.
///
/// earlyoom prints what became of a process at most ten seconds after it sent the signal; a busy node's journal
/// has a hundred lines a second.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_WAIT_LINES: u32 = 1024;

/// The same in seconds of the log's clock.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_WAIT_S: u32 = 30;

/// Processes of one kill that a daemon's line may list.
///
/// A cgroup's processes; a pod has a handful, a service some hundred.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_VICTIMS: usize = 1024;

/// Pods of which a kubelet's lines are remembered while it evicts. A node has 110, and evicts one at a time.
#[cfg(feature = "daemons")]
pub const MAX_EVICTION_PODS: usize = 128;

/// About how many bytes all readers of daemons' lines hold; past it the host that was quiet longest is forgotten.
///
/// A host takes a few hundred bytes, and 50 KiB where its kubelet names pods: enough for all nodes of a log that
/// are in trouble at a time.
#[cfg(feature = "daemons")]
pub const MAX_DAEMON_BYTES: usize = 16 << 20;

/// Notices of one reader that wait for the lines that complete them; past it the oldest leaves as it is.
///
/// A node has a hundred pods, and of a storm each may be told within a second.
#[cfg(feature = "daemons")]
pub const MAX_HELD_NOTICES: usize = 256;

/// How far apart two lines are at most that say the same of one kill, in seconds.
///
/// conmon prints one line for each of two counters, docker an event for each, milliseconds apart.
#[cfg(feature = "daemons")]
pub const MAX_SAME_NOTICE_S: u32 = 2;

/// Events and ends of containers that are remembered, so that one listed again is no second event; 8 bytes each.
///
/// A cluster keeps its Events for an hour; of those only the ones that tell of kills are remembered.
#[cfg(feature = "daemons")]
pub const MAX_KNOWN_OBJECTS: usize = 4096;

/// Units of which systemd told lately, so that their end is no second event; 24 bytes each.
#[cfg(feature = "daemons")]
pub const MAX_RECENT_UNITS: usize = 256;

/// How long after the kill a unit may end by it, in seconds: systemd waits 90 for the processes that are left, then
/// as long again for each of its stop commands.
#[cfg(feature = "daemons")]
pub const MAX_UNIT_END_S: u32 = 600;

/// Longest comm, in bytes: `TASK_COMM_LEN` is 16 with the NUL.
pub const MAX_COMM_LEN: usize = 15;

/// Longest cgroup path that is looked at: `PATH_MAX`, the size of the buffer that
/// `pr_cont_kernfs_path` prints from.
pub const MAX_PATH_LEN: usize = 4096;

/// How far the clock may run on between two lines of one report, in microseconds.
///
/// printk stamps a line when it is stored, so the lines of a report are micro- to milliseconds
/// apart; a serial console at 9,600 baud holds the printing CPU for up to a second per kilobyte.
pub const MAX_REPORT_GAP_US: u64 = 20_000_000;

/// How far the clock may step back between two lines of one report, in microseconds.
///
/// Per-CPU clocks differ by less than this; a larger step back is another report.
pub const MAX_REPORT_BACKSTEP_US: u64 = 1_000_000;

/// How long after its kill an `oom_reaper:` line may come and still be taken for the victim of a
/// report that shows no other, in microseconds. The reaper waits 2 s since 5.18 and tries for one.
pub const MAX_REAPER_DELAY_US: u64 = 30_000_000;

/// Lines that are not about OOM after which an open report is given out with what it has.
///
/// A stack dump, registers and modules are about 100 lines; a Mem-Info block of an 8-node machine
/// 250. Other services' lines mix in.
pub const MAX_IDLE_LINES: u32 = 2_000;
