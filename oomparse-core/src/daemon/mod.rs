//! What other killers than the kernel, runtimes and Kubernetes say of kills.
//!
//! One daemon a file: its head has the forms that it prints, with the versions they are of and a real line of
//! each; below stand a [`Reader`] that takes its lines one by one, and its tests. A new daemon takes
//!
//! 1. an arm in [`Daemon`] with what it is called, if it has none;
//! 2. a file here, with a [`Reader`];
//! 3. a row in `readers!` below; its words in `sieve/daemons.rs` (a test says which are missing);
//! 4. a case in the corpus.
//!
//! Whose line it is was judged before ([`source`](crate::source)): a reader is given lines of the daemons that
//! it names, and of their own envelope where the form shows no author at all. What a line says is read from its
//! fixed ends: comms, command lines, cgroups and units are whatever others call them.

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
mod said;
mod systemd;
mod systemd_oomd;
mod talos;
mod text;

pub(crate) use hosts::Daemons;
pub(crate) use kubernetes::Step;

use crate::event::OomEvent;
use crate::report::Second;
use crate::source::Daemon;
use alloc::collections::VecDeque;
use envelope::Envelope;
use said::Said;

/// Reads the lines of one daemon on one host.
trait Reader: Default {
    /// Whose lines it reads.
    const OF: &'static [Daemon];
    /// A line that matters holds one of these, wherever it stands: in its text or in what is in front of it.
    const WORDS: &'static [&'static str];
    /// What its lines begin with, that nobody else's do: so they count where no author is shown.
    const ENVELOPES: &'static [Envelope] = &[];
    /// It writes to `/dev/kmsg`, which shows no name.
    const IN_KMSG: bool = false;

    /// Takes a line.
    fn line(&mut self, said: &Said<'_>, out: &mut VecDeque<OomEvent>);

    /// Gives out what waits for a further line: none comes, or it comes too late.
    fn give(&mut self, _out: &mut VecDeque<OomEvent>) {}

    /// Gives out what waits for no more than a line that hardly ever comes, for callers who must answer at once.
    fn give_ready(&mut self, _out: &mut VecDeque<OomEvent>) {}

    /// How long it has waited, while it does.
    fn patience(&mut self) -> Option<&mut Patience> {
        None
    }

    /// Whether a line without a head of its own goes on with the one before it.
    fn goes_on(&self) -> bool {
        false
    }

    /// About how many bytes it holds beside itself.
    fn weight(&self) -> usize {
        0
    }
}

/// How long an event has waited for the line that may void or complete it.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    since: Option<Second>,
    lines: u32,
}

impl Patience {
    /// From this line on.
    fn from(said: &Said<'_>) -> Self {
        Self {
            since: said.second(),
            lines: 0,
        }
    }
}

/// Makes the one struct that holds a reader of each kind, and hands lines to those that they are for.
macro_rules! readers {
    ($($field:ident: $reader:ty,)*) => {
        /// A reader of each kind.
        #[derive(Debug, Default)]
        struct Readers {
            $($field: $reader,)*
        }

        /// The words of all of them.
        pub(crate) const WORDS: &[&[&str]] = &[kubernetes::WORDS, $(<$reader>::WORDS),*];

        impl Readers {
            /// Takes a line.
            fn line(&mut self, said: &Said<'_>, out: &mut VecDeque<OomEvent>) {
                $(if said.is_for::<$reader>(self.$field.goes_on()) {
                    self.$field.line(said, out);
                })*
            }

            fn give(&mut self, out: &mut VecDeque<OomEvent>) {
                $(self.$field.give(out);)*
            }

            fn give_ready(&mut self, out: &mut VecDeque<OomEvent>) {
                $(self.$field.give_ready(out);)*
            }

            /// Counts a line against the patience of those that wait; gives out what has waited too long.
            fn pass(&mut self, second: Option<Second>, out: &mut VecDeque<OomEvent>) {
                $(if self.$field.patience().is_some_and(|it| it.is_over(second)) {
                    self.$field.give(out);
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
    /// Whether it has waited long enough, now that a line of this time has come.
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
