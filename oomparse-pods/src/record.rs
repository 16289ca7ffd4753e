//! What a source knows about one pod.

use super::container_id::ContainerId;
use super::hex;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
pub use oomparse_core::PodSource;
use oomparse_core::UidText;

/// All listings have the same rank: the later one is right. Both kinds of log have a lower rank.
pub(super) fn is_log(source: PodSource) -> bool {
    source <= PodSource::KubeletLog
}

/// What a source knows about one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PodRecord {
    /// The uid in the names of the pod's cgroups, in any spelling.
    pub uid: Option<String>,
    /// Another uid of the same pod: that of a static pod's mirror in the API.
    pub mirror_uid: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Pod name.
    pub name: Option<String>,
    /// Node name.
    pub node: Option<String>,
    /// `Kind/name` of the controller.
    pub owner: Option<String>,
    /// All labels.
    pub labels: Vec<(String, String)>,
    /// The pod's containers, including former ones.
    pub containers: Vec<ContainerRecord>,
    /// The source of the record.
    pub source: PodSource,
    /// It comes from the node's own directories by default: such a record names no pod of a machine within the
    /// node.
    pub is_default: bool,
    /// How reliable it is, if it comes from a written table that says so.
    pub(super) doubt: Doubt,
}

/// How reliable an entry of a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Doubt {
    /// As reliable as its source.
    #[default]
    None,
    /// Found by an annotation that the pod's author may have written.
    Claimed,
    /// Two sources of one rank contradict each other: there is no name until a better source comes.
    Ambiguous,
    /// One listing gives the uid two names: there is no name until another listing comes.
    Contradicted,
}

impl Doubt {
    /// The suffix of the source's word in a written table.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Claimed => " (claimed)",
            Self::Ambiguous | Self::Contradicted => " (ambiguous)",
        }
    }

    pub(super) fn is_ambiguous(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Contradicted)
    }
}

/// One container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContainerRecord {
    /// Hex digits, 12 to 64 of them.
    pub id: String,
    /// The container's name; a pod's sandbox has none.
    pub name: Option<String>,
}

impl PodRecord {
    /// An empty record.
    #[must_use]
    pub fn new(source: PodSource) -> Self {
        Self {
            uid: None,
            mirror_uid: None,
            namespace: None,
            name: None,
            node: None,
            owner: None,
            labels: Vec::new(),
            containers: Vec::new(),
            source,
            is_default: false,
            doubt: Doubt::None,
        }
    }

    /// Sets the source from its word in a written table; an unknown word changes nothing.
    pub(super) fn set_source(&mut self, word: &str) {
        let doubts = [Doubt::Claimed, Doubt::Ambiguous];
        let doubted = doubts
            .into_iter()
            .find_map(|doubt| Some((word.strip_suffix(doubt.suffix())?, doubt)));
        let (word, doubt) = doubted.unwrap_or((word, Doubt::None));
        if let Some(source) = PodSource::from_word(word) {
            (self.source, self.doubt) = (source, doubt);
        }
    }

    /// Removes the name, because the listing also gives the uid another one.
    pub(super) fn contradict(&mut self) {
        self.doubt = Doubt::Contradicted;
        self.containers.clear();
    }

    /// A record that names a pod.
    #[must_use]
    pub fn named(source: PodSource, uid: &str, namespace: &str, name: &str) -> Self {
        Self {
            uid: Some(uid.to_owned()),
            namespace: Some(namespace.to_owned()),
            name: Some(name.to_owned()),
            ..Self::new(source)
        }
    }

    /// Adds a container if the id is valid. It may begin with `containerd://…`.
    pub fn add_container(&mut self, id: &str, name: Option<&str>) {
        let id = id.rsplit_once("://").map_or(id, |(_, id)| id);
        if let Some(id) = ContainerId::parse(id) {
            self.containers.push(ContainerRecord {
                id: id.to_text(),
                name: name.map(ToOwned::to_owned),
            });
        }
    }

