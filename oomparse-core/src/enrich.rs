//! Adds names to an event's pod and container, from any source that knows them.
//!
//! The identity comes from the victim's cgroup path and does not change; a lookup only adds the names. If the
//! lookup finds nothing, the event does not change.

use crate::event::{Container, OomEvent, Pod, PodSource};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// What a lookup knows about a pod. Unknown values are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodNames<'a> {
    /// Kubernetes namespace.
    pub namespace: Option<&'a str>,
    /// Pod name.
    pub name: Option<&'a str>,
    /// Node name.
    pub node: Option<&'a str>,
    /// `Kind/name` of the controller.
    pub owner: Option<&'a str>,
    /// Labels to put into the event.
    pub labels: &'a [(String, String)],
    /// The source of the names.
    pub source: Option<PodSource>,
    /// The names come from the node's own directories by default; those know nothing of the pods of a machine
    /// within it.
    pub is_default: bool,
}

/// What a lookup knows about a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerNames<'a> {
    /// The container's name in its pod.
    pub name: Option<&'a str>,
    /// The pod it runs in, in the record's spelling.
    pub pod_uid: Option<UidText>,
    /// Namespace and name of the pod, if only they are known.
    pub pod: PodNames<'a>,
}

/// A pod's uid in the record's spelling, stored inline: answering a lookup allocates nothing.
///
/// ```
/// use oomparse_core::UidText;
///
/// let uid = UidText::new("6b0099e3e7de21f55363249be4605571").expect("32 hex digits");
/// assert_eq!(&*uid, "6b0099e3e7de21f55363249be4605571");
/// assert!(UidText::new("6b0099e3").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UidText {
    text: [u8; 36],
    len: u8,
}

impl UidText {
    /// A uid that is spelled as in the record: 32 lower-case hex digits, a static pod's without
    /// hyphens, any other's with four.
    #[must_use]
    pub fn new(uid: &str) -> Option<Self> {
        let hyphen = |at: usize| uid.len() == 36 && matches!(at, 8 | 13 | 18 | 23);
        let sound = matches!(uid.len(), 32 | 36)
            && uid.bytes().enumerate().all(|(at, byte)| match byte {
                b'-' => hyphen(at),
                b'0'..=b'9' | b'a'..=b'f' => !hyphen(at),
                _ => false,
            });
        let mut text = [0u8; 36];
        let (place, _) = text.split_at_mut_checked(uid.len())?;
        place.copy_from_slice(uid.as_bytes());
        sound.then_some(Self {
            text,
            len: u8::try_from(uid.len()).ok()?,
        })
    }

    /// The uid with these 16 bytes, two digits each; a static pod's has no hyphens.
    ///
    /// ```
    /// use oomparse_core::UidText;
    ///
    /// let bytes = [0x6b, 0, 0x99, 0xe3, 0xe7, 0xde, 0x21, 0xf5, 0x53, 0x63, 0x24, 0x9b, 0xe4, 0x60, 0x55, 0x71];
    /// assert_eq!(&*UidText::from_bytes(&bytes, false), "6b0099e3e7de21f55363249be4605571");
    /// assert_eq!(&*UidText::from_bytes(&bytes, true), "6b0099e3-e7de-21f5-5363-249be4605571");
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 16], hyphens: bool) -> Self {
        let digit = |value: u8| value.wrapping_add(if value < 10 { b'0' } else { b'a' - 10 });
        let digits = bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        let mut text = [b'-'; 36];
        let places = text.iter_mut().enumerate();
        let places = places.filter(|(at, _)| !(hyphens && matches!(at, 8 | 13 | 18 | 23)));
        for ((_, place), digit) in places.zip(digits) {
            *place = digit;
        }
        Self {
            text,
            len: if hyphens { 36 } else { 32 },
        }
    }
}

impl core::ops::Deref for UidText {
    type Target = str;

    fn deref(&self) -> &str {
        let text = self.text.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

impl core::fmt::Debug for UidText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(&**self, f)
    }
}

impl From<UidText> for String {
    fn from(uid: UidText) -> Self {
        (*uid).to_owned()
    }
}

/// A source of names.
pub trait PodLookup {
    /// The names of the pod with this uid, spelled as in [`Pod::uid`].
    fn pod(&mut self, uid: &str) -> Option<PodNames<'_>>;

    /// What is known about the container with this id (lower case, 12 to 64 hex digits).
    fn container(&mut self, id: &str) -> Option<ContainerNames<'_>>;
}

