//! Names for kills, from what the host lets the module read.
//!
//! Nothing is read before the first kill in a pod. A pod that is not known makes the sources be read again if they
//! look different, and else not within [`PAUSE`] of the last time, for meanwhile the host does nothing else.

use alloc::string::String;
use oomparse_core::{OomEvent, enrich};
use oomparse_pods::PodTable;

/// Seconds of the records' own time in which sources that look the same are not read again.
const PAUSE: u32 = 10;

/// About how many bytes the names take: ten thousand pods, where a node has some hundred.
const MAX_TABLE: usize = 4 << 20;

/// Hands out listings.
pub type Read = fn(&mut dyn FnMut(&[u8]));

/// Where names are read from.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// A number that is another once something changed in them.
    pub look: fn() -> u64,
    /// Hands out listings in any form that [`PodTable::load`] reads.
    pub read: Read,
}

/// The names that are known.
#[derive(Debug)]
pub(crate) struct Pods {
    sources: Sources,
    table: PodTable,
    /// How they looked when they were read.
    seen: u64,
    read_at: Option<u32>,
}

impl Pods {
    pub(crate) fn new(sources: Sources) -> Self {
        Self {
            sources,
            seen: 0,
            table: PodTable::with_max_bytes(MAX_TABLE),
            read_at: None,
        }
    }

    /// Adds the names of the event's pod and container, if they can be had.
    pub(crate) fn enrich(&mut self, event: &mut OomEvent, seconds: u32) {
        if event.pod.is_none() && event.container.is_none() {
            return;
        }
        enrich(event, &mut self.table);
        let is_named = event.pod.as_ref().is_some_and(|pod| pod.name.is_some());
        // A clock may be set back.
        let has_rested = |at: u32| at.abs_diff(seconds) >= PAUSE;
        if is_named {
            return;
        }
        // Looked at before it is read: what comes in between is seen next time.
        let look = (self.sources.look)();
        if look == self.seen && !self.read_at.is_none_or(has_rested) {
            return;
        }
        self.seen = look;
        self.read_at = Some(seconds);
        let table = &mut self.table;
        (self.sources.read)(&mut |listing| {
            table.load(listing);
        });
        enrich(event, table);
    }
}

/// The names as Fluent Bit's own kubernetes filter writes them; `None` if the pod has none.
pub(crate) fn kubernetes(event: &OomEvent) -> Option<String> {
    event.pod.as_ref()?.name.as_ref()?;
    let mut out = String::new();
    let mut separator = "{\"";
    for (key, value) in oomparse_host::kubernetes(event) {
        // Names as Kubernetes gives them need no escapes.
        let is_plain = value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if is_plain {
            for part in [separator, key, "\":\"", value, "\""] {
                out.push_str(part);
            }
            separator = ",\"";
        }
    }
    if out.is_empty() {
        return None;
    }
    out.push('}');
    Some(out)
}

#[cfg(test)]
mod tests;
