//! The kubelet's eviction of pods, when its node is short of memory.
//!
//! | versions | lines |
//! |---|---|
//! | to 1.20 | `eviction manager: must evict pod(s) to reclaim memory`, `eviction manager: pod NAME_NAMESPACE(UID) is evicted successfully` |
//! | 1.21 and later | `"Eviction manager: must evict pod(s) to reclaim" resourceName="memory"`, `"Eviction manager: pod is evicted successfully" pod="NAMESPACE/NAME"` |
//! | the same, JSON | `{"ts":…,"msg":"Eviction manager: pod is evicted successfully","pod":{"name":…,"namespace":…}}` |
//!
//! ```text
//! kubelet[2480]: I1012 19:34:44.999101    2480 eviction_manager.go:356] "Eviction manager: must evict pod(s) to reclaim" resourceName="memory"
//! kubelet[2480]: I1012 19:34:45.000152    2480 kuberuntime_container.go:709] "Killing container with a grace period" pod="default/nginx" podUID=3dc279e9-2093-411c-a501-3a351a623ccf containerName="nginx" containerID="containerd://f19a749199552425cc07eeee4899cba5af95718f2fe895298c02a6d5b0b992ff" gracePeriod=30
//! kubelet[2480]: I1012 19:34:45.357018    2480 kubelet.go:2231] "SyncLoop (PLEG): event for pod" pod="default/nginx" event=&{ID:3dc279e9-2093-411c-a501-3a351a623ccf Type:ContainerDied Data:f19a749199552425cc07eeee4899cba5af95718f2fe895298c02a6d5b0b992ff}
//! kubelet[2480]: I1012 19:34:45.445172    2480 eviction_manager.go:595] "Eviction manager: pod is evicted successfully" pod="default/nginx"
//! ```
//!
//! Only the verdict is an event. It shows neither which resource was short nor, since 1.21, the pod's uid: both
//! come from lines of the same process between `must evict` and the verdict. A verdict without a `must evict` is
//! about a volume's or a container's disk, and so is one of a later round: each begins with `attempting to reclaim`, and
//! may end with `unable to evict any pods from the node`. Crossed thresholds, and pods that were ranked or refused, are no
//! events: nobody died.

use super::envelope::Envelope;
use super::klog::Entry;
use super::text::{after_low_on_memory, quantity};
use super::{Patience, Reader, Statement};
use crate::cgroup::{Runtime, is_container_id, normalize_pod_uid};
use crate::event::{Container, Counter, EventType, Killer, OomEvent, Pod, PodSource, Resource};
use crate::limits::{MAX_EVICTION_PODS, MAX_JOINED_LEN};
use crate::source::Daemon;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

/// Reads a kubelet's lines about evictions.
#[derive(Debug, Default)]
pub(super) struct Eviction {
    /// The resource for which it must evict, since its last verdict.
    pressure: Option<Pressure>,
}

#[derive(Debug, Default)]
struct Pressure {
    is_memory: bool,
    thread: Option<u32>,
    /// Set while the lines in between are read, which contain no word to search for.
    patience: Option<Patience>,
    /// The pods about which a line reported something since then.
    pods: Vec<Seen>,
}

/// What is known about a pod.
#[derive(Debug, Default)]
struct Seen {
    /// `namespace/name`.
    pod: String,
    uid: Option<String>,
    /// Containers that were ordered to end: id, runtime, name.
    containers: Vec<Container>,
    /// Why, at verbosity 3.
    message: Option<String>,
}