/// Adds names to an event; returns whether any was added.
///
/// * The pod is found by its uid. Without a uid it is found by the container's id, unless the id is in a place
///   where anybody may make it up (below `/user.slice` or a service, or in another machine's cgroup).
/// * A nested pod gets no name from the node's own directories, only from a source that was given explicitly.
/// * The container's name is added only if the lookup has the container in the event's own pod.
/// * Values that the event already has do not change.
pub fn enrich(event: &mut OomEvent, lookup: &mut impl PodLookup) -> bool {
    let id = event.container.as_ref().and_then(|found| found.id.clone());
    let uid = event.pod.as_ref().and_then(|pod| pod.uid.clone());
    let is_nested = event.pod.as_ref().is_some_and(|pod| pod.nested);
    let mut added = false;
    if let Some(uid) = &uid
        && let Some(names) = lookup.pod(uid)
        && !(is_nested && names.is_default)
    {
        added |= add_pod(event, names);
    }
    let Some(id) = id else {
        return added;
    };
    let Some(found) = lookup.container(&id) else {
        return added;
    };
    if is_nested && found.pod.is_default {
        return added;
    }
    let name = found.name.map(ToOwned::to_owned);
    let same_pod = match (&uid, &found.pod_uid) {
        (Some(uid), Some(other)) => **uid == **other && agrees(event, &found.pod),
        (Some(_), None) => agrees(event, &found.pod),
        (None, _) => !is_delegated(event),
    };
    if !same_pod {
        return added;
    }
    added |= add_pod(event, found.pod);
    if uid.is_none()
        && let Some(other) = found.pod_uid
    {
        if let Some(names) = lookup.pod(&other) {
            add_pod(event, names);
        }
        event.pod.get_or_insert_default().uid = Some(other.into());
        added = true;
    }
    if let Some(name) = name {
        let container = event.container.get_or_insert_with(Container::default);
        if container.name.is_none() {
            container.name = Some(name);
            added = true;
        }
    }
    added
}

/// Whether the names do not contradict those of the event.
fn agrees(event: &OomEvent, names: &PodNames<'_>) -> bool {
    let Some(pod) = &event.pod else {
        return true;
    };
    let same = |known: &Option<String>, other: Option<&str>| match (known, other) {
        (Some(known), Some(other)) => known == other,
        _ => true,
    };
    same(&pod.namespace, names.namespace) && same(&pod.name, names.name)
}

/// Where others than the container engine name cgroups, a cgroup may be named after another pod's container.
fn is_delegated(event: &OomEvent) -> bool {
    let container = event.container.as_ref();
    container.is_some_and(|container| container.delegated)
}

