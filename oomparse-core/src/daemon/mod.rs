//! What killers other than the kernel, runtimes and Kubernetes report about kills.
//!
//! There is one file per daemon. Its module comment has the formats that the daemon prints, with their versions
//! and a real line of each; below are a [`Reader`] that takes its lines one by one, and its tests. A new daemon
//! needs
//!
//! 1. an entry in [`Daemon`] with its names, if it has none;
//! 2. a file here, with a [`Reader`];
//! 3. a row in `readers!` below, and its words in `sieve/daemons.rs` (a test names missing ones);
//! 4. a case in the corpus.
//!
//! The author of a line was decided before ([`source`](crate::source)): a reader gets lines of the daemons that
//! it names, and of their own envelope if the format shows no author at all. The contents of a line are read from
//! its fixed ends, because others choose comms, command lines, cgroups and units freely.

mod birth;
mod conmon;
mod containerd;
mod crio;
mod earlyoom;
mod envelope;
mod eviction;
mod go;
mod held;
mod hosts;
mod klog;
mod kubernetes;
mod names;
mod nohang;
mod npd;
mod oom_guard;
mod oom_watcher;
mod oomd;
mod statement;
mod systemd;
mod systemd_oomd;
mod talos;
mod text;

pub(crate) use hosts::Daemons;
pub(crate) use kubernetes::Step;

use crate::event::OomEvent;
use crate::source::Daemon;
use crate::stamp::Second;
use alloc::collections::VecDeque;
use envelope::Envelope;
use statement::Statement;

/// Reads the lines of one daemon on one host.
trait Reader: Default {
    /// The daemons whose lines it reads.
    const OF: &'static [Daemon];
    /// A line that matters contains one of these, in its text or in its prefix.
    const WORDS: &'static [&'static str];
    /// The prefixes that only its lines have: so they count even if no author is shown.
    const ENVELOPES: &'static [Envelope] = &[];
    /// It writes to `/dev/kmsg`, which shows no name.
    const IN_KMSG: bool = false;

    /// Takes a line.
    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>);

    /// Emits events that wait for a further line: none comes, or it is late.
    fn emit_waiting(&mut self, _out: &mut VecDeque<OomEvent>) {}

    /// Emits events that only wait for a line that hardly ever comes, for callers who must answer at once.
    fn emit_ready(&mut self, _out: &mut VecDeque<OomEvent>) {}

    /// How long it has waited, if it waits.
    fn patience(&mut self) -> Option<&mut Patience> {
        None
    }

    /// Whether a line without a prefix continues the one before it.
    fn goes_on(&self) -> bool {
        false
    }

    /// About how many bytes it holds on the heap.
    fn weight(&self) -> usize {
        0
    }
}

/// How long an event has waited for the line that may cancel or complete it.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    since: Option<Second>,
    lines: u32,
}

impl Patience {
    /// Starts at this line.
    fn from(said: &Statement<'_>) -> Self {
        Self {
            since: said.second(),
            lines: 0,
        }
    }
}

/// Makes the struct that has one reader of each kind, and passes lines to their readers.
macro_rules! readers {
    ($($field:ident: $reader:ty,)*) => {
        /// A reader of each kind.
        #[derive(Debug, Default)]
        struct Readers {
            $($field: $reader,)*
        }

        /// The words of all readers.
        pub(crate) const WORDS: &[&[&str]] = &[kubernetes::WORDS, $(<$reader>::WORDS),*];

        impl Readers {
            /// Takes a line.
            fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
                $(if said.is_for::<$reader>(self.$field.goes_on()) {
                    self.$field.line(said, out);
                })*
            }

            fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
                $(self.$field.emit_waiting(out);)*
            }

            fn emit_ready(&mut self, out: &mut VecDeque<OomEvent>) {
                $(self.$field.emit_ready(out);)*
            }

            /// Counts a line against the patience of waiting events; emits those that have waited too long.
            fn pass(&mut self, second: Option<Second>, out: &mut VecDeque<OomEvent>) {
                $(if self.$field.patience().is_some_and(|it| it.is_over(second)) {
                    self.$field.emit_waiting(out);
                })*
            }

            fn is_waiting(&mut self) -> bool {
                $(self.$field.patience().is_some() ||)* false
            }

            fn goes_on(&self) -> bool {
                $(self.$field.goes_on() ||)* false
            }

            fn weight(&self) -> usize {
                [core::mem::size_of::<Self>(), $(self.$field.weight()),*]
                    .into_iter()
                    .fold(0, usize::saturating_add)
            }
        }
    };
}

readers! {
    systemd_oomd: systemd_oomd::SystemdOomd,
    earlyoom: earlyoom::EarlyOom,
    nohang: nohang::Nohang,
    oomd: oomd::Oomd,
    talos: talos::Talos,
    oom_guard: oom_guard::OomGuard,
    eviction: eviction::Eviction,
    systemd: systemd::Systemd,
    oom_watcher: oom_watcher::OomWatcher,
    containerd: containerd::Containerd,
    other_runtimes: crio::OtherRuntimes,
    conmon: conmon::Conmon,
    npd: npd::NodeProblemDetector,
}

impl Patience {
    /// Whether it has waited long enough, now that a line with this time has come.
    fn is_over(&mut self, now: Option<Second>) -> bool {
        use crate::limits::{MAX_DAEMON_WAIT_LINES, MAX_DAEMON_WAIT_S};
        self.lines = self.lines.saturating_add(1);
        let gap = match (now, self.since) {
            (Some(now), Some(since)) => now.since(since),
            _ => None,
        };
        self.lines > MAX_DAEMON_WAIT_LINES || gap.is_some_and(|gap| gap > MAX_DAEMON_WAIT_S)
    }
}

#[cfg(test)]
mod tests;
