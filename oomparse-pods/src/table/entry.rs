//! Entries of the table: their contents, their trust, and their size.

use super::super::record::{Doubt, PodSource, PodUid, is_log};
use super::texts::{TextId, Texts};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What is known about a pod.
#[derive(Debug, Default)]
pub(in super::super) struct PodEntry {
    /// `None` also if two sources of one rank name the uid differently.
    pub(in super::super) name: Option<Box<str>>,
    pub(super) labels: Labels,
    pub(in super::super) namespace: TextId,
    pub(in super::super) node: TextId,
    pub(in super::super) owner: TextId,
    pub(in super::super) standing: Standing,
}

/// Labels; usually there are none, and then they take one word.
#[derive(Debug, Default)]
#[expect(clippy::box_collection, reason = "one word instead of three")]
pub(super) struct Labels(Option<Box<Vec<(String, String)>>>);

/// What is known about a container, or about a pod's sandbox.
#[derive(Debug, Default)]
pub(in super::super) struct ContainerEntry {
    pub(in super::super) name: TextId,
    pub(in super::super) pod: Option<PodUid>,
    /// The pod's namespace and name, only if its uid is unknown.
    pub(in super::super) pod_name: TextId,
    pub(in super::super) standing: Standing,
}

/// How reliable an entry is.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Standing {
    pub(in super::super) source: PodSource,
    doubts: u8,
}

/// [`Doubt::Claimed`], which may be combined with the other one.
const CLAIMED: u8 = 1;

/// [`Doubt::Ambiguous`].
const AMBIGUOUS: u8 = 2;

/// Some of it comes from places that the user did not name.
const DEFAULT: u8 = 4;

impl Default for Standing {
    fn default() -> Self {
        Self {
            source: PodSource::RuntimeLog,
            doubts: 0,
        }
    }
}

impl Standing {
    pub(super) fn new(source: PodSource, doubt: Doubt, is_default: bool) -> Self {
        let doubts = match doubt {
            Doubt::None => 0,
            Doubt::Claimed => CLAIMED,
            // Of two listings the later one is right: only logs and claims leave a contradiction undecided.
            Doubt::Ambiguous => AMBIGUOUS | CLAIMED,
            Doubt::Contradicted => AMBIGUOUS,
        };
        let default = if is_default { DEFAULT } else { 0 };
        Self {
            source,
            doubts: doubts | default,
        }
    }

    /// The source's word and the doubt, as a record reads them back.
    pub(in super::super) fn to_text(self) -> String {
        let doubt = match self.doubts & (CLAIMED | AMBIGUOUS) {
            0 => Doubt::None,
            CLAIMED => Doubt::Claimed,
            _ => Doubt::Ambiguous,
        };
        let mut text = String::from(self.source.as_str());
        text.push_str(doubt.suffix());
        text
    }

    /// Whether its name is ambiguous.
    pub(in super::super) fn is_ambiguous(self) -> bool {
        self.doubts & AMBIGUOUS != 0
    }

    /// Whether it comes from places that the user did not name.
    pub(in super::super) fn is_default(self) -> bool {
        self.doubts & DEFAULT != 0
    }

    /// 0: a log line; 1: an annotation's claim in a listing; 2: a listing.
    fn rank(self) -> u8 {
        match (is_log(self.source), self.doubts & CLAIMED != 0) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    }

    /// For two contradicting sources: the new standing of the old one, or `None` if the new one replaces it. Of
    /// two listings the later one is right; of two weaker sources neither is.
    fn against(self, new: Self) -> Option<Self> {
        let (old_rank, new_rank) = (self.rank(), new.rank());
        if new_rank > old_rank || new_rank == 2 {
            return None;
        }
        let doubt = if new_rank == old_rank { AMBIGUOUS } else { 0 };
        Some(Self {
            doubts: self.doubts | doubt,
            ..self
        })
    }

    /// For two agreeing sources: the better one's standing. A value that both have counts as named by the user if
    /// either does.
    fn with(self, new: Self) -> Self {
        let better = if new.rank() >= self.rank() { new } else { self };
        let is_default = self.is_default() && new.is_default();
        better.of_default(is_default)
    }

    fn of_default(self, is_default: bool) -> Self {
        let default = if is_default { DEFAULT } else { 0 };
        Self {
            doubts: self.doubts & !DEFAULT | default,
            ..self
        }
    }
}