impl Reader for Eviction {
    const OF: &'static [Daemon] = &[Daemon::Kubelet, Daemon::K3s, Daemon::Rke2];
    const WORDS: &'static [&'static str] = &["evicted successfully", "evict pod(s) to reclaim"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Klog, Envelope::KlogJson];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        if said.text.len() > MAX_JOINED_LEN || !may_matter(said.text) {
            return;
        }
        let Some(entry) = Entry::read(said.text) else {
            return;
        };
        if self.is_of_another(&entry) {
            self.pressure = None;
        }
        match message(&entry) {
            Message::MustEvict(is_memory) => {
                self.pressure = Some(Pressure {
                    is_memory,
                    thread: entry.thread,
                    patience: is_memory.then(|| Patience::from(said)),
                    pods: Vec::new(),
                });
            }
            Message::Evicted(pod, uid) => {
                let pressure = self.pressure.take();
                if let Some(pressure) = pressure.filter(|it| it.is_memory) {
                    out.extend(evicted(said, &entry, &pressure, pod, uid));
                }
            }
            Message::Evicting => {
                let why = entry.field("message").map(String::from);
                // At verbosity 3 this line itself says which resource was short.
                let is_memory = why
                    .as_ref()
                    .is_some_and(|why| after_low_on_memory(why).is_some());
                if is_memory && self.pressure.is_none() {
                    self.pressure = Some(Pressure {
                        is_memory,
                        thread: entry.thread,
                        ..Pressure::default()
                    });
                }
                self.seen(&entry, |seen, _| seen.message = why);
            }
            Message::Killing => self.seen(&entry, |seen, entry| {
                let found = container(entry);
                let is_known = seen
                    .containers
                    .iter()
                    .any(|known| found.as_ref() == Some(known));
                seen.containers.extend(found.filter(|_| !is_known));
            }),
            Message::Pleg => self.seen(&entry, |_, _| {}),
            Message::Over => self.pressure = None,
            Message::Other => {}
        }
    }

    fn emit_waiting(&mut self, _: &mut VecDeque<OomEvent>) {
        // The verdict is found by its own words whenever it comes.
        if let Some(pressure) = &mut self.pressure {
            pressure.patience = None;
        }
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.pressure.as_mut()?.patience.as_mut()
    }

    fn weight(&self) -> usize {
        let pods = self.pressure.as_ref().map_or(&[][..], |it| &it.pods);
        pods.iter()
            .map(|seen| {
                let texts = [Some(&seen.pod), seen.uid.as_ref(), seen.message.as_ref()];
                let texts = texts.into_iter().flatten().map(String::capacity);
                let containers = seen.containers.len().saturating_mul(256);
                texts.fold(containers, usize::saturating_add)
            })
            .fold(0, usize::saturating_add)
    }
}

impl Eviction {
    /// Whether it was written by another kubelet than the one that must evict: it was restarted.
    fn is_of_another(&self, entry: &Entry<'_>) -> bool {
        let thread = self.pressure.as_ref().and_then(|it| it.thread);
        thread
            .zip(entry.thread)
            .is_some_and(|(one, two)| one != two)
    }

    /// Notes what a line shows about a pod, while something must be evicted.
    fn seen(&mut self, entry: &Entry<'_>, note: impl FnOnce(&mut Seen, &Entry<'_>)) {
        let Some(pressure) = &mut self.pressure else {
            return;
        };
        let Some(pod) = entry.field("pod").filter(|pod| names(pod).is_some()) else {
            return;
        };
        let at = pressure.pods.iter().position(|seen| *seen.pod == *pod);
        let at = at.unwrap_or_else(|| {
            if pressure.pods.len() >= MAX_EVICTION_PODS {
                pressure.pods.remove(0);
            }
            pressure.pods.push(Seen {
                pod: pod.into_owned(),
                ..Seen::default()
            });
            pressure.pods.len().saturating_sub(1)
        });
        if let Some(seen) = pressure.pods.get_mut(at) {
            if let Some(uid) = uid(entry) {
                // It is a new pod with the same name: nothing noted about the old one applies.
                if seen.uid.as_ref().is_some_and(|known| *known != uid) {
                    seen.containers.clear();
                }
                seen.uid = Some(uid);
            }
            if seen.containers.len() < MAX_EVICTION_PODS {
                note(seen, entry);
            }
        }
    }
}

/// Ends a round without a verdict.
const NOBODY: &str = "unable to evict any pods from the node";

