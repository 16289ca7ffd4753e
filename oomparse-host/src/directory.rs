//! The kubelet's log directories: their names contain everything that is needed, without credentials.
//!
//! ```text
//! /var/log/pods/default_web-0_3962896b-…/app/0.log            0.log: a link to …/<id>-json.log with Docker
//! /var/log/containers/web-0_default_app-a2172e8d….log         a link to /var/log/pods/…/app/0.log
//! ```

use alloc::borrow::ToOwned;
use alloc::vec;
use alloc::vec::Vec;
use oomparse_pods::{PodRecord, PodSource, container_log_file, pod_log_dir};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many containers of one pod are searched for an id, and how many logs of one container.
const MAX_CONTAINERS: usize = 256;

/// The result of reading a directory.
#[derive(Debug, Default)]
pub struct Listed {
    /// The records from the names.
    pub records: Vec<PodRecord>,
    /// Number of entries that name no pod.
    pub others: usize,
}

/// The directories of one source: itself, or `pods` and `containers` in /var/log.
pub fn roots(path: &Path) -> Vec<PathBuf> {
    let below: Vec<PathBuf> = ["pods", "containers"]
        .iter()
        .map(|name| path.join(name))
        .filter(|path| path.is_dir())
        .collect();
    if below.is_empty() {
        vec![path.to_owned()]
    } else {
        below
    }
}

/// Reads one directory.
///
/// # Errors
/// If the directory itself cannot be read; an entry that disappears meanwhile is not an error.
pub fn read(root: &Path) -> io::Result<Listed> {
    let mut listed = Listed::default();
    for entry in fs::read_dir(root)? {
        let Ok(entry) = entry else { continue };
        match entry_record(root, &entry.file_name()) {
            Some(record) => listed.records.push(record),
            None => listed.others += 1,
        }
    }
    Ok(listed)
}

/// The record of the name of an entry of `root`.
pub fn entry_record(root: &Path, name: &OsStr) -> Option<PodRecord> {
    let text = name.to_str()?;
    if let Some(mut record) = pod_log_dir(text) {
        add_dockers_ids(&mut record, &root.join(name));
        return Some(record);
    }
    let mut record = container_log_file(text)?;
    // The link's target contains the uid, which the name does not.
    if let Ok(target) = fs::read_link(root.join(name))
        && let Some(pod) = target.iter().find_map(|part| pod_log_dir(part.to_str()?))
        && pod.namespace == record.namespace
        && pod.name == record.name
    {
        record.uid = pod.uid;
    }
    Some(record)
}

/// With Docker, a container's log is a link that ends in `<id>-json.log`.
fn add_dockers_ids(record: &mut PodRecord, pod: &Path) {
    let Ok(containers) = fs::read_dir(pod) else {
        return;
    };
    for container in containers.flatten().take(MAX_CONTAINERS) {
        let name = container.file_name();
        let (Some(name), Ok(logs)) = (name.to_str(), fs::read_dir(container.path())) else {
            continue;
        };
        for log in logs.flatten().take(MAX_CONTAINERS) {
            let is_link = log.file_type().is_ok_and(|kind| kind.is_symlink());
            if !is_link {
                continue;
            }
            let Ok(target) = fs::read_link(log.path()) else {
                continue;
            };
            let id = target
                .file_name()
                .and_then(OsStr::to_str)
                .and_then(|file| file.strip_suffix("-json.log"));
            if let Some(id) = id {
                record.add_container(id, Some(name));
            }
        }
    }
    debug_assert_eq!(record.source, PodSource::PodLogsDir);
}
