//! A table of names and the files from which it is read.

use crate::names::Names;
use crate::sources::{Content, Loaded, Sources, lacks_a_name};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use oomparse_core::{OomEvent, enrich};
use oomparse_pods::PodTable;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names of pods and containers, which parsers and threads may share, and the sources that are read again for
/// them.
///
/// # Example
/// ```
/// use oomparse_core::{Options, parse_all};
/// use oomparse_host::Pods;
///
/// let dir = std::env::temp_dir().join(format!("oomparse-host-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&dir).unwrap();
/// let pods = Pods::default();
/// assert_eq!(pods.follow(&dir).trouble, None);
/// // A pod that came since.
/// std::fs::create_dir_all(dir.join("shop_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589")).unwrap();
/// let log = b"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task=a,pid=7,uid=0";
/// let mut event = parse_all(log, &Options::new()).next().unwrap();
/// pods.name(&mut event);
/// assert_eq!(event.pod.unwrap().name.unwrap(), "web-0");
/// std::fs::remove_dir_all(&dir).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct Pods {
    table: Mutex<PodTable>,
    sources: Mutex<Sources>,
}

impl Pods {
    /// Names from these sources, which were not read yet.
    #[must_use]
    pub fn of(sources: Sources, table: PodTable) -> Self {
        Self {
            table: Mutex::new(table),
            sources: Mutex::new(sources),
        }
    }

    /// The table.
    pub fn table(&self) -> MutexGuard<'_, PodTable> {
        // The table is consistent even if a thread that held it panicked.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is at a path once.
    pub fn load_path(&self, path: &Path) -> Loaded {
        // Read before locking, so that other users of the table do not wait for the disk.
        let content = Content::read(path);
        content.load(&mut self.table())
    }

    /// The same; and the path is read again when a pod is unknown and the path looks changed.
    pub fn follow(&self, path: &Path) -> Loaded {
        let mut source = Sources::new([path]);
        let content = source.read().pop();
        let loaded = content.map(|content| content.load(&mut self.table()));
        self.sources().append(source);
        loaded.unwrap_or_default()
    }

    /// Reads every source that looks changed; returns an error message for each failure.
    pub fn reload(&self) -> Vec<String> {
        let contents = self.sources().read();
        let mut table = self.table();
        let contents = contents.into_iter();
        contents
            .filter_map(|content| content.load(&mut table).trouble)
            .collect()
    }

    /// Adds the names of an event's pod and container; if one is missing, sources that look changed are read
    /// first.
    pub fn name(&self, event: &mut OomEvent) {
        enrich(event, &mut *self.table());
        if !lacks_a_name(event) {
            return;
        }
        let contents = self.sources().read();
        if contents.is_empty() {
            return;
        }
        let mut table = self.table();
        for content in contents {
            content.load(&mut table);
        }
        enrich(event, &mut *table);
    }
}

impl Names for Pods {
    fn name(&mut self, event: &mut OomEvent) {
        Pods::name(self, event);
    }
}

/// Shared with other parsers.
impl Names for Arc<Pods> {
    fn name(&mut self, event: &mut OomEvent) {
        Pods::name(self, event);
    }
}