/// Whether a line can be one of those that are read.
fn may_matter(text: &[u8]) -> bool {
    [
        &b"evict"[..],
        b"Evict",
        b"Killing container with",
        b"SyncLoop (PLEG)",
    ]
    .iter()
    .any(|word| memchr::memmem::find(text, word).is_some())
}

/// The contents of a line.
enum Message<'e> {
    MustEvict(bool),
    /// The pod, and its uid if the verdict shows it.
    Evicted(String, Option<&'e str>),
    /// It looks for a resource anew, or found no pod to evict.
    Over,
    Evicting,
    Killing,
    Pleg,
    Other,
}

fn message<'e>(entry: &'e Entry<'_>) -> Message<'e> {
    let text = entry.message.as_ref();
    if !entry.is_structured {
        let Some(text) = text.strip_prefix("eviction manager: ") else {
            return Message::Other;
        };
        if let Some(resource) = text.strip_prefix("must evict pod(s) to reclaim ") {
            return Message::MustEvict(resource.trim_end() == "memory");
        }
        if text.starts_with("attempting to reclaim ") || text.starts_with(NOBODY) {
            return Message::Over;
        }
        let pod = text.strip_prefix("pod ");
        let token = pod.and_then(|text| text.strip_suffix(" is evicted successfully"));
        return match token.and_then(old_token) {
            Some((pod, uid)) => Message::Evicted(pod, Some(uid)),
            None => Message::Other,
        };
    }
    // A contextual logger's name may come first.
    let is = |words: &str| {
        text.strip_suffix(words)
            .is_some_and(|front| front.is_empty() || front.ends_with(": "))
    };
    if is("Eviction manager: must evict pod(s) to reclaim") {
        return Message::MustEvict(entry.field("resourceName").as_deref() == Some("memory"));
    }
    if is("Eviction manager: pod is evicted successfully") {
        return match entry.field("pod") {
            Some(pod) => Message::Evicted(pod.into_owned(), None),
            None => Message::Other,
        };
    }
    if is("Eviction manager: attempting to reclaim") || text.ends_with(NOBODY) {
        Message::Over
    } else if is("Evicting pod") {
        Message::Evicting
    } else if is("Killing container with a grace period")
        || is("Killing container with a grace period override")
    {
        Message::Killing
    } else if is("SyncLoop (PLEG): event for pod") {
        Message::Pleg
    } else {
        Message::Other
    }
}

/// `NAME_NAMESPACE(UID)`
fn old_token(token: &str) -> Option<(String, &str)> {
    let (full, uid) = token.strip_suffix(')')?.split_once('(')?;
    let (name, namespace) = full.split_once('_')?;
    Some(([namespace, "/", name].concat(), uid))
}

/// Namespace and name, in the form that Kubernetes allows.
fn names(pod: &str) -> Option<(&str, &str)> {
    let (namespace, name) = pod.split_once('/')?;
    let is_name = |text: &str| {
        (1..=253).contains(&text.len())
            && text
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.".contains(&it))
    };
    (is_name(namespace) && is_name(name)).then_some((namespace, name))
}

/// The pod's uid, under its key or in the event of the pod lifecycle event generator.
fn uid(entry: &Entry<'_>) -> Option<String> {
    if let Some(uid) = entry.field("podUID") {
        return normalize_pod_uid(uid.as_bytes());
    }
    let event = entry.field("event")?;
    let uid = match event.strip_prefix("&{ID:") {
        Some(rest) => rest.split_once(' ')?.0,
        None => event.split_once("\"ID\":\"")?.1.split_once('"')?.0,
    };
    normalize_pod_uid(uid.as_bytes())
}