/// Adds names to a pod that has no name yet; never mixes the names of two sources.
fn add_pod(event: &mut OomEvent, names: PodNames<'_>) -> bool {
    let Some(name) = names.name else {
        return false;
    };
    let pod = event.pod.get_or_insert_with(Pod::default);
    if pod.name.is_some() {
        return false;
    }
    let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
    pod.name = Some(name.to_owned());
    pod.namespace = owned(names.namespace);
    pod.node = pod.node.take().or_else(|| owned(names.node));
    pod.owner = owned(names.owner);
    pod.labels = names.labels.to_vec();
    pod.source = names.source;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

    /// Knows one pod and one container.
    struct One {
        container_pod: Option<&'static str>,
        container_namespace: Option<&'static str>,
        is_default: bool,
    }

    impl PodLookup for One {
        fn pod(&mut self, uid: &str) -> Option<PodNames<'_>> {
            (uid == UID).then_some(PodNames {
                namespace: Some("default"),
                name: Some("web-0"),
                node: Some("node-7"),
                source: Some(PodSource::Kubernetes),
                is_default: self.is_default,
                ..PodNames::default()
            })
        }

        fn container(&mut self, id: &str) -> Option<ContainerNames<'_>> {
            (id == ID).then(|| ContainerNames {
                name: Some("app"),
                pod_uid: self.container_pod.and_then(UidText::new),
                pod: PodNames {
                    namespace: self.container_namespace,
                    name: self.container_namespace.map(|_| "web-0"),
                    source: Some(PodSource::RuntimeLog),
                    is_default: self.is_default,
                    ..PodNames::default()
                },
            })
        }
    }

    fn lookup() -> One {
        One {
            container_pod: Some(UID),
            container_namespace: None,
            is_default: false,
        }
    }

    fn event(uid: Option<&str>, id: Option<&str>) -> OomEvent {
        OomEvent {
            pod: uid.map(|uid| Pod {
                uid: Some(uid.to_owned()),
                ..Pod::default()
            }),
            container: id.map(|id| Container {
                id: Some(id.to_owned()),
                ..Container::default()
            }),
            ..OomEvent::default()
        }
    }

    #[test]
    fn pod_and_container_of_one_pod() {
        let mut event = event(Some(UID), Some(ID));
        assert!(enrich(&mut event, &mut lookup()));
        let pod = event.pod.clone().unwrap();
        assert_eq!(pod.namespace.as_deref(), Some("default"));
        assert_eq!(pod.name.as_deref(), Some("web-0"));
        assert_eq!(pod.node.as_deref(), Some("node-7"));
        assert_eq!(pod.source, Some(PodSource::Kubernetes));
        let container = event.container.clone().unwrap();
        assert_eq!(container.name.as_deref(), Some("app"));
        let before = event.clone();
        assert!(!enrich(&mut event, &mut lookup()), "the second time");
        assert_eq!(event, before);
    }

    #[test]
    fn miss_leaves_the_event_as_it_was() {
        for mut event in [
            event(None, None),
            event(
                Some("00000000-0000-0000-0000-000000000000"),
                Some("0123456789ab"),
            ),
        ] {
            let before = event.clone();
            assert!(!enrich(&mut event, &mut lookup()));
            assert_eq!(event, before);
        }
    }

    #[test]
    fn container_of_another_pod_stays_unnamed() {
        let mut event = event(Some("00000000-0000-0000-0000-000000000000"), Some(ID));
        let before = event.clone();
        assert!(!enrich(&mut event, &mut lookup()));
        assert_eq!(event, before);
    }

    #[test]
    fn container_under_another_namespace_stays_unnamed() {
        let mut event = event(Some(UID), Some(ID));
        let mut lookup = One {
            container_pod: None,
            container_namespace: Some("kube-system"),
            is_default: false,
        };
        enrich(&mut event, &mut lookup);
        assert_eq!(event.container.unwrap().name, None);
        assert_eq!(event.pod.unwrap().namespace.as_deref(), Some("default"));
    }

    #[test]
    fn pod_from_the_container() {
        let mut event = event(None, Some(ID));
        assert!(enrich(&mut event, &mut lookup()));
        let pod = event.pod.unwrap();
        assert_eq!(pod.uid.as_deref(), Some(UID));
        assert_eq!(pod.name.as_deref(), Some("web-0"));
        assert_eq!(event.container.unwrap().name.as_deref(), Some("app"));
    }

    #[test]
    fn pod_from_the_container_but_not_where_a_user_names_it() {
        let mut event = event(None, Some(ID));
        event.container.as_mut().unwrap().delegated = true;
        let before = event.clone();
        assert!(!enrich(&mut event, &mut lookup()));
        assert_eq!(event, before);
    }

    #[test]
    fn a_nested_pod_has_no_name_from_a_place_that_nobody_named() {
        for is_default in [false, true] {
            let mut lookup = One {
                is_default,
                ..lookup()
            };
            let mut event = event(Some(UID), Some(ID));
            event.pod.as_mut().unwrap().nested = true;
            assert_eq!(enrich(&mut event, &mut lookup), !is_default);
            let pod = event.pod.unwrap();
            assert_eq!(pod.name.is_some(), !is_default);
            assert!(pod.nested);
            assert_eq!(event.container.unwrap().name.is_some(), !is_default);
        }
    }

    #[test]
    fn a_uid_is_spelled_from_its_bytes() {
        let bytes = [
            0x6b, 0x00, 0x99, 0xe3, 0xe7, 0xde, 0x21, 0xf5, 0x53, 0x63, 0x24, 0x9b, 0xa4, 0x60,
            0x55, 0x7f,
        ];
        let uid = UidText::from_bytes(&bytes, true);
        assert_eq!(&*uid, "6b0099e3-e7de-21f5-5363-249ba460557f");
        assert_eq!(UidText::new(&uid), Some(uid));
        let uid = UidText::from_bytes(&bytes, false);
        assert_eq!(&*uid, "6b0099e3e7de21f55363249ba460557f");
        assert_eq!(
            alloc::format!("{uid:?}"),
            "\"6b0099e3e7de21f55363249ba460557f\""
        );
    }

    #[test]
    fn the_answer_says_whether_any_name_was_added() {
        // The pod's names come from the lookup by uid, the container's are in the event.
        let mut named = event(Some(UID), Some(ID));
        named.container.as_mut().unwrap().name = Some("app".to_owned());
        assert!(enrich(&mut named, &mut lookup()));
        assert!(!enrich(&mut named, &mut lookup()));
        assert_eq!(named.pod.unwrap().name.as_deref(), Some("web-0"));
        // The pod's names come with the container's, which has none.
        let mut lookup = Unnamed;
        let mut event = event(None, Some(ID));
        assert!(enrich(&mut event, &mut lookup));
        assert_eq!(event.pod.unwrap().name.as_deref(), Some("web-0"));
    }

    /// Knows only whose a container is.
    struct Unnamed;

    impl PodLookup for Unnamed {
        fn pod(&mut self, _: &str) -> Option<PodNames<'_>> {
            None
        }

        fn container(&mut self, _: &str) -> Option<ContainerNames<'_>> {
            Some(ContainerNames {
                pod: PodNames {
                    name: Some("web-0"),
                    ..PodNames::default()
                },
                ..ContainerNames::default()
            })
        }
    }

    #[test]
    fn a_container_whose_pod_has_the_same_names_is_named() {
        for container_pod in [None, Some(UID)] {
            let mut event = event(Some(UID), Some(ID));
            let mut lookup = One {
                container_pod,
                container_namespace: Some("default"),
                is_default: false,
            };
            assert!(enrich(&mut event, &mut lookup));
            assert_eq!(event.container.unwrap().name.as_deref(), Some("app"));
        }
    }
}
