//! The options of a parser.

use crate::cgroup::CgroupRoots;
use crate::source::{Accept, Daemon};
use alloc::vec::Vec;

/// The options of a [`Parser`](crate::Parser).
///
/// Each field has a method with its name that sets it, so that options can be built in one expression.
///
/// # Example
/// ```
/// use oomparse_core::{Options, Parser};
/// let options = Options::new().year(2026).utc_offset_minutes(480).tasks(true);
/// let mut parser = Parser::with_options(options);
/// parser.push_line(b"Jan  5 02:12:02 n1 kernel: [9.1] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
/// parser.finish();
/// let event = parser.next_event().unwrap();
/// assert_eq!(event.time.unwrap().to_string(), "2026-01-05T02:12:02+08:00");
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Keep the task table in the events.
    pub tasks: bool,
    /// The year for prefixes that show none.
    pub year: Option<u16>,
    /// Minutes east of UTC, for prefixes that show no time zone.
    pub utc_offset_minutes: Option<i16>,
    /// The machine's name, if the prefix shows none.
    pub host: Option<Vec<u8>>,
    /// The boot id, if the carrier shows none.
    pub boot_id: Option<Vec<u8>>,
    /// Whose lines make events. Text that is shown to be another program's never does.
    pub accept: Accept,
    /// The author of lines that show none, if the caller knows it: the log is a daemon's own.
    pub origin: Option<Daemon>,
    /// Cgroups of users or services in which a cluster lives: pods below them are pods.
    pub cgroup_roots: CgroupRoots,
    /// How many bytes of the log may follow a report's first line before the report is emitted with what it has;
    /// [`MAX_REPORT_LEN`](crate::limits::MAX_REPORT_LEN) if not set.
    pub max_report_len: Option<u64>,
}

impl Options {
    /// The default: the kernel's lines, nothing assumed, no task table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the events keep the task table.
    #[must_use]
    pub fn tasks(mut self, keep: bool) -> Self {
        self.tasks = keep;
        self
    }

    /// The year for prefixes that show none.
    #[must_use]
    pub fn year(mut self, year: u16) -> Self {
        self.year = Some(year);
        self
    }

    /// Minutes east of UTC, for prefixes that show no time zone.
    #[must_use]
    pub fn utc_offset_minutes(mut self, minutes: i16) -> Self {
        self.utc_offset_minutes = Some(minutes);
        self
    }

    /// The machine's name, if the prefix shows none.
    #[must_use]
    pub fn host(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.host = Some(name.into());
        self
    }

    /// The boot id, if the carrier shows none.
    #[must_use]
    pub fn boot_id(mut self, id: impl Into<Vec<u8>>) -> Self {
        self.boot_id = Some(id.into());
        self
    }

    /// Whose lines make events.
    #[must_use]
    pub fn accept(mut self, accept: Accept) -> Self {
        self.accept = accept;
        self
    }

    /// The author of lines that show none.
    #[must_use]
    pub fn origin(mut self, daemon: Daemon) -> Self {
        self.origin = Some(daemon);
        self
    }

    /// Cgroups of users or services in which a cluster lives.
    #[must_use]
    pub fn cgroup_roots(mut self, roots: CgroupRoots) -> Self {
        self.cgroup_roots = roots;
        self
    }

    /// How many bytes of the log may follow a report's first line.
    #[must_use]
    pub fn max_report_len(mut self, bytes: u64) -> Self {
        self.max_report_len = Some(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Trust};
    use alloc::format;

    #[test]
    fn each_method_sets_its_field() {
        let accept = Accept::of(&[Source::Program], Trust::Claimed);
        let mut roots = CgroupRoots::new();
        assert!(roots.add(b"/user.slice"));
        let options = Options::new()
            .tasks(true)
            .year(2026)
            .utc_offset_minutes(480)
            .host("n1")
            .boot_id("b1")
            .accept(accept)
            .origin(Daemon::EarlyOom)
            .cgroup_roots(roots.clone())
            .max_report_len(7);
        assert!(options.tasks);
        assert_eq!(
            (options.year, options.utc_offset_minutes),
            (Some(2026), Some(480))
        );
        assert_eq!(options.host.as_deref(), Some(&b"n1"[..]));
        assert_eq!(options.boot_id.as_deref(), Some(&b"b1"[..]));
        assert_eq!(options.accept, accept);
        assert_eq!(options.origin, Some(Daemon::EarlyOom));
        assert_eq!(format!("{:?}", options.cgroup_roots), format!("{roots:?}"));
        assert_eq!(options.max_report_len, Some(7));
    }
}