/// The container that is killed: `containerd://…`, `{"Type":"containerd","ID":"…"}`, `{Type:containerd ID:…}`.
fn container(entry: &Entry<'_>) -> Option<Container> {
    let id = entry.field("containerID")?;
    let (runtime, id) = match id.split_once("://") {
        Some((runtime, id)) => (runtime, id),
        None => {
            let part = |quoted: &str, plain: &str| {
                let found = id.split_once(quoted).or_else(|| id.split_once(plain))?.1;
                found.split(['"', ' ', '}', ',']).next()
            };
            (part("\"Type\":\"", "Type:")?, part("\"ID\":\"", "ID:")?)
        }
    };
    if !is_container_id(id.as_bytes()) {
        return None;
    }
    let runtime = [
        Runtime::Docker,
        Runtime::Containerd,
        Runtime::CriO,
        Runtime::Podman,
    ]
    .into_iter()
    .find(|known| known.as_str() == runtime);
    let name = entry.field("containerName").map(String::from);
    Some(Container {
        id: Some(id.into()),
        runtime,
        name,
        ..Container::default()
    })
}

/// The event of a verdict.
fn evicted(
    said: &Statement<'_>,
    entry: &Entry<'_>,
    pressure: &Pressure,
    pod: String,
    uid: Option<&str>,
) -> Option<OomEvent> {
    let (namespace, name) = names(&pod)?;
    let seen = pressure.pods.iter().find(|seen| seen.pod == pod);
    let known = seen.and_then(|seen| seen.uid.clone());
    let uid = match uid {
        Some(uid) => normalize_pod_uid(uid.as_bytes()),
        None => known,
    };
    let mut event = said.event_at(EventType::Eviction, entry.wall);
    event.pod = Some(Pod {
        uid,
        namespace: Some(namespace.into()),
        name: Some(name.into()),
        source: Some(PodSource::KubeletLog),
        ..Pod::default()
    });
    // If there are several, none of them is certain.
    if let Some([container]) = seen.map(|seen| seen.containers.as_slice()) {
        event.container = Some(container.clone());
    }
    let message = seen.and_then(|seen| seen.message.as_deref());
    event.memory = message.and_then(figures);
    let testimony = event.testimony_mut();
    testimony.killer = Some(Killer::Kubelet);
    testimony.resource = Some(Resource::Memory);
    testimony.words = Some("evicted successfully");
    Some(event)
}

