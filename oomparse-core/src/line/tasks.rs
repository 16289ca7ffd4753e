//! The task table: every process that could have been killed.
//!
//! `dump_tasks` (mm/oom_kill.c), level 6, with `vm.oom_dump_tasks=1` (default). Since 4.19 the line `Tasks state
//! (memory values in pages):` comes before it. The heading names the columns:
//!
//! ```text
//! 2.6.32  [ pid ]   uid  tgid total_vm      rss cpu oom_adj name
//! RHEL 6  [ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name
//! 3.7     [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
//! 4.0     [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name
//! 4.15    [ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
//! 4.19    [  pid  ]   uid  tgid …
//! 6.8     [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
//! ```
//! Samples: `[17377] 10000 17377   804134   262144    1644        0           968 java` (3.10) and
//! `[    767]  1000   767     4729     4209     4096      113         0    73728        0           980 node` (6.8).
//!
//! Widths are minimums, so a row is split at blanks. The comm follows the last number and one blank; it may
//! contain blanks or be empty. Unknown columns are skipped.

use super::Line;
use super::common::{decimal, find, is_comm};
use crate::bytes::Text;
use crate::bytes::words::{blanks, few_digits_after_blanks, padded_number};
use crate::event::TaskRow;

/// The largest number of columns that a heading may name.
const MAX_COLUMNS: usize = 24;

/// The meaning of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Column {
    #[default]
    Unknown,
    Uid,
    Tgid,
    TotalVm,
    Rss,
    RssAnon,
    RssFile,
    RssShmem,
    NrPtes,
    NrPmds,
    PgtablesBytes,
    Swapents,
    Cpu,
    OomAdj,
    OomScoreAdj,
}

/// The columns of one table, from its heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    kinds: [Column; MAX_COLUMNS],
    len: usize,
    /// How many columns precede the process id.
    tgid: Option<usize>,
}

/// Reads the heading.
pub(super) fn columns(message: &[u8]) -> Option<Columns> {
    let rest = message
        .strip_prefix(b"[")?
        .trim_ascii_start()
        .strip_prefix(b"pid")?;
    let rest = rest.trim_ascii_start().strip_prefix(b"]")?;
    // In every kernel's heading these two are side by side.
    find(rest, "tgid total_vm")?;
    let mut found = Columns::default();
    for word in rest
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
    {
        if word == b"name" {
            return Some(found);
        }
        if word == b"tgid" && found.tgid.is_none() {
            found.tgid = Some(found.len);
        }
        let slot = found.kinds.get_mut(found.len)?;
        *slot = match word {
            b"uid" => Column::Uid,
            b"tgid" => Column::Tgid,
            b"total_vm" => Column::TotalVm,
            b"rss" => Column::Rss,
            b"rss_anon" => Column::RssAnon,
            b"rss_file" => Column::RssFile,
            b"rss_shmem" => Column::RssShmem,
            b"nr_ptes" => Column::NrPtes,
            b"nr_pmds" => Column::NrPmds,
            b"pgtables_bytes" => Column::PgtablesBytes,
            b"swapents" => Column::Swapents,
            b"cpu" => Column::Cpu,
            b"oom_adj" => Column::OomAdj,
            b"oom_score_adj" => Column::OomScoreAdj,
            _ => Column::Unknown,
        };
        found.len = found.len.saturating_add(1);
    }
    None
}

/// Where the columns of a table's last row ended, counted from the row's first byte. Most rows have their columns
/// there, because the kernel pads short numbers with blanks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    ends: [u8; MAX_COLUMNS],
}

/// A row: its pid, and the rest, which is read with the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<'a> {
    /// A thread that still has its memory, usually the leader.
    pub pid: u32,
    text: &'a [u8],
    /// The text after the pid's bracket.
    rest: &'a [u8],
}

