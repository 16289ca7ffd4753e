//! Whom an event is about: the process, and the pod, container, service or cgroup.

use crate::Lang;
use crate::facts::{cut_id, printable};
use crate::words::{Words, cut};
use oomparse_core::{OomEvent, QosClass, Text};

/// `java (pid 387602)`
#[must_use]
pub fn process(comm: Option<&Text>, pid: Option<u32>, lang: Lang) -> String {
    match (comm, pid) {
        (Some(comm), Some(pid)) => format!("{comm} (pid {pid})"),
        (Some(comm), None) => comm.to_string(),
        (None, Some(pid)) => format!("pid {pid}"),
        (None, None) => lang.text("a_process").to_owned(),
    }
}

/// The pod and container, else the service or cgroup.
pub(crate) fn place(event: &OomEvent, lang: Lang) -> Option<Words> {
    match (pod(event, lang), container(event, lang)) {
        (Some(pod), Some(container)) => Some(pod.mark(lang.text("comma_mark")).then(container)),
        (Some(pod), None) => Some(pod),
        (None, Some(container)) => Some(container),
        (None, None) => {
            let path = event.cgroup.as_ref()?.task_memcg.as_ref()?;
            Some(cgroup(path, lang))
        }
    }
}

fn pod(event: &OomEvent, lang: Lang) -> Option<Words> {
    let pod = event.pod.as_ref()?;
    let class = pod
        .qos_class
        .map(|class| QosClass::as_str(class).to_owned());
    let name = match (&pod.namespace, &pod.name) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        (None, Some(name)) => Some(name.clone()),
        _ => pod.uid.clone(),
    };
    let name = name.map(|name| ("name", Words::default().strong(printable(&name))));
    let words = match (name, class) {
        (Some(name), Some(class)) => {
            let class = ("class", format!("({class})").into());
            lang.say("pod_class", &[name, class])
        }
        (Some(name), None) => lang.say("pod", &[name]),
        (None, Some(class)) => return Some(lang.say("a_pod_of_class", &[("class", class.into())])),
        (None, None) => return None,
    };
    // A pod of a cluster within a container or a machine of this node.
    Some(match pod.nested {
        true => lang.say("nested_pod", &[("pod", words)]),
        false => words,
    })
}

fn container(event: &OomEvent, lang: Lang) -> Option<Words> {
    let container = event.container.as_ref()?;
    let id = container.id.as_deref().map(|id| cut_id(id).to_owned());
    let name = container.name.as_deref().map(printable);
    let strong = |name: String| ("name", Words::default().strong(name));
    match (name, id) {
        (Some(name), Some(id)) => {
            let id = ("id", format!("({id})").into());
            Some(lang.say("container_id", &[strong(name), id]))
        }
        (Some(name), None) | (None, Some(name)) => Some(lang.say("container", &[strong(name)])),
        (None, None) => None,
    }
}

/// `mysql.service`, `cgroup /some/where`, `the root cgroup`
pub(crate) fn cgroup(path: &Text, lang: Lang) -> Words {
    if path.as_bytes() == b"/" {
        return Words::default().say(lang.text("root_cgroup"));
    }
    let text = path.to_display();
    let last = text.rsplit('/').next().unwrap_or(&text);
    if [".service", ".scope", ".slice"]
        .iter()
        .any(|end| last.ends_with(end))
    {
        return Words::default().strong(cut(last, 60));
    }
    let path = Words::default().strong(cut(&text, 60));
    lang.say("cgroup", &[("path", path)])
}
