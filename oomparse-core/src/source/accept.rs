//! Whose lines make events: what a caller asks for.

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
    /// What the kernel wrote, and what does not tell who did: all but what is shown to be a program's.
    pub const ANY: Self = Self {
        sources: bit(Source::Kernel) | bit(Source::Unknown),
        trust: Trust::Claimed,
    };
    /// What the form shows to be the kernel's, if only by a tag.
    pub const KERNEL: Self = Self {
        sources: bit(Source::Kernel),
        trust: Trust::Claimed,
    };

    /// Lines of these sources, whose authors are known at least so well. Nothing is ever read for an event in
    /// the lines of [`Source::Program`].
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

    /// The same, and the lines of a daemon besides.
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

    /// The same, and the lines of all daemons besides.
    #[must_use]
    pub const fn and_all_daemons(self) -> Self {
        let (mut all, mut rest) = (self, Daemon::ALL);
        while let [daemon, tail @ ..] = rest {
            all = all.and(*daemon);
            rest = tail;
        }
        all
    }

    /// The same, and the lines of those daemons besides that the other takes.
    #[must_use]
    pub const fn and_daemons_of(self, other: Self) -> Self {
        let kernels = bit(Source::Kernel) | bit(Source::Unknown);
        Self {
            sources: self.sources | other.sources & !kernels,
            trust: self.trust,
        }
    }

    /// Whether a daemon's lines are asked for.
    #[must_use]
    pub const fn has_daemon(self, daemon: Daemon) -> bool {
        self.sources & bit(Source::Daemon(daemon)) != 0
    }

    /// Whether any daemon's lines are asked for.
    #[must_use]
    pub const fn has_daemons(self) -> bool {
        self.sources & !(bit(Source::Kernel) | bit(Source::Unknown)) != 0
    }

    /// Whether a line of this author's is taken.
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

/// The bit of a source; a program that is none of the daemons has none.
const fn bit(source: Source) -> u64 {
    match source {
        Source::Program | Source::KmsgWriter => 0,
        Source::Kernel => 1,
        Source::Unknown => 2,
        Source::Daemon(daemon) => 4 << daemon as u32,
    }
}