    /// Removes invalid names; returns whether the record still names anything.
    pub(super) fn check_names(&mut self) -> bool {
        for text in [&self.namespace, &self.name] {
            if text.as_deref().is_some_and(|text| !is_name(text)) {
                return false;
            }
        }
        self.node.take_if(|node| !is_name(node));
        self.owner.take_if(|owner| {
            !owner
                .split_once('/')
                .is_some_and(|(kind, name)| is_name(kind) && is_name(name))
        });
        for container in &mut self.containers {
            container.name.take_if(|name| !is_name(name));
        }
        self.containers
            .retain(|container| ContainerId::parse(&container.id).is_some());
        self.labels
            .retain(|(key, value)| key.len() <= 317 && value.len() <= 63);
        if self.doubt.is_ambiguous() {
            // None of these names can be trusted.
            self.name = None;
            for container in &mut self.containers {
                container.name = None;
            }
            return true;
        }
        self.name.is_some() || !self.containers.is_empty()
    }
}

/// A pod's uid in any spelling: equal if the digits are equal.
///
/// Stored as bytes, because the alignment of numbers would make the table's entries longer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PodUid {
    digits: [u8; 16],
    hyphens: bool,
}

impl PodUid {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let (pairs, rest) = text.as_chunks::<2>();
        if let Ok(pairs) = <&[[u8; 2]; 16]>::try_from(pairs) {
            return Some(Self {
                digits: hex::read(pairs).filter(|_| rest.is_empty())?,
                hyphens: false,
            });
        }
        let text = <&[u8; 36]>::try_from(text).ok()?;
        let [separator, others @ ..] = [8, 13, 18, 23].map(|at| text.get(at).copied());
        if !matches!(separator, Some(b'-' | b'_')) || others.iter().any(|it| *it != separator) {
            return None;
        }
        let mut digits = [[0u8; 2]; 16];
        let place = digits.as_flattened_mut();
        hex::copy::<0, 0, 8>(text, place);
        hex::copy::<9, 8, 4>(text, place);
        hex::copy::<14, 12, 4>(text, place);
        hex::copy::<19, 16, 4>(text, place);
        hex::copy::<24, 20, 12>(text, place);
        Some(Self {
            digits: hex::read(&digits)?,
            hyphens: true,
        })
    }

    /// The uid in the record's spelling.
    pub(super) fn to_text(self) -> UidText {
        UidText::from_bytes(&self.digits, self.hyphens)
    }

    /// A key that is equal for all spellings.
    pub(super) fn to_key(self) -> [u8; 16] {
        self.digits
    }

    /// Whether it is written without hyphens, like a static pod's.
    pub(super) fn is_static(self) -> bool {
        !self.hyphens
    }
}

impl PartialEq for PodUid {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits
    }
}

impl Eq for PodUid {}

impl core::hash::Hash for PodUid {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.digits));
    }
}

/// Whether Kubernetes would accept it as the name of a namespace, a pod, a node or a container.
///
/// Wider than Kubernetes' own rule (RFC 1123: lower case, no underscore), because a table may contain more; but
/// no blank, no quote, no control character.
pub(super) fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_spellings_are_one_uid() {
        let uid = PodUid::parse("3962896b-ab69-4572-8f1d-ee756f9f3589").unwrap();
        for spelling in [
            "3962896B-AB69-4572-8F1D-EE756F9F3589",
            "3962896b_ab69_4572_8f1d_ee756f9f3589",
            "3962896bab6945728f1dee756f9f3589",
        ] {
            assert_eq!(PodUid::parse(spelling), Some(uid));
        }
        assert_eq!(&*uid.to_text(), "3962896b-ab69-4572-8f1d-ee756f9f3589");
        let plain = PodUid::parse("0962896BAB6945728F1DEE756F9F3589").unwrap();
        assert_eq!(&*plain.to_text(), "0962896bab6945728f1dee756f9f3589");
        assert!(PodUid::parse("3962896b").is_none());
    }

    #[test]
    fn container_ids_lose_their_scheme() {
        let mut record = PodRecord::new(PodSource::Kubernetes);
        record.add_container("containerd://A2172E8D1101B439", Some("app"));
        record.add_container("cri-o://short", Some("app"));
        record.add_container("", None);
        assert_eq!(record.containers.len(), 1);
        assert_eq!(record.containers[0].id, "a2172e8d1101b439");
    }
}
