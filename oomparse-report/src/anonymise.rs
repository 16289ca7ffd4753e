//! Names, ids and hosts replaced one to one, so that a kill can be shown to others.
//!
//! The same name becomes the same word everywhere, also inside a cgroup's path. Sizes, times, scores and the
//! kernel's own words stay. The kernel's release, a pod's labels and the text of the log's lines are removed.

use oomparse_core::{Evidence, OomEvent, Shared, Text};
use std::collections::HashMap;

/// Replaces names; one for all events of a log, so that they stay comparable.
#[derive(Debug, Default)]
pub struct Anonymiser {
    words: HashMap<(Kind, Vec<u8>), usize>,
    counts: HashMap<Kind, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Host,
    Comm,
    Namespace,
    Pod,
    Container,
    Owner,
    Node,
    Uid,
    Id,
    Part,
}

impl Anonymiser {
    /// Replaces every name in an event.
    pub fn event(&mut self, event: &mut OomEvent) {
        event.id = None;
        event.report_id = event
            .report_id
            .take()
            .map(|id| self.word(Kind::Id, id.as_bytes(), "report"));
        self.name(&mut event.host, Kind::Host, "host");
        event.kernel_release = None;
        event.source = None;
        if let Some(invoker) = &mut event.invoker {
            self.name(&mut invoker.comm, Kind::Comm, "process");
        }
        if let Some(selected) = &mut event.selected {
            self.name(&mut selected.comm, Kind::Comm, "process");
        }
        if let Some(victim) = &mut event.victim {
            self.name(&mut victim.comm, Kind::Comm, "process");
        }
        if let Some(cgroup) = &mut event.cgroup {
            for path in [&mut cgroup.task_memcg, &mut cgroup.oom_memcg] {
                *path = path.take().map(|path| self.path(&path));
            }
        }
        self.pod(event);
        let mut stats = event.memcg_stats.to_vec();
        for block in &mut stats {
            block.path = self.path(&block.path);
        }
        event.memcg_stats = Shared::from(stats);
        let mut tasks = event.tasks.to_vec();
        for row in &mut tasks {
            self.name(&mut row.comm, Kind::Comm, "process");
        }
        event.tasks = Shared::from(tasks);
        event.evidence.retain(|word| *word != Evidence::Cpuset);
    }

    fn pod(&mut self, event: &mut OomEvent) {
        if let Some(pod) = &mut event.pod {
            pod.uid = pod.uid.take().map(|uid| self.uid(&uid));
            pod.labels.clear();
            for (name, kind, word) in [
                (&mut pod.namespace, Kind::Namespace, "namespace"),
                (&mut pod.name, Kind::Pod, "pod"),
                (&mut pod.node, Kind::Node, "node"),
                (&mut pod.owner, Kind::Owner, "owner"),
            ] {
                *name = name
                    .take()
                    .map(|name| self.word(kind, name.as_bytes(), word));
            }
        }
        if let Some(container) = &mut event.container {
            container.id = container.id.take().map(|id| self.id(&id));
            let name = container.name.take();
            container.name =
                name.map(|name| self.word(Kind::Container, name.as_bytes(), "container"));
        }
    }

    fn name(&mut self, name: &mut Option<Text>, kind: Kind, word: &str) {
        if let Some(text) = name {
            *text = Text::from(self.word(kind, text.as_bytes(), word).as_str());
        }
    }

    /// `process-3` for the third name of its kind.
    fn word(&mut self, kind: Kind, name: &[u8], word: &str) -> String {
        format!("{word}-{}", self.number(kind, name))
    }

