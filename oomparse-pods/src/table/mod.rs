//! [`PodTable`]: a bounded table of names.

use super::container_id::ContainerId;
use super::record::{Doubt, PodRecord, PodUid};
use super::source::{Loaded, read_pods};
use crate::limits::{
    MAX_POD_LABELS, MAX_POD_TABLE_BYTES, MAX_POD_TABLE_CONTAINERS, MAX_POD_TABLE_PODS,
};
use alloc::string::String;
use alloc::vec::Vec;
pub(super) use entry::{ContainerEntry, PodEntry};
use entry::{Labels, Standing};
use oomparse_core::{ContainerNames, PodLookup, PodNames};
use slots::Slots;
use texts::{TextId, Texts};

mod entry;
mod slots;
mod texts;

/// How many ids may begin with the same digits before further ones are found only by all of them; real ids never do.
const CROWD: usize = 16;

/// Names by pod uid and by container id.
///
/// A listing refreshes the pods that it lists. Pods that are no longer listed stay, because lookups are often
/// about pods that died; they are the first to be removed when room is needed. Lookups do not refresh entries.
#[derive(Debug)]
pub struct PodTable {
    pub(super) pods: Slots<PodUid, PodEntry>,
    pub(super) containers: Slots<ContainerId, ContainerEntry>,
    pub(super) texts: Texts,
    /// Whether there ever was a crowded id.
    crowded: bool,
    labels: KeepLabels,
    max_bytes: usize,
    bytes: usize,
    clock: u64,
}

#[derive(Clone, Debug, Default)]
enum KeepLabels {
    #[default]
    None,
    All,
    Keys(Vec<String>),
}

impl Default for PodTable {
    fn default() -> Self {
        Self::new()
    }
}