/// Reads `[  pid]`; the columns are read later, by code that has the heading.
pub(crate) fn row(message: &[u8]) -> Option<Row<'_>> {
    let inner = message.strip_prefix(b"[")?;
    let (pid, rest) = match few_digits_after_blanks(inner, 0) {
        Some((pid, end)) if cfg!(feature = "perf") => (pid, inner.get(end..)?),
        _ => decimal(skip_blanks(inner))?,
    };
    let rest = rest.strip_prefix(b"]")?;
    // A blank and a number always follow: the uid, which `%5d` prints as negative if it is large.
    let next = skip_blanks(rest.strip_prefix(b" ")?);
    let digits = next.strip_prefix(b"-").unwrap_or(next);
    digits.first().filter(|byte| byte.is_ascii_digit())?;
    let pid = u32::try_from(pid).ok()?;
    let text = message;
    Some(Row { pid, text, rest })
}

/// Whether a text begins like a row, and leaves room neither for a comm that looks like one, nor for the names in
/// brackets that some kernels print before a message.
#[inline]
pub(crate) fn begins_row(text: &[u8]) -> bool {
    let Some((b'[', start)) = text
        .first_chunk::<17>()
        .and_then(|start| start.split_first())
    else {
        return false;
    };
    let (mut has_bracket, mut is_plain) = (false, true);
    for byte in start {
        has_bracket |= *byte == b']';
        is_plain &= byte.is_ascii_digit() | (*byte == b' ') | (*byte == b']');
    }
    has_bracket & is_plain
}

/// A row consists mostly of blanks; other white space is tested last.
#[inline]
fn skip_blanks(mut text: &[u8]) -> &[u8] {
    if cfg!(feature = "perf") {
        text = text.get(blanks(text)..).unwrap_or_default();
    }
    while let [b' ', tail @ ..] = text {
        text = tail;
    }
    match text {
        [b'!'..=b'~', ..] => text,
        _ => text.trim_ascii_start(),
    }
}

impl<'a> Row<'a> {
    /// The process id, if the table has that column and the row is long enough.
    #[must_use]
    pub fn tgid(&self, columns: &Columns) -> Option<u32> {
        let mut at = 0;
        for _ in 0..columns.tgid? {
            at = match self.positive(at) {
                Some((_, end)) if self.rest.get(end) == Some(&b' ') => end,
                _ => {
                    let word = skip_blanks(self.rest.get(at..)?);
                    let end = word.iter().position(|byte| *byte == b' ')?;
                    self.place_of(word.get(end..)?)
                }
            };
        }
        // A number at the end of the line may have lost digits; this one has more bytes after it.
        match self.positive(at) {
            Some((value, _)) => u32::try_from(value).ok(),
            None => {
                let (value, tail) = decimal(skip_blanks(self.rest.get(at..)?))?;
                u32::try_from(value).ok().filter(|_| !tail.is_empty())
            }
        }
    }

    /// All columns of the row; `None` if it was cut or does not belong to this table.
    #[must_use]
    pub fn read(&self, columns: &Columns) -> Option<TaskRow> {
        let mut row = TaskRow::default();
        let is_whole = self.read_into(columns, &mut Layout::default(), &mut row);
        is_whole.then_some(row)
    }

    /// Reads all columns into an empty row; returns whether it is complete and belongs to this table.
    pub(crate) fn read_into(
        &self,
        columns: &Columns,
        layout: &mut Layout,
        row: &mut TaskRow,
    ) -> bool {
        row.pid = self.pid;
        let Some(comm) = self.read_columns(columns, layout, row) else {
            return false;
        };
        row.comm = Some(Text::from(comm));
        true
    }

