//! Names for pods: read when the program starts, and again when one is missing and a source looks new.

use oomparse_core::{OomEvent, PodTable, container_log_file, enrich, pod_log_dir};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where a node keeps its pods' logs: read by default, no credentials needed.
const NODE_DIRECTORIES: [&str; 2] = ["/var/log/pods", "/var/log/containers"];

/// Where to look for the names of pods.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PodArgs {
    /// Where the names of pods are found; may be given again [default: /var/log/pods]
    ///
    /// A directory as /var/log/pods or /var/log/containers, or a file with `kubectl get pods -A -o
    /// json`, crictl's JSON, CSV or NDJSON. The form is found by its content.
    #[arg(long, value_name = "SOURCE")]
    pods: Vec<PathBuf>,

    /// Look for no names
    #[arg(long, conflicts_with = "pods")]
    no_pods: bool,

    /// Keep this label of pods; may be given again, `*` keeps all
    #[arg(long, value_name = "KEY")]
    pod_label: Vec<String>,
}

/// The names, and the sources they are from.
#[derive(Debug)]
pub(super) struct Pods {
    table: PodTable,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// Chosen by the program: it need not be there.
    is_default: bool,
    /// How long it was and when it was changed when it was read.
    seen: Option<(u64, Option<SystemTime>)>,
}

impl Pods {
    /// Reads every source; says what is wrong with those that cannot be read.
    pub(super) fn new(args: &PodArgs, mut warn: impl FnMut(&Path, &str)) -> Self {
        let mut table = PodTable::new();
        table.keep_labels(&args.pod_label);
        let source = |path: PathBuf, is_default| Source {
            path,
            is_default,
            seen: None,
        };
        let sources = if args.no_pods {
            Vec::new()
        } else if args.pods.is_empty() {
            let paths = NODE_DIRECTORIES.iter().map(PathBuf::from);
            paths.map(|path| source(path, true)).collect()
        } else {
            let paths = args.pods.iter().cloned();
            paths.map(|path| source(path, false)).collect()
        };
        let mut pods = Self { table, sources };
        for source in &mut pods.sources {
            if let Err(sentence) = source.load(&mut pods.table) {
                warn(&source.path, &sentence);
            }
        }
        pods
    }

    /// Adds names to an event.
    pub(super) fn name(&mut self, event: &mut OomEvent) {
        enrich(event, &mut self.table);
        if !lacks_a_name(event) {
            return;
        }
        let mut read = false;
        for source in &mut self.sources {
            if source.look() != source.seen {
                // It could be read before, or was complained about then.
                read |= source.load(&mut self.table).is_ok();
            }
        }
        if read {
            enrich(event, &mut self.table);
        }
    }
}

/// Whether a lookup could still tell more about the event.
fn lacks_a_name(event: &OomEvent) -> bool {
    let pod = event.pod.as_ref();
    let container = event.container.as_ref();
    let has_uid = pod.is_some_and(|pod| pod.uid.is_some());
    let has_id = container.is_some_and(|container| container.id.is_some());
    ((has_uid || has_id) && pod.is_none_or(|pod| pod.name.is_none()))
        || (has_id && container.is_none_or(|container| container.name.is_none()))
}

impl Source {
    fn look(&self) -> Option<(u64, Option<SystemTime>)> {
        let metadata = fs::metadata(&self.path).ok()?;
        Some((metadata.len(), metadata.modified().ok()))
    }

    fn load(&mut self, table: &mut PodTable) -> Result<(), String> {
        self.seen = self.look();
        let found = match fs::metadata(&self.path) {
            Err(error) if self.is_default && error.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(crate::sentence(&error)),
            Ok(metadata) if metadata.is_dir() => read_directory(&self.path, table),
            Ok(_) => read_file(&self.path, table),
        };
        match found {
            Ok(0) if !self.is_default => Err("names no pod".to_owned()),
            Ok(_) => Ok(()),
            Err(sentence) => Err(sentence),
        }
    }
}

/// Says how many names there were.
fn read_file(path: &Path, table: &mut PodTable) -> Result<usize, String> {
    let listing = fs::read(path).map_err(|error| crate::sentence(&error))?;
    let loaded = table.load(&listing);
    match loaded.error {
        Some(error) if loaded.records == 0 => Err(error.to_string()),
        _ => Ok(loaded.records),
    }
}

fn read_directory(path: &Path, table: &mut PodTable) -> Result<usize, String> {
    let mut records = 0;
    let entries = fs::read_dir(path).map_err(|error| crate::sentence(&error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let record = pod_log_dir(name).or_else(|| {
            let mut record = container_log_file(name)?;
            // The link's target tells the uid that the name does not have.
            let target = fs::read_link(entry.path()).ok();
            let pod = target.and_then(|target| {
                let mut parts = target.iter();
                parts.find_map(|part| pod_log_dir(part.to_str()?))
            });
            if let Some(pod) = pod
                && pod.namespace == record.namespace
                && pod.name == record.name
            {
                record.uid = pod.uid;
            }
            Some(record)
        });
        if let Some(record) = record {
            records += usize::from(table.insert(record));
        }
    }
    Ok(records)
}