impl Labels {
    pub(super) fn new(labels: &[(String, String)]) -> Self {
        Self((!labels.is_empty()).then(|| Box::new(labels.to_vec())))
    }

    fn as_slice(&self) -> &[(String, String)] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl PodEntry {
    pub(in super::super) fn labels(&self) -> &[(String, String)] {
        self.labels.as_slice()
    }

    /// The combination of both.
    pub(super) fn merge(self, new: Self) -> Self {
        let differs = matches!((&self.name, &new.name), (Some(old), Some(new)) if old != new)
            || self.namespace.differs(new.namespace);
        let standing = self.standing.with(new.standing);
        if differs || self.standing.is_ambiguous() {
            return match self.standing.against(new.standing) {
                Some(standing) => Self { standing, ..self },
                None => new,
            };
        }
        let (mut first, second) = if new.standing.rank() >= self.standing.rank() {
            (new, self)
        } else {
            (self, new)
        };
        first.name = first.name.or(second.name);
        first.namespace = first.namespace.or(second.namespace);
        first.node = first.node.or(second.node);
        first.owner = first.owner.or(second.owner);
        if first.labels().is_empty() {
            first.labels = second.labels;
        }
        first.standing = standing;
        first
    }

    /// The texts that it shares with other entries.
    pub(super) fn texts(&self) -> [TextId; 3] {
        [self.namespace, self.node, self.owner]
    }

    pub(super) fn cost(&self, texts: &Texts) -> usize {
        let labels = self.labels().iter().fold(0usize, |sum, (key, value)| {
            sum.saturating_add(key.len())
                .saturating_add(value.len())
                .saturating_add(size_of::<(String, String)>())
        });
        let name = self.name.as_deref().map_or(0, str::len);
        cost::<Self>(&self.texts(), texts)
            .saturating_add(labels)
            .saturating_add(name)
    }
}

impl ContainerEntry {
    pub(super) fn merge(self, new: Self, texts: &mut Texts) -> Self {
        let other_pod = matches!((self.pod, new.pod), (Some(old), Some(new)) if old != new);
        let pod_name = texts.same_pod(self.pod_name, new.pod_name);
        let differs = other_pod || self.name.differs(new.name) || pod_name.is_none();
        let mut standing = self.standing.with(new.standing);
        if differs || self.standing.is_ambiguous() {
            return match self.standing.against(new.standing) {
                Some(standing) => Self { standing, ..self },
                None => new,
            };
        }
        // Values that come only from places that the user did not name.
        let adds = |one: &Self, other: &Self| {
            one.standing.is_default()
                && (other.name.is_none() && !one.name.is_none()
                    || other.pod.is_none() && one.pod.is_some()
                    || other.pod_name.is_none() && !one.pod_name.is_none())
        };
        standing =
            standing.of_default(adds(&self, &new) || adds(&new, &self) || standing.is_default());
        let (mut first, second) = if new.standing.rank() >= self.standing.rank() {
            (new, self)
        } else {
            (self, new)
        };
        first.name = first.name.or(second.name);
        // A name from a listing is not given up for a uid from a log.
        let is_named = !first.pod_name.is_none() && second.standing.rank() < first.standing.rank();
        if !is_named {
            first.pod = first.pod.or(second.pod);
        }
        // The pod's own entry has its name; the name next to the container may be less trusted.
        first.pod_name = match first.pod {
            Some(_) => TextId::default(),
            None => pod_name.unwrap_or_default(),
        };
        first.standing = standing;
        first
    }

    /// The texts that it shares with other entries.
    pub(super) fn texts(&self) -> [TextId; 2] {
        [self.name, self.pod_name]
    }

    pub(super) fn cost(&self, texts: &Texts) -> usize {
        cost::<Self>(&self.texts(), texts)
    }
}

/// What an entry takes besides itself: its key, free space in the index, its node in the eviction order, and the
/// allocator's overhead.
const ENTRY_OVERHEAD: usize = 128;

/// An entry's size; texts that it shares with others are counted in full.
fn cost<T>(held: &[TextId], texts: &Texts) -> usize {
    held.iter().fold(
        ENTRY_OVERHEAD.saturating_add(size_of::<T>()),
        |sum, text| sum.saturating_add(texts.len(*text)),
    )
}
