//! Names of pods from files and directories, read anew when a pod is not known.

use oomparse_core::{OomEvent, PodTable, add_log_name, enrich};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// Largest listing that is read: `kubectl get pods -A -o json` of 150,000 pods is about 1 GB.
const MAX_LISTING: u64 = 2 << 30;

/// Names read of one directory at most. A node has some hundred.
const MAX_NAMES: usize = 1 << 20;

/// How long an unknown pod does not make the sources be read again: reading holds the engine up.
const PAUSE: Duration = Duration::from_secs(10);

/// The sources and what they told.
#[derive(Debug)]
pub(crate) struct Pods {
    paths: Vec<String>,
    table: PodTable,
    read: Option<Instant>,
    pause: Duration,
}

impl Pods {
    /// Reads the sources; says what is wrong with them.
    pub(crate) fn read(paths: &[String], labels: &[String]) -> (Self, Vec<String>) {
        let mut table = PodTable::new();
        table.keep_labels(labels);
        let mut pods = Self {
            paths: paths.to_vec(),
            table,
            read: None,
            pause: PAUSE,
        };
        let complaints = pods.read_again();
        (pods, complaints)
    }

    /// Sets how long an unknown pod does not make the sources be read again.
    pub(crate) fn set_pause(&mut self, pause: Duration) {
        self.pause = pause;
    }

    /// Adds the names that are known; reads the sources again if the pod is not.
    pub(crate) fn enrich(&mut self, event: &mut OomEvent) {
        if self.paths.is_empty() {
            return;
        }
        let has_pod = event.pod.is_some() || event.container.is_some();
        enrich(event, &mut self.table);
        let named = event.pod.as_ref().is_some_and(|pod| pod.name.is_some());
        let rested = self.read.is_none_or(|read| read.elapsed() >= self.pause);
        if has_pod && !named && rested {
            self.read_again();
            enrich(event, &mut self.table);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.pods()
    }

    fn read_again(&mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        for path in &self.paths {
            match listing(Path::new(path)) {
                Ok(listing) => {
                    if let Some(error) = self.table.load(&listing).error {
                        complaints.push(format!("{path}: {error}"));
                    }
                }
                Err(error) => complaints.push(format!("{path}: {error}")),
            }
        }
        self.read = Some(Instant::now());
        complaints
    }
}

/// A file's content; of a directory as `/var/log/pods` or `/var/log/containers` the names in it.
fn listing(path: &Path) -> io::Result<Vec<u8>> {
    let mut listing = Vec::new();
    if !path.is_dir() {
        fs::File::open(path)?
            .take(MAX_LISTING)
            .read_to_end(&mut listing)?;
        return Ok(listing);
    }
    for entry in fs::read_dir(path)?.take(MAX_NAMES) {
        add_log_name(&mut listing, entry?.file_name().as_encoded_bytes());
    }
    Ok(listing)
}