    /// Reads the numbers; returns the comm after them.
    fn read_columns(
        &self,
        columns: &Columns,
        layout: &mut Layout,
        row: &mut TaskRow,
    ) -> Option<&'a [u8]> {
        let mut at = self.text.len().checked_sub(self.rest.len())?;
        let kinds = columns.kinds.get(..columns.len)?;
        for (kind, end) in kinds.iter().zip(&mut layout.ends) {
            let expected = usize::from(*end);
            at = if let Some(value) = self.number_up_to(at, expected) {
                put(*kind, false, value, row)?;
                expected
            } else {
                let (is_negative, value, tail) = number(skip_blanks(self.text.get(at..)?))?;
                put(*kind, is_negative, value, row)?;
                self.text.len().checked_sub(tail.len())?
            };
            // No column ends at 0: 0 marks a position that is too large to store.
            *end = u8::try_from(at).unwrap_or(0);
        }
        let comm = self.text.get(at..)?.strip_prefix(b" ");
        comm.filter(|comm| is_comm(comm))
    }

    /// The number that ends where the last row's number ended, with the value that [`number`] would read.
    #[inline]
    fn number_up_to(&self, at: usize, end: usize) -> Option<u64> {
        if cfg!(not(feature = "perf")) || self.text.get(at) != Some(&b' ') {
            return None;
        }
        padded_number(self.text, at.wrapping_add(1), end)
    }

    /// A number after blanks, as almost all columns are, and where it ends.
    #[inline]
    fn positive(&self, at: usize) -> Option<(u64, usize)> {
        if cfg!(not(feature = "perf")) {
            return None;
        }
        few_digits_after_blanks(self.rest, at)
    }

    /// The position at which a tail of the row begins.
    fn place_of(&self, tail: &[u8]) -> usize {
        self.rest.len().saturating_sub(tail.len())
    }
}

/// Whether a number is negative, its absolute value, and the text after it.
fn number(input: &[u8]) -> Option<(bool, u64, &[u8])> {
    let (is_negative, digits) = match input {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, input),
    };
    let (value, rest) = decimal(digits)?;
    Some((is_negative, value, rest))
}

/// Puts a number into its column; `None` if the column cannot store it.
#[inline]
fn put(kind: Column, is_negative: bool, value: u64, row: &mut TaskRow) -> Option<()> {
    let signed = || {
        let value = i64::try_from(value).ok()?;
        Some(if is_negative {
            value.wrapping_neg()
        } else {
            value
        })
    };
    let narrow = |value: i64| i32::try_from(value).ok();
    let slot = match kind {
        Column::OomAdj => {
            row.oom_adj = narrow(signed()?);
            return Some(());
        }
        Column::OomScoreAdj => {
            row.oom_score_adj = narrow(signed()?);
            return Some(());
        }
        Column::Uid => {
            let value = signed()?;
            let large = || narrow(value).map(i32::cast_unsigned);
            row.uid = u32::try_from(value).ok().or_else(large);
            return Some(());
        }
        Column::Unknown => return signed().map(drop),
        _ if is_negative => return None,
        Column::Tgid => {
            row.tgid = u32::try_from(value).ok();
            return Some(());
        }
        Column::Cpu => {
            row.cpu = u32::try_from(value).ok();
            return Some(());
        }
        Column::TotalVm => &mut row.total_vm_pages,
        Column::Rss => &mut row.rss_pages,
        Column::RssAnon => &mut row.rss_anon_pages,
        Column::RssFile => &mut row.rss_file_pages,
        Column::RssShmem => &mut row.rss_shmem_pages,
        Column::NrPtes => &mut row.nr_ptes_pages,
        Column::NrPmds => &mut row.nr_pmds_pages,
        Column::PgtablesBytes => &mut row.pgtables_bytes,
        Column::Swapents => &mut row.swapents_pages,
    };
    *slot = Some(value);
    Some(())
}

pub(super) fn row_line(message: &[u8]) -> Option<Line<'_>> {
    row(message).map(Line::TaskRow)
}

pub(super) fn heading(message: &[u8]) -> Option<Line<'_>> {
    columns(message).map(Line::TasksHeading)
}