    fn number(&mut self, kind: Kind, name: &[u8]) -> usize {
        if let Some(number) = self.words.get(&(kind, name.to_vec())) {
            return *number;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.words.insert((kind, name.to_vec()), *count);
        *count
    }

    /// A uid of the same form.
    fn uid(&mut self, uid: &str) -> String {
        let plain: String = uid
            .chars()
            .filter(|letter| letter.is_ascii_hexdigit())
            .collect();
        let number = self.number(Kind::Uid, plain.to_ascii_lowercase().as_bytes());
        match uid.len() {
            36 => format!("00000000-0000-0000-0000-{number:012x}"),
            len => format!("{number:0len$x}"),
        }
    }

    /// An id with the same number of digits.
    fn id(&mut self, id: &str) -> String {
        // An id is known by its first 12 digits.
        let known = id.get(..12).unwrap_or(id);
        let number = self.number(Kind::Id, known.as_bytes());
        let rest = id.len().saturating_sub(known.len());
        format!("{number:0len$x}{}", "0".repeat(rest), len = known.len())
    }

    /// The path, in which the parts from Kubernetes, runtimes and systemd are kept, and ids and names are
    /// replaced.
    fn path(&mut self, path: &Text) -> Text {
        let text = path.to_display().into_owned();
        let parts: Vec<String> = text.split('/').map(|part| self.part(part)).collect();
        Text::from(parts.join("/").as_str())
    }

    fn part(&mut self, part: &str) -> String {
        const KEPT: [&str; 14] = [
            "",
            "kubepods",
            "burstable",
            "besteffort",
            "kubepods.slice",
            "kubepods-burstable.slice",
            "kubepods-besteffort.slice",
            "kubelet",
            "docker",
            "system.slice",
            "user.slice",
            "machine.slice",
            "init.scope",
            "system",
        ];
        if KEPT.contains(&part) {
            return part.to_owned();
        }
        let (stem, end) = match part.rfind('.') {
            Some(at) if [".slice", ".scope", ".service"].contains(&&part[at..]) => {
                part.split_at(at)
            }
            _ => (part, ""),
        };
        if let Some(at) = stem.rfind("pod")
            && is_uid(&stem[at + 3..])
            && stem[..at]
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        {
            let uid = self.uid(&stem[at + 3..].replace('_', "-"));
            let uid = if stem.contains('_') {
                uid.replace('-', "_")
            } else {
                uid
            };
            return format!("{}pod{uid}{end}", &stem[..at]);
        }
        let id_at = stem.rfind(['-', ':']).map_or(0, |at| at + 1);
        if is_id(&stem[id_at..]) {
            const RUNTIMES: [&str; 6] = [
                "",
                "docker-",
                "cri-containerd-",
                "crio-",
                "libpod-",
                "cri-containerd:",
            ];
            if RUNTIMES.contains(&&stem[..id_at]) {
                let id = self.id(&stem[id_at..]);
                return format!("{}{id}{end}", &stem[..id_at]);
            }
        }
        format!("{}{end}", self.word(Kind::Part, stem.as_bytes(), "part"))
    }
}

fn is_uid(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || b"-_".contains(&byte))
}

fn is_id(text: &str) -> bool {
    (12..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_the_same_word_in_every_place() {
        let log = b"[9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3962896b_ab69_4572_8f1d_ee756f9f3589.slice,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3962896b_ab69_4572_8f1d_ee756f9f3589.slice/cri-containerd-a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419.scope,task=secretd,pid=7,uid=0\n\
            [9.2] Memory cgroup out of memory: Killed process 7 (secretd) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
        let mut event = oomparse_core::parse_all(log, &oomparse_core::Options::new())
            .next()
            .unwrap();
        let (uid, id) = (
            event.pod.clone().unwrap().uid.unwrap(),
            event.container.clone().unwrap().id.unwrap(),
        );
        let mut anonymiser = Anonymiser::default();
        anonymiser.event(&mut event);
        let json = event.to_json();
        for secret in ["secretd", &uid, &uid.replace('-', "_"), &id[..12]] {
            assert!(!json.contains(secret), "{secret}: {json}");
        }
        assert!(
            json.contains("process-1") && json.contains("cri-containerd-0"),
            "{json}"
        );
        let path = event.cgroup.unwrap().task_memcg.unwrap();
        let path = oomparse_core::parse_cgroup_path(path.as_bytes());
        assert_eq!(path.pod_uid_text(), event.pod.unwrap().uid);
        assert_eq!(path.container_id_text(), event.container.unwrap().id);
    }
}