impl PodTable {
    /// An empty table within the crate's bounds.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_bytes(MAX_POD_TABLE_BYTES)
    }

    /// An empty table that takes at most about `max_bytes`, and never more than the crate's bound.
    #[must_use]
    pub fn with_max_bytes(max_bytes: usize) -> Self {
        Self {
            pods: Slots::new(),
            containers: Slots::new(),
            texts: Texts::default(),
            crowded: false,
            labels: KeepLabels::None,
            max_bytes: max_bytes.min(MAX_POD_TABLE_BYTES),
            bytes: 0,
            clock: 0,
        }
    }

    /// Sets which labels later records keep; `*` keeps all. By default none are kept.
    pub fn keep_labels<S: AsRef<str>>(&mut self, keys: &[S]) {
        self.labels = if keys.is_empty() {
            KeepLabels::None
        } else if keys.iter().any(|key| key.as_ref() == "*") {
            KeepLabels::All
        } else {
            KeepLabels::Keys(keys.iter().map(|key| key.as_ref().into()).collect())
        };
    }

    /// How many uids have an entry.
    #[must_use]
    pub fn pods(&self) -> usize {
        self.pods.len()
    }

    /// How many container ids have an entry.
    #[must_use]
    pub fn containers(&self) -> usize {
        self.containers.len()
    }

    /// About how many bytes the entries take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty() && self.containers.is_empty()
    }

    /// Adds a listing in any format of [`PodFormat`](crate::PodFormat), recognised by its content.
    pub fn load(&mut self, listing: &[u8]) -> Loaded {
        read_pods(listing, &mut |record| self.insert(record))
    }

    /// Adds one record; returns whether it contained anything valid.
    pub fn insert(&mut self, mut record: PodRecord) -> bool {
        if !record.check_names() {
            return false;
        }
        self.clock = self.clock.saturating_add(1);
        self.forget_texts();
        let uid = record.uid.as_deref().and_then(PodUid::parse);
        let mirror = record.mirror_uid.as_deref().and_then(PodUid::parse);
        self.pick_labels(&mut record.labels);
        let mut taken = false;
        let ambiguous = record.doubt.is_ambiguous();
        // The ambiguity is about the container if the row has one, otherwise about the pod.
        if record.name.is_some() || (ambiguous && record.containers.is_empty()) {
            // Two uids: the record's own one is certain, the one from an annotation is a claim.
            let doubt = match mirror {
                Some(mirror) if Some(mirror) != uid => Doubt::Claimed,
                _ => record.doubt,
            };
            for (uid, doubt) in [(uid, doubt), (mirror, Doubt::None)] {
                if let Some(uid) = uid {
                    self.insert_pod(uid, &record, doubt);
                    taken = true;
                }
            }
        }
        let doubt = if ambiguous { record.doubt } else { Doubt::None };
        for container in &record.containers {
            let entry = ContainerEntry {
                name: self.texts.share(container.name.as_deref()),
                pod: uid,
                pod_name: match uid {
                    Some(_) => TextId::default(),
                    None => self
                        .texts
                        .share_pod(record.namespace.as_deref(), record.name.as_deref()),
                },
                standing: Standing::new(record.source, doubt, record.is_default),
            };
            let tells = !entry.name.is_none() || entry.pod.is_some() || record.name.is_some();
            if tells || ambiguous {
                self.insert_container(&container.id, entry);
                taken = true;
            }
        }
        self.make_room();
        taken
    }

    /// Removes texts that no entry uses any more, once there may be as many of them as used ones.
    fn forget_texts(&mut self) {
        if self.texts.are_many() {
            let pods = self.pods.iter().flat_map(|(_, entry)| entry.texts());
            let containers = self.containers.iter();
            let containers = containers.flat_map(|(_, entry)| entry.texts());
            self.texts.keep(pods.chain(containers));
        }
    }

    fn pick_labels(&self, labels: &mut Vec<(String, String)>) {
        match &self.labels {
            KeepLabels::None => labels.clear(),
            KeepLabels::All => {}
            KeepLabels::Keys(keys) => labels.retain(|(key, _)| keys.contains(key)),
        }
        labels.truncate(MAX_POD_LABELS);
    }

    fn insert_pod(&mut self, uid: PodUid, record: &PodRecord, doubt: Doubt) {
        let new = PodEntry {
            namespace: self.texts.share(record.namespace.as_deref()),
            name: record.name.as_deref().map(Into::into),
            node: self.texts.share(record.node.as_deref()),
            owner: self.texts.share(record.owner.as_deref()),
            labels: Labels::new(&record.labels),
            standing: Standing::new(record.source, doubt, record.is_default),
        };
        let Self {
            bytes,
            texts,
            pods,
            clock,
            ..
        } = self;
        pods.put(uid, *clock, |old| {
            let entry = match old {
                Some(old) => {
                    *bytes = bytes.saturating_sub(old.cost(texts));
                    old.merge(new)
                }
                None => new,
            };
            *bytes = bytes.saturating_add(entry.cost(texts));
            entry
        });
    }

    fn insert_container(&mut self, id: &str, new: ContainerEntry) {
        let Some(mut id) = ContainerId::parse(id) else {
            return;
        };
        let mut alike = 0usize;
        let known = self.containers.alike(&id).any(|(other, _)| {
            alike = alike.saturating_add(1);
            *other == id
        });
        let kept_as_crowded = self.crowded && self.containers.contains(&id.crowded());
        if kept_as_crowded || (!known && alike >= CROWD) {
            id = id.crowded();
            self.crowded = true;
        }
        let Self {
            bytes,
            texts,
            containers,
            clock,
            ..
        } = self;
        containers.put(id, *clock, |old| {
            let entry = match old {
                Some(old) => {
                    *bytes = bytes.saturating_sub(old.cost(texts));
                    old.merge(new, texts)
                }
                None => new,
            };
            *bytes = bytes.saturating_add(entry.cost(texts));
            entry
        });
    }

    /// Removes the entries that were refreshed longest ago.
    fn make_room(&mut self) {
        loop {
            if self.pods.len() > MAX_POD_TABLE_PODS {
                self.drop_pod();
            } else if self.containers.len() > MAX_POD_TABLE_CONTAINERS {
                self.drop_container();
            } else if self.bytes <= self.max_bytes {
                return;
            } else {
                match (self.pods.oldest(), self.containers.oldest()) {
                    (Some(pod), Some(container)) if pod < container => self.drop_pod(),
                    (_, Some(_)) => self.drop_container(),
                    (Some(_), None) => self.drop_pod(),
                    (None, None) => return,
                }
            }
        }
    }

    fn drop_pod(&mut self) {
        if let Some(entry) = self.pods.pop_oldest() {
            self.bytes = self.bytes.saturating_sub(entry.cost(&self.texts));
        }
    }

    fn drop_container(&mut self) {
        if let Some(entry) = self.containers.pop_oldest() {
            self.bytes = self.bytes.saturating_sub(entry.cost(&self.texts));
        }
    }

    /// The entry of an id; for a cut id, only if exactly one entry begins with it.
    fn find_container<'t>(&'t self, id: &str) -> Option<&'t ContainerEntry> {
        let id = ContainerId::parse(id)?;
        match self.exact_container(&id) {
            None if !id.is_whole() => self.find_cut(&id),
            found => found,
        }
    }

    #[cold]
    fn find_cut<'t>(&'t self, id: &ContainerId) -> Option<&'t ContainerEntry> {
        let only = |found: &mut dyn Iterator<Item = (&'t ContainerId, &'t ContainerEntry)>| {
            let mut found = found.filter(|(whole, _)| whole.begins_with(id));
            let (_, entry) = found.next()?;
            found.next().is_none().then_some(entry)
        };
        if self.crowded {
            only(&mut self.containers.iter())
        } else {
            only(&mut self.containers.alike(id))
        }
    }

    fn exact_container(&self, id: &ContainerId) -> Option<&ContainerEntry> {
        let found = self.containers.get(id);
        if found.is_none() && self.crowded {
            return self.containers.get(&id.crowded());
        }
        found
    }

    /// The pod to which a sandbox or container belongs, for lines that name only the sandbox.
    pub(super) fn pod_of_container(&self, id: &str) -> Option<PodRecord> {
        let entry = self.exact_container(&ContainerId::parse(id)?)?;
        if entry.standing.is_ambiguous() {
            return None;
        }
        let mut record = PodRecord::new(entry.standing.source);
        record.uid = entry.pod.map(|uid| uid.to_text().into());
        let (namespace, name) = self.texts.pod(entry.pod_name);
        record.namespace = namespace.map(Into::into);
        record.name = name.map(Into::into);
        Some(record)
    }
}

impl PodLookup for PodTable {
    fn pod(&mut self, uid: &str) -> Option<PodNames<'_>> {
        let entry = self.pods.get(&PodUid::parse(uid)?)?;
        if entry.standing.is_ambiguous() {
            return None;
        }
        Some(PodNames {
            namespace: self.texts.get(entry.namespace),
            name: entry.name.as_deref(),
            node: self.texts.get(entry.node),
            owner: self.texts.get(entry.owner),
            labels: entry.labels(),
            source: Some(entry.standing.source),
            is_default: entry.standing.is_default(),
        })
    }

    fn container(&mut self, id: &str) -> Option<ContainerNames<'_>> {
        let entry = self.find_container(id)?;
        if entry.standing.is_ambiguous() {
            return None;
        }
        let (namespace, name) = self.texts.pod(entry.pod_name);
        Some(ContainerNames {
            name: self.texts.get(entry.name),
            pod_uid: entry.pod.map(PodUid::to_text),
            pod: PodNames {
                namespace,
                name,
                source: Some(entry.standing.source),
                is_default: entry.standing.is_default(),
                ..PodNames::default()
            },
        })
    }
}

#[cfg(test)]
mod tests;
