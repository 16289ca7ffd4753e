//! What daemons report about kills: their own, and those that they observed.

#[cfg(feature = "daemons")]
use super::OomEvent;
use super::words::{Action, CauseKind, Killer, Outcome, Reporter, Resource, Stage};
use crate::bytes::Text;
#[cfg(feature = "daemons")]
use crate::bytes::memmem;
use crate::time::WallTime;
use alloc::string::String;
use alloc::vec::Vec;

/// The fields of a `userspace_kill`, `eviction` or `notice` beyond those that it has in common with a kernel's
/// kill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Testimony {
    /// Who killed; `None` if the reporter cannot know.
    pub killer: Option<Killer>,
    /// Who reports it, if that is not the killer.
    pub reporter: Option<Reporter>,
    /// How far the kill is known to have gone.
    pub stage: Option<Stage>,
    /// The last signal, `SIGKILL`.
    pub signal: Option<&'static str>,
    /// The signal before that, if the victim got two.
    pub first_signal: Option<&'static str>,
    /// What was done instead of sending a signal.
    pub action: Option<Action>,
    /// What became of the victim.
    pub outcome: Option<Outcome>,
    /// The killed processes, if the line lists several.
    pub victims: Vec<KilledProcess>,
    /// How many processes were killed, as the daemon counts: systemd's is a running total of the unit.
    pub process_count: Option<u64>,
    /// Why the killer acted.
    pub cause: Option<Cause>,
    /// The machine's memory as the killer saw it.
    pub system: Option<System>,
    /// systemd's name of the unit.
    pub unit: Option<Text>,
    /// systemd's word for how the unit ended, `oom-kill`.
    pub unit_result: Option<Text>,
    /// What was short.
    pub resource: Option<Resource>,
    /// The container's first process and its end.
    pub init: Option<Init>,
    /// The Kubernetes Event that reported it.
    pub event: Option<KubernetesEvent>,
    /// How often it was reported.
    pub count: Option<u64>,
    /// Words from the line that completed the event, to find the record that contains it.
    pub(crate) words: Option<&'static str>,
}

impl Testimony {
    /// Words from the line that completed the event, for looking it up in its log.
    #[must_use]
    pub fn words(&self) -> Option<&'static str> {
        self.words
    }
}

/// One of several killed processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KilledProcess {
    /// Process id.
    pub pid: u32,
    /// Its name, if the line shows it.
    pub comm: Option<Text>,
}

/// Why a killer acted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The kind of shortage.
    pub kind: Option<CauseKind>,
    /// How long processes waited for memory.
    pub pressure_percent: Option<Percent>,
    /// The threshold that was exceeded.
    pub limit_percent: Option<Percent>,
    /// For how long it was exceeded, in microseconds.
    pub duration_us: Option<u64>,
    /// The monitored cgroup; the victim is in it.
    pub monitored_cgroup: Option<Text>,
}

/// The machine's memory and swap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct System {
    /// Memory in use.
    pub memory_used_bytes: Option<u64>,
    /// All memory.
    pub memory_total_bytes: Option<u64>,
    /// Swap in use.
    pub swap_used_bytes: Option<u64>,
    /// All swap.
    pub swap_total_bytes: Option<u64>,
}

/// A container's first process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Init {
    /// Its id on the host.
    pub pid: Option<u32>,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// When it ended.
    pub time: Option<WallTime>,
}

/// A Kubernetes Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KubernetesEvent {
    /// `metadata.uid`.
    pub uid: Option<String>,
    /// `reason`.
    pub reason: Option<String>,
    /// The object that it is about.
    pub object: Option<KubernetesObject>,
    /// The component that reports it.
    pub component: Option<String>,
    /// `ADDED`, `UPDATED` or `DELETED`, in a stream of events.
    pub verb: Option<String>,
}

/// The object of a Kubernetes Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KubernetesObject {
    /// `Pod`, `Node`.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
}

/// A percentage with two decimals, as the daemons print it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// From hundredths: 5107 is 51.07 %.
    #[must_use]
    pub fn from_hundredths(hundredths: u32) -> Self {
        Self(hundredths)
    }

    /// In hundredths.
    #[must_use]
    pub fn hundredths(self) -> u32 {
        self.0
    }

    /// Reads `51.07`, `51` or `51.7`; further decimals are dropped.
    #[cfg(any(test, feature = "daemons"))]
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) {
            return None;
        }
        let mut digits = decimals
            .bytes()
            .map(|byte| u32::from(byte.wrapping_sub(b'0')));
        let mut digit = || digits.next().unwrap_or(0);
        let hundredths = digit().checked_mul(10)?.checked_add(digit())?;
        let whole = whole.parse::<u32>().ok()?;
        Some(Self(whole.checked_mul(100)?.checked_add(hundredths)?))
    }
}

#[cfg(feature = "daemons")]
impl OomEvent {
    /// Whether a daemon's line contains the words that report this event.
    pub(crate) fn is_reported_in(&self, line: &[u8]) -> bool {
        let words = self.testimony.as_ref().and_then(|it| it.words);
        words.is_some_and(|words| {
            !words.is_empty() && memmem::find(line, words.as_bytes()).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_keep_two_decimals() {
        for (text, hundredths) in [
            ("51.07", Some(5107)),
            ("50", Some(5000)),
            ("0.5", Some(50)),
            ("99.999", Some(9999)),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-1", None),
            ("99999999999", None),
        ] {
            let found = Percent::parse(text.as_bytes()).map(Percent::hundredths);
            assert_eq!(found, hundredths, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "daemons")]
    fn an_event_is_reported_in_the_line_with_its_words() {
        let reported_by = |words| OomEvent {
            testimony: Some(alloc::boxed::Box::new(Testimony {
                words,
                ..Testimony::default()
            })),
            ..OomEvent::default()
        };
        let event = reported_by(Some("Failed with result"));
        let words = event.testimony.as_ref().and_then(|it| it.words());
        assert_eq!(words, Some("Failed with result"));
        assert!(event.is_reported_in(b"web.service: Failed with result 'oom-kill'."));
        let other = b"web.service: Main process exited, code=killed, status=9/KILL";
        assert!(!event.is_reported_in(other));
        for without in [
            reported_by(None),
            reported_by(Some("")),
            OomEvent::default(),
        ] {
            assert!(!without.is_reported_in(other));
        }
    }
}
