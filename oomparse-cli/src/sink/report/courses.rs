//! Several kills of one container, and what they show together.

use super::layout::Page;
use oomparse_core::OomEvent;
use oomparse_report::{Course, Lang, Words, cut_id, pod_name, printable};
use std::collections::BTreeMap;

/// How many containers' kills are kept: memory stays bounded for a log of years, and no reader looks at more.
const CONTAINERS: usize = 1024;
/// How many are described.
const SHOWN: usize = 3;

/// The kills of each container.
#[derive(Debug, Default)]
pub(super) struct Courses(BTreeMap<String, Course>);

impl Courses {
    pub(super) fn add(&mut self, event: &OomEvent) {
        let Some(name) = container(event) else {
            return;
        };
        if self.0.len() < CONTAINERS || self.0.contains_key(&name) {
            self.0.entry(name).or_default().add(event);
        }
    }

    /// Writes what the kills of the containers with the most kills show together.
    pub(super) fn write(&self, page: &mut Page) {
        let mut courses: Vec<(&String, &Course)> = self.0.iter().collect();
        courses.sort_by_key(|(_, course)| std::cmp::Reverse(course.kills()));
        for (name, course) in courses.into_iter().take(SHOWN) {
            let mut words = Words::default().strong(name.as_str()).mark(":");
            let says = course.says(Lang::En);
            for says in &says {
                words = words.say(says);
            }
            if !says.is_empty() {
                page.row("course", &words);
            }
        }
    }
}

/// `shop/web-0 app`: a restarted container has another id, and is recognised by its name; if the log shows none,
/// the victim's name distinguishes a pod's containers. Outside pods, the id or the cgroup.
fn container(event: &OomEvent) -> Option<String> {
    let container = event.container.as_ref();
    if let Some(pod) = pod_name(event) {
        let name = container.and_then(|container| container.name.as_deref().map(printable));
        let comm = || Some(event.victim.as_ref()?.comm.as_ref()?.to_string());
        return Some(format!("{pod} {}", name.or_else(comm)?));
    }
    if let Some(id) = container.and_then(|container| container.id.as_deref()) {
        return Some(cut_id(id).to_owned());
    }
    let path = event.cgroup.as_ref()?.oom_memcg.as_ref()?;
    Some(path.to_string())
}
