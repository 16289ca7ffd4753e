//! Which records may be pieces of a message, and whether what they were joined to is a line.

use crate::line::{Completeness, Line, parse_line};

/// Whether a record is a whole line that could not be a piece of another.
pub(super) fn is_known(message: &[u8]) -> bool {
    let line = parse_line(message);
    !matches!(line, Line::Other | Line::Malformed | Line::Meminfo(_))
        || message.starts_with(b"Memory cgroup ")
        || line.joinable(message).is_some()
}

/// Whether a piece can be one component of a path: anything but a slash, or the root.
pub(super) fn is_component(piece: &[u8]) -> bool {
    piece == b"/" || piece.len() <= 255 && !piece.contains(&b'/')
}

/// Whether a joined message is one line of its kind, in which nothing is missing.
pub(super) fn is_sound(message: &[u8], line: &Line<'_>) -> bool {
    let completeness = line.completeness(message);
    match line {
        _ if line.joinable(message).is_some() => false,
        Line::Killed(_) | Line::Cpuset(_) => {
            completeness == Completeness::Short || completeness.has_all()
        }
        Line::Summary(_)
        | Line::TaskIn(_)
        | Line::StatsHeading(_)
        | Line::Invoked(_)
        | Line::TaskInfo(_)
        | Line::Selected(_)
        | Line::Group(_) => completeness.has_all(),
        _ => false,
    }
}

/// How far a Killed line was read: a line break is removed only if more can be read after it.
pub(super) fn progress(line: &Line<'_>) -> usize {
    match line {
        Line::Killed(line) => [
            true,
            line.comm.is_some(),
            line.total_vm_kib.is_some(),
            line.anon_rss_kib.is_some(),
            line.file_rss_kib.is_some(),
            line.shmem_rss_kib.is_some(),
            line.pgtables_kib.is_some(),
            line.oom_score_adj.is_some(),
        ]
        .iter()
        .filter(|is_there| **is_there)
        .count(),
        _ => 0,
    }
}

/// Whether a message may be incomplete, or may continue, given how it was read: for most lines this is decided at
/// once.
#[inline(always)]
pub(in crate::report) fn may_start(message: &[u8], line: &Line<'_>) -> bool {
    match line {
        Line::Summary(_)
        | Line::TaskIn(_)
        | Line::Killed(_)
        | Line::StatsHeading(_)
        | Line::TaskInfo(_)
        | Line::Selected(_)
        | Line::Invoked(_) => true,
        Line::Malformed | Line::Other => {
            matches!(
                message,
                [b'o' | b'T' | b'M' | b'O' | b'K', ..] | [b'C', b'P', b'U', ..] | [.., b'=']
            )
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_records_are_no_pieces() {
        for (message, known) in [
            ("Memory cgroup out of", true),
            ("memory: usage 8kB, limit 8kB, failcnt 3", true),
            ("oom-kill:constraint=", true),
            ("a cpuset=", true),
            // A piece of a path may look like this.
            ("Free swap  = 0kB", false),
            ("/kubepods/burstable", false),
            ("", false),
        ] {
            assert_eq!(is_known(message.as_bytes()), known, "{message}");
        }
    }

    #[test]
    fn joined_lines_in_which_nothing_is_missing() {
        for (message, sound) in [
            ("Killed process 7 (a)", true),
            (
                "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
                true,
            ),
            // Figures follow.
            ("Out of memory: Killed process 7 (a)", false),
            ("Killed process 7 (a) total-vm:8kB, anon-rss:4", false),
            ("a cpuset=/ mems_allowed=0", true),
            ("Task in /a/b killed as a result of limit of /a", true),
            ("Task in /a/b killed as a result", false),
            ("Memory cgroup stats for /a:", false),
            // None of the kinds that are printed in pieces.
            ("memory: usage 8kB, limit 8kB, failcnt 3", false),
            ("x", false),
        ] {
            let line = parse_line(message.as_bytes());
            assert_eq!(is_sound(message.as_bytes(), &line), sound, "{message}");
        }
    }

    #[test]
    fn records_that_no_message_begins_with_are_taken_at_once() {
        for (message, may) in [
            (
                "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
                true,
            ),
            (
                "a invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0",
                true,
            ),
            ("oom-kill:constraint=", true),
            ("Tasks in ", true),
            ("CPU: 3", true),
            ("a cpuset=", true),
            ("anon 4096", false),
            ("Call Trace:", false),
            ("memory: usage 8kB, limit 8kB, failcnt 3", false),
        ] {
            let line = parse_line(message.as_bytes());
            assert_eq!(may_start(message.as_bytes(), &line), may, "{message}");
        }
    }
}