/// `The node was low on resource: memory. Threshold quantity: 100Mi, available: 80912Ki. Container app was using 1800Mi, …`
fn figures(message: &str) -> Option<Counter> {
    let rest = after_low_on_memory(message)?;
    let amount = |word: &str| {
        let (_, rest) = rest.split_once(word)?;
        let end = rest.find([',', ' ']).unwrap_or(rest.len());
        quantity(rest.get(..end)?.trim_end_matches('.'))
    };
    // If several containers used memory, none of the figures is the pod's.
    let usage = match rest.matches(" was using ").count() {
        1 => amount(" was using "),
        _ => None,
    };
    let counter = Counter {
        threshold_bytes: amount("Threshold quantity: "),
        usage_bytes: usage,
        ..Counter::default()
    };
    (counter != Counter::default()).then_some(counter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accept, Options, Parser};
    use alloc::format;
    use alloc::string::ToString;

    const UID: &str = "3dc279e9-2093-411c-a501-3a351a623ccf";
    const MUST: &str = "eviction_manager.go:356] \"Eviction manager: must evict pod(s) to reclaim\" resourceName=\"memory\"";
    const EVICTED: &str = "eviction_manager.go:595] \"Eviction manager: pod is evicted successfully\" pod=\"shop/web-0\"";

    fn killing(uid: &str, id: char) -> String {
        format!(
            "kuberuntime_container.go:709] \"Killing container with a grace period\" pod=\"shop/web-0\" podUID={uid} \
             containerName=\"app\" containerID=\"containerd://{}\" gracePeriod=30",
            String::from_iter([id; 64])
        )
    }

    fn evicting(message: &str) -> String {
        format!(
            "kubelet_pods.go:1] \"Evicting pod\" pod=\"shop/web-0\" podUID={UID} message=\"{message}\""
        )
    }

    /// The events of a kubelet's lines, each with the process that wrote it.
    fn events(log: &[(u32, &str)]) -> Vec<OomEvent> {
        let options = Options {
            accept: Accept::KERNEL.and(Daemon::Kubelet),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        for (pid, text) in log {
            let line =
                format!("Oct 12 19:34:44 n1 kubelet[{pid}]: I1012 19:34:44.999101    {pid} {text}");
            parser.push_chunk(line.as_bytes());
            parser.push_chunk(b"\n");
        }
        parser.finish();
        parser.events().collect()
    }

    #[test]
    fn a_verdict_has_the_pod_and_the_container_of_the_lines_before() {
        let found = events(&[
            (7, MUST),
            (7, &killing(UID, 'a')),
            (7, &killing(UID, 'a')),
            (7, EVICTED),
        ]);
        let [event] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(event.event_type, EventType::Eviction);
        let pod = event.pod.as_ref().unwrap();
        let names = [&pod.uid, &pod.namespace, &pod.name].map(|it| it.as_deref());
        assert_eq!(names, [Some(UID), Some("shop"), Some("web-0")]);
        let container = event.container.as_ref().unwrap();
        assert_eq!(container.name.as_deref(), Some("app"));
        assert_eq!(container.runtime, Some(Runtime::Containerd));
        assert_eq!(
            event.testimony.as_ref().unwrap().killer,
            Some(Killer::Kubelet)
        );
    }

    #[test]
    fn of_two_containers_none_is_certain_and_a_new_pod_has_its_own() {
        let one = killing(UID, 'a');
        let two = killing(UID, 'b');
        let found = events(&[(7, MUST), (7, &one), (7, &two), (7, EVICTED)]);
        assert!(found[0].container.is_none());
        let other = killing("4dc279e9-2093-411c-a501-3a351a623ccf", 'c');
        let found = events(&[(7, MUST), (7, &one), (7, &other), (7, EVICTED)]);
        let id = found[0].container.as_ref().unwrap().id.as_deref();
        assert!(id.is_some_and(|id| id.starts_with("cc")));
        assert_ne!(found[0].pod.as_ref().unwrap().uid.as_deref(), Some(UID));
    }

    #[test]
    fn a_verdict_that_is_not_about_memory_is_none() {
        let disk = MUST.replace("memory", "ephemeral-storage");
        let anew =
            "eviction_manager.go:1] \"Eviction manager: attempting to reclaim\" resourceName=\"x\"";
        let nobody =
            "eviction_manager.go:1] \"Eviction manager: unable to evict any pods from the node\"";
        for log in [
            &[(7, EVICTED)][..],
            &[(7, &disk), (7, EVICTED)],
            &[(7, MUST), (7, anew), (7, EVICTED)],
            &[(7, MUST), (7, nobody), (7, EVICTED)],
            // Restarted.
            &[(7, MUST), (8, EVICTED)],
            &[(7, MUST), (7, &EVICTED.replace("shop/web-0", "shop"))],
            &[(7, MUST), (7, &EVICTED.replace("successfully", "perhaps"))],
        ] {
            assert!(events(log).is_empty(), "{log:?}");
        }
        // Each round has one.
        assert_eq!(events(&[(7, MUST), (7, EVICTED), (7, EVICTED)]).len(), 1);
    }

    #[test]
    fn at_verbosity_3_the_figures_are_there() {
        let low =
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80912Ki. ";
        let one = format!(
            "{low}Container app was using 1800Mi, request is 0, has larger consumption of memory. "
        );
        let two = format!(
            "{one}Container b was using 1Mi, request is 0, has larger consumption of memory. "
        );
        for (message, usage) in [(&one, Some(1800 << 20)), (&two, None)] {
            let found = events(&[(7, MUST), (7, &evicting(message)), (7, EVICTED)]);
            let memory = found[0].memory.as_ref().unwrap();
            assert_eq!(memory.threshold_bytes, Some(100 << 20), "{message}");
            assert_eq!(memory.usage_bytes, usage, "{message}");
        }
        let disk = evicting("The node was low on resource: ephemeral-storage. ");
        assert!(events(&[(7, &disk), (7, EVICTED)]).is_empty());
        // Where it is read, because another node waits, this line alone begins a round, which ends with its kubelet.
        let other = format!("x\nOct 12 19:34:44 n2 kubelet[7]: I1012 19:34:44.999101    7 {MUST}");
        let after_other = format!(
            "{other}\nOct 12 19:34:44 n1 kubelet[7]: I1012 19:34:44.999101    7 {}",
            evicting(&one)
        );
        assert_eq!(events(&[(7, &after_other), (7, EVICTED)]).len(), 1);
        assert!(events(&[(7, &after_other), (8, EVICTED)]).is_empty());
        // It does not begin a round anew.
        let found = events(&[
            (7, MUST),
            (7, &killing(UID, 'a')),
            (7, &evicting(&one)),
            (7, EVICTED),
        ]);
        assert!(found[0].container.is_some() && found[0].memory.is_some());
    }

    #[test]
    fn what_it_holds_is_weighed_and_bounded() {
        let mut reader = Eviction {
            pressure: Some(Pressure::default()),
        };
        assert_eq!(reader.weight(), 0);
        for number in 0..MAX_EVICTION_PODS + 5 {
            let text = format!("\"SyncLoop (PLEG): event for pod\" pod=\"shop/web-{number}\"");
            let line = format!("I1012 19:34:44.999101       7 kubelet.go:2231] {text}");
            let entry = Entry::read(line.as_bytes()).unwrap();
            reader.seen(&entry, |seen, _| seen.message = Some("x".repeat(100)));
        }
        let pods = &reader.pressure.as_ref().unwrap().pods;
        assert_eq!(
            (pods.len(), &*pods[0].pod),
            (MAX_EVICTION_PODS, "shop/web-5")
        );
        assert!(reader.weight() > 100 * MAX_EVICTION_PODS);
    }

    #[test]
    fn tokens_and_names() {
        assert_eq!(old_token("web-0_shop(u)"), Some(("shop/web-0".into(), "u")));
        assert_eq!(old_token("web-0(u)"), None);
        let long = "a".repeat(254);
        for pod in [
            "shop",
            "/web",
            "shop/",
            "Shop/web",
            "shop/we b",
            &format!("shop/{long}"),
        ] {
            assert!(names(pod).is_none(), "{pod}");
        }
        assert_eq!(names("a.b-1/c"), Some(("a.b-1", "c")));
    }

    /// Up to 1.20 the verdict names the pod with its uid, and a text has no keys.
    #[test]
    fn verdicts_of_the_old_form() {
        let must = "eviction_manager.go:333] eviction manager: must evict pod(s) to reclaim memory";
        let evicted = format!(
            "eviction_manager.go:563] eviction manager: pod web-0_shop({UID}) is evicted successfully"
        );
        let found = events(&[(7, must), (7, &evicted)]);
        let pod = found[0].pod.as_ref().unwrap();
        let names = [&pod.uid, &pod.namespace, &pod.name].map(|it| it.as_deref());
        assert_eq!(names, [Some(UID), Some("shop"), Some("web-0")]);
        assert_eq!(pod.source, Some(PodSource::KubeletLog));
        let anew = "eviction_manager.go:333] eviction manager: attempting to reclaim memory";
        let nobody =
            "eviction_manager.go:333] eviction manager: unable to evict any pods from the node";
        for log in [
            &[(7, evicted.as_str())][..],
            &[(7, &must.replace("memory", "imagefs")), (7, &evicted)],
            &[(7, &must.replace("eviction manager: ", "")), (7, &evicted)],
            &[(7, must), (7, anew), (7, &evicted)],
            &[(7, must), (7, nobody), (7, &evicted)],
            &[
                (7, must),
                (7, &evicted.replace("is evicted", "was evicted")),
            ],
        ] {
            assert!(events(log).is_empty(), "{log:?}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn who_is_killed_is_read_in_every_form() {
        let other = |words: &str, id: &str| {
            format!(
                "a.go:1] \"{words}\" pod=\"shop/web-0\" podUID={UID} containerName=\"app\" containerID={id}"
            )
        };
        let id = "a".repeat(64);
        let grace = "Killing container with a grace period";
        for (line, runtime) in [
            (
                other(grace, &format!("\"docker://{id}\"")),
                Some(Some(Runtime::Docker)),
            ),
            (
                other(
                    "Killing container with a grace period override",
                    &format!("\"cri-o://{id}\""),
                ),
                Some(Some(Runtime::CriO)),
            ),
            (
                other(
                    &["kubelet: ", grace].concat(),
                    &format!("\"containerd://{id}\""),
                ),
                Some(Some(Runtime::Containerd)),
            ),
            (other(grace, &format!("\"x://{id}\"")), Some(None)),
            (
                other(grace, &format!("{{Type:containerd ID:{id}}}")),
                Some(Some(Runtime::Containerd)),
            ),
            (
                other(
                    grace,
                    &format!("{{\"Type\":\"containerd\",\"ID\":\"{id}\"}}"),
                ),
                Some(Some(Runtime::Containerd)),
            ),
            (other(grace, "\"docker://x\""), None),
            (other("Killing nobody", &format!("\"docker://{id}\"")), None),
        ] {
            let found = events(&[(7, MUST), (7, &line), (7, EVICTED)]);
            let container = found[0].container.as_ref();
            assert_eq!(container.map(|it| it.runtime), runtime, "{line}");
            assert!(container.is_none_or(|it| it.id.as_ref() == Some(&id)));
        }
        // The uid of the lifecycle event's two forms, of this pod alone.
        let pleg = |pod: &str, event: &str| {
            format!(
                "kubelet.go:2231] \"SyncLoop (PLEG): event for pod\" pod=\"{pod}\" event={event}"
            )
        };
        for (line, uid) in [
            (
                pleg(
                    "shop/web-0",
                    &format!("&{{ID:{UID} Type:ContainerDied Data:x}}"),
                ),
                Some(UID),
            ),
            (
                pleg(
                    "shop/web-0",
                    &format!("{{\"ID\":\"{UID}\",\"Type\":\"ContainerDied\"}}"),
                ),
                Some(UID),
            ),
            (
                pleg(
                    "shop/web-1",
                    &format!("&{{ID:{UID} Type:ContainerDied Data:x}}"),
                ),
                None,
            ),
            (
                pleg("shop/web-0", "&{ID:x Type:ContainerDied Data:x}"),
                None,
            ),
        ] {
            let found = events(&[(7, MUST), (7, &line), (7, EVICTED)]);
            assert_eq!(found[0].pod.as_ref().unwrap().uid.as_deref(), uid, "{line}");
            // Before a pod must go, nothing is noted.
            let found = events(&[(7, &line), (7, MUST), (7, EVICTED)]);
            assert_eq!(found[0].pod.as_ref().unwrap().uid, None);
        }
    }

    #[test]
    fn a_pod_has_so_many_containers() {
        let pod =
            |number: usize| killing(UID, 'a').replace(&"a".repeat(64), &format!("{number:064x}"));
        let mut log = Vec::from([MUST.to_string()]);
        log.extend((0..MAX_EVICTION_PODS + 3).map(pod));
        let mut reader = Eviction {
            pressure: Some(Pressure::default()),
        };
        for line in log.iter().skip(1) {
            let line = format!("I1012 19:34:44.999101       7 {line}");
            let entry = Entry::read(line.as_bytes()).unwrap();
            reader.seen(&entry, |seen, entry| {
                seen.containers.extend(container(entry))
            });
        }
        assert_eq!(
            reader.pressure.unwrap().pods[0].containers.len(),
            MAX_EVICTION_PODS
        );
    }

    #[test]
    fn few_of_the_kubelets_lines_matter() {
        for (text, may) in [
            ("\"Eviction manager: must evict pod(s) to reclaim\"", true),
            ("eviction manager: pod web-0 is evicted successfully", true),
            ("\"Killing container with a grace period\"", true),
            ("\"SyncLoop (PLEG): event for pod\"", true),
            ("\"Volume detached for volume\"", false),
            ("\"SyncLoop ADD\" source=\"api\"", false),
            ("", false),
        ] {
            assert_eq!(may_matter(text.as_bytes()), may, "{text}");
        }
    }
}
