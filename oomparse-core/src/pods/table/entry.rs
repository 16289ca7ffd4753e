//! Entries of the table: what they hold, whom they believe, what they weigh.

use super::super::record::{PodSource, PodUid};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What is known of a pod.
///
/// First what every lookup reads: it lies in the cache line of the key.
#[derive(Debug, Default)]
#[repr(C)]
pub(in super::super) struct PodEntry {
    pub(in super::super) standing: Standing,
    pub(in super::super) namespace: Option<Box<str>>,
    /// `None` also when two sources of one rank name the uid differently.
    pub(in super::super) name: Option<Box<str>>,
    pub(in super::super) node: Option<Box<str>>,
    pub(in super::super) owner: Option<Box<str>>,
    pub(in super::super) labels: Vec<(String, String)>,
}

/// What is known of a container, or of a pod's sandbox.
#[derive(Debug, Default)]
#[repr(C)]
pub(in super::super) struct ContainerEntry {
    pub(in super::super) standing: Standing,
    pub(in super::super) pod: Option<PodUid>,
    pub(in super::super) name: Option<Box<str>>,
    /// Only where the pod's uid is unknown.
    pub(in super::super) namespace: Option<Box<str>>,
    pub(in super::super) pod_name: Option<Box<str>>,
}

/// How far an entry is to be believed, and its age.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Standing {
    pub(in super::super) source: PodSource,
    /// Found by an annotation that the pod's author may have written himself.
    claimed: bool,
    /// Two claims of one rank contradict each other: there is no name until a better one comes.
    ambiguous: bool,
    seen: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            source: PodSource::RuntimeLog,
            claimed: false,
            ambiguous: false,
            seen: 0,
        }
    }
}

impl Standing {
    pub(super) fn new(source: PodSource, claimed: bool, seen: u64) -> Self {
        Self {
            source,
            claimed,
            ambiguous: false,
            seen,
        }
    }

    /// When the entry was refreshed, in records taken over.
    pub(super) fn seen(self) -> u64 {
        self.seen
    }

    /// Whether there is no telling.
    pub(in super::super) fn is_ambiguous(self) -> bool {
        self.ambiguous
    }

    /// 0: a log's word; 1: an annotation's claim in a listing; 2: a listing.
    fn rank(self) -> u8 {
        match (self.source.is_log(), self.claimed) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    }

    /// Where the two contradict each other: what the old one's standing becomes, or nothing if the
    /// new one takes its place. Of two listings the later is right; of two lesser words neither.
    fn against(self, new: Self) -> Option<Self> {
        let (old_rank, new_rank) = (self.rank(), new.rank());
        if new_rank > old_rank || new_rank == 2 {
            return None;
        }
        Some(Self {
            ambiguous: self.ambiguous || new_rank == old_rank,
            seen: new.seen,
            ..self
        })
    }

    /// Where the two agree: the better one's, refreshed.
    fn with(self, new: Self) -> Self {
        let better = if new.rank() >= self.rank() { new } else { self };
        Self {
            seen: new.seen,
            ..better
        }
    }
}

impl PodEntry {
    /// What both together say.
    pub(super) fn merge(self, new: Self) -> Self {
        let differs = differ(&self.name, &new.name) || differ(&self.namespace, &new.namespace);
        let standing = self.standing.with(new.standing);
        if differs || self.standing.ambiguous {
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
        first.namespace = first.namespace.or(second.namespace);
        first.node = first.node.or(second.node);
        first.owner = first.owner.or(second.owner);
        if first.labels.is_empty() {
            first.labels = second.labels;
        }
        first.standing = standing;
        first
    }

    pub(super) fn cost(&self) -> usize {
        let labels = self.labels.iter().fold(0usize, |sum, (key, value)| {
            sum.saturating_add(key.len())
                .saturating_add(value.len())
                .saturating_add(size_of::<(String, String)>())
        });
        ENTRY_OVERHEAD
            .saturating_add(size_of::<Self>())
            .saturating_add(labels)
            .saturating_add(len(&self.namespace))
            .saturating_add(len(&self.name))
            .saturating_add(len(&self.node))
            .saturating_add(len(&self.owner))
    }
}

impl ContainerEntry {
    pub(super) fn merge(self, new: Self) -> Self {
        let other_pod = matches!((self.pod, new.pod), (Some(old), Some(new)) if old != new);
        let differs = other_pod
            || differ(&self.name, &new.name)
            || differ(&self.namespace, &new.namespace)
            || differ(&self.pod_name, &new.pod_name);
        let standing = self.standing.with(new.standing);
        if differs || self.standing.ambiguous {
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
        first.pod = first.pod.or(second.pod);
        first.namespace = first.namespace.or(second.namespace);
        first.pod_name = first.pod_name.or(second.pod_name);
        first.standing = standing;
        first
    }

    pub(super) fn cost(&self) -> usize {
        ENTRY_OVERHEAD
            .saturating_add(size_of::<Self>())
            .saturating_add(len(&self.name))
            .saturating_add(len(&self.namespace))
            .saturating_add(len(&self.pod_name))
    }
}

/// What an entry takes besides itself: its key, its place in the index, its node in the order of
/// leaving, and what the allocator adds to its texts.
const ENTRY_OVERHEAD: usize = 128;

fn len(text: &Option<Box<str>>) -> usize {
    text.as_deref().map_or(0, str::len)
}

fn differ(old: &Option<Box<str>>, new: &Option<Box<str>>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old != new)
}