/// The line above the heading.
pub(super) fn state(message: &[u8]) -> Option<Line<'_>> {
    let is_state = message.starts_with(b"Tasks state (memory values in pages):");
    is_state.then_some(Line::TasksState)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn read(heading: &str, text: &str) -> Option<TaskRow> {
        row(text.as_bytes())?.read(&columns(heading.as_bytes()).unwrap())
    }

    #[test]
    fn rows_of_every_kernel() {
        let t1 = read(
            "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
            "[ 3161]     0  3161   123361    96832   1     -17 mysqld",
        )
        .unwrap();
        assert_eq!(
            (t1.pid, t1.cpu, t1.oom_adj, t1.rss_pages),
            (3161, Some(1), Some(-17), Some(96832))
        );
        let t2 = read(
            "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
            "[ 8120]     0  8120   328708   143044   0       0             0 java",
        )
        .unwrap();
        assert_eq!(
            (t2.oom_score_adj, t2.comm.unwrap().to_display().as_ref()),
            (Some(0), "java")
        );
        let t3 = read(
            "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
            "[17377] 10000 17377   804134   262144    1644        5           968 java",
        )
        .unwrap();
        assert_eq!(
            (t3.nr_ptes_pages, t3.swapents_pages, t3.uid),
            (Some(1644), Some(5), Some(10000))
        );
        let t7 = read(
            "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
            "[   6807]  1000  6803     6778     4271     4096      175         0    77824        0           900 worker-thr",
        )
        .unwrap();
        assert_eq!(
            (t7.pid, t7.tgid, t7.rss_anon_pages, t7.pgtables_bytes),
            (6807, Some(6803), Some(4096), Some(77824))
        );
        let shown = (t7.rss_pages, t7.rss_file_pages, t7.rss_shmem_pages);
        assert_eq!(shown, (Some(4271), Some(175), Some(0)));
    }

    #[test]
    fn row_comm_with_blanks_brackets_or_nothing() {
        let heading =
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
        let line = "[ 184260] 1001240000 184260   615530   236719  2535424        0           999 ";
        for comm in ["", " a [1] 2 3", "(sd-pam)", "a\nb"] {
            let text = std::format!("{line}{comm}");
            let row = read(heading, &text).unwrap();
            assert_eq!(row.comm.unwrap().as_bytes(), comm.as_bytes());
        }
    }

    #[test]
    fn row_cut_or_unknown_column() {
        let heading = "[ pid ]   uid  tgid total_vm      rss file-rss oom_score_adj name";
        let row = read(
            heading,
            "[    7]     0     7       10       11       12           -998 pause",
        )
        .unwrap();
        assert_eq!((row.rss_pages, row.oom_score_adj), (Some(11), Some(-998)));
        assert!(read(heading, "[    7]     0     7       10").is_none());
        assert!(super::row(b"[ pid ]   uid").is_none());
        assert!(super::row(b"[ 3162] -x").is_none());
        assert!(columns(b"[ pid ]   uid  tgid total_vm").is_none());
    }

    #[test]
    fn a_row_is_read_the_same_after_any_other() {
        let headings = [
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
            "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
            "[ pid ]   uid  tgid total_vm      rss nr_strange swapents oom_score_adj name",
        ];
        let far = format!("[   1003] {:300} 1 2 3 4 5 6 7 far", 65535);
        let rows = [
            "[   1003] 65535  1003      256        1    16384        0          -998 pause",
            "[   1007]   999  1007     6694     3298    69632        0           968 sh",
            "[   1017]   999  1017 12345678    20449   503808        0           968 tokio-runtime-w",
            "[   1017]   999  1017 123456789    20449   503808        0           968 a",
            "[   1017]   999  1017     1234    20449   503808       -1           968 b c",
            "[1234567]   999 1234567     6694     3298    69632        0           968 sh",
            "[12345678]   999 12345678     6694     3298    69632        0           968 sh",
            "[   1007]   999  1007    \t6694     3298    69632        0           968 sh",
            "[   1007]   999  1007   6 694     3298    69632        0           968 sh",
            "[   1007]   999  1007     6694     3298    6963x        0           968 sh",
            "[   1007]   999  1007     6694     3298    69632        0           968",
            "[   1007]   999  1007     6694     3298    69632        0           968 ",
            "[   1007]   999  1007     6694     3298    69632        0           96",
            "[   1007]   999  1007     6694     3298  ",
            "[ 3161]     0  3161   123361    96832   1     -17 mysqld",
            "[ 3161]     0  3161   123361    96832   1       0 4 5",
            "[ 3161] 0 3161 123361 96832 1 7 8",
            "[ 3161]     0  3161   123361    96832   1      70 x",
            &far,
        ];
        let mut whole = 0;
        for heading in headings {
            let columns = columns(heading.as_bytes()).unwrap();
            for first in rows {
                for second in rows {
                    let mut layout = Layout::default();
                    for text in [first, second, first] {
                        let row = row(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
                        let mut found = TaskRow::default();
                        let is_whole = row.read_into(&columns, &mut layout, &mut found);
                        let found = is_whole.then_some(found);
                        assert_eq!(found, row.read(&columns), "{text} after {first}, {second}");
                        whole += usize::from(is_whole);
                    }
                }
            }
        }
        assert!(whole > 1000, "{whole}");
    }

    #[test]
    fn a_text_that_begins_like_a_row() {
        for (text, is_one) in [
            ("[   1003] 65535  1003      256        1", true),
            ("[ 3161]     0  3161   123361    96832", true),
            ("[12345678] 123456", true),
            ("[   1003] 65535 ", false),
            ("[            1003] 65535", false),
            ("[ 3161]     -2  3161   123361    96832", false),
            ("[ 3161]\t    0  3161   123361    96832", false),
            ("[  pid  ]   uid  tgid total_vm", false),
            ("[T1003] [ 3161]     0  3161", false),
            ("[ 1003][ 3161]     0  3161", false),
            ("(   1003] 65535  1003      256", false),
            ("1   1003] 65535  1003      256", false),
            ("", false),
        ] {
            assert_eq!(begins_row(text.as_bytes()), is_one, "{text}");
        }
    }

    #[test]
    fn a_process_id_at_the_end_may_have_lost_digits() {
        let heading = "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name";
        let columns = columns(heading.as_bytes()).unwrap();
        for (text, tgid) in [
            ("[ 3162]     0  3161   123361    96832", Some(3161)),
            ("[ 3162] 1001240000  3161   123361", Some(3161)),
            ("[ 3162]    -2  3161   123361    96832", Some(3161)),
            ("[ 3162]    -2  3161", None),
            ("[ 3162]  10xx  3161   123361    96832", Some(3161)),
            ("[ 3162]     0 12345678   123361", Some(12_345_678)),
            ("[ 3162]     0  3161 ", Some(3161)),
            ("[ 3162]     0  3161", None),
            ("[ 3162]     0  3", None),
            ("[ 3162]     0 12345678", None),
            ("[ 3162] 1001240000  3161", None),
            ("[ 3162]     0 ", None),
            ("[ 3162]     0", None),
        ] {
            let row = row(text.as_bytes()).map(|row| row.tgid(&columns));
            assert_eq!(row.flatten(), tgid, "{text}");
        }
    }

    #[test]
    fn only_some_columns_can_be_negative() {
        let heading = "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name";
        let row = read(
            heading,
            "[ 3161]    -2  3161   123361    96832   1     -17         -1000 nfsd",
        );
        let row = row.unwrap();
        assert_eq!(row.uid, Some(4_294_967_294));
        assert_eq!((row.oom_adj, row.oom_score_adj), (Some(-17), Some(-1000)));
        for text in [
            "[ 3161]     0 -3161   123361    96832   1     -17         -1000 nfsd",
            "[ 3161]     0  3161  -123361    96832   1     -17         -1000 nfsd",
            "[ 3161]     0  3161   123361   -96832   1     -17         -1000 nfsd",
            "[ 3161]     0  3161   123361    96832  -1     -17         -1000 nfsd",
        ] {
            assert_eq!(read(heading, text), None, "{text}");
        }
    }
}
