//! Whose lines make events, as the caller requests.

use super::{Author, Daemon, Source, Trust};

/// Whose lines make events.
///
/// # Example
/// ```
/// use oomparse_core::{Accept, Options, Parser, Source, Trust};
///
/// let mut options = Options::default();
/// options.accept = Accept::of(&[Source::Kernel], Trust::Proven);
/// let mut parser = Parser::with_options(options);
/// parser.push_line(b"Jan  5 02:12:02 n1 kernel: Killed process 7 (a)"); // anybody may choose that tag
/// parser.push_line(b"3,1,2,-;Killed process 8 (b)");
/// parser.finish();
/// assert_eq!(parser.next_event().unwrap().victim.unwrap().pid, 8);
/// assert!(parser.next_event().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    /// One bit for each source.
    sources: u64,
    trust: Trust,
}

impl Accept {
    /// The kernel's text, and text that shows no author: everything except text that is shown to be a program's.
    pub const ANY: Self = Self {
        sources: bit(Source::Kernel) | bit(Source::Unknown),
        trust: Trust::Claimed,
    };
    /// Text that the format shows to be the kernel's, even if only by a tag.
    pub const KERNEL: Self = Self {
        sources: bit(Source::Kernel),
        trust: Trust::Claimed,
    };

    /// Lines of these sources whose authors are known at least this well. Lines of [`Source::Program`] never make
    /// an event.
    #[must_use]
    pub const fn of(sources: &[Source], trust: Trust) -> Self {
        let (mut bits, mut rest) = (0, sources);
        while let [source, tail @ ..] = rest {
            bits |= bit(*source);
            rest = tail;
        }
        Self {
            sources: bits,
            trust,
        }
    }

    /// The same, plus the lines of a daemon.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{Accept, Daemon, Options, Parser};
    ///
    /// let mut options = Options::default();
    /// options.accept = Accept::ANY.and(Daemon::SystemdOomd);
    /// let mut parser = Parser::with_options(options);
    /// parser.push_line(b"Aug 12 20:01:10 n1 systemd-oomd[901]: Killed /a.slice/b.service due to memory pressure \
    ///     for /a.slice being 65.15% > 50.00% for > 20s with reclaim activity");
    /// assert!(parser.next_event().unwrap().victim.is_none());
    /// ```
    #[must_use]
    pub const fn and(self, daemon: Daemon) -> Self {
        Self {
            sources: self.sources | bit(Source::Daemon(daemon)),
            trust: self.trust,
        }
    }

    /// The same, plus the lines of all daemons.
    #[must_use]
    pub const fn and_all_daemons(self) -> Self {
        let (mut all, mut rest) = (self, Daemon::ALL);
        while let [daemon, tail @ ..] = rest {
            all = all.and(*daemon);
            rest = tail;
        }
        all
    }

    /// The same, plus the lines of the daemons that the other accepts.
    #[must_use]
    pub const fn and_daemons_of(self, other: Self) -> Self {
        let kernels = bit(Source::Kernel) | bit(Source::Unknown);
        Self {
            sources: self.sources | other.sources & !kernels,
            trust: self.trust,
        }
    }

    /// Whether a daemon's lines are requested.
    #[must_use]
    pub const fn has_daemon(self, daemon: Daemon) -> bool {
        self.sources & bit(Source::Daemon(daemon)) != 0
    }

    /// Whether any daemon's lines are requested.
    #[must_use]
    pub const fn has_daemons(self) -> bool {
        self.sources & !(bit(Source::Kernel) | bit(Source::Unknown)) != 0
    }

    /// Whether this author's lines are accepted.
    #[must_use]
    #[inline]
    pub const fn takes(self, author: Author) -> bool {
        let is_source = self.sources & bit(author.source) != 0;
        let is_trusted =
            matches!(self.trust, Trust::Claimed) || matches!(author.trust, Trust::Proven);
        is_source && is_trusted
    }
}

impl Default for Accept {
    fn default() -> Self {
        Self::ANY
    }
}

/// The bit of a source; a program that is not one of the daemons has none.
const fn bit(source: Source) -> u64 {
    match source {
        Source::Program | Source::KmsgWriter => 0,
        Source::Kernel => 1,
        Source::Unknown => 2,
        Source::Daemon(daemon) => 4 << daemon as u32,
    }
}
