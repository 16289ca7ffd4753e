//! Reads names of pods from files and from the kubelet's log directories.

use oomparse_core::{PodTable, container_log_file, pod_log_dir};
use std::fs;
use std::io;
use std::path::Path;

/// Reads one source into the table.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn load(path: &Path, table: &mut PodTable) -> Result<(), String> {
    let sentence = |error: io::Error| error.to_string();
    if !fs::metadata(path).map_err(sentence)?.is_dir() {
        let loaded = table.load(&fs::read(path).map_err(sentence)?);
        return match loaded.error {
            Some(error) if loaded.records == 0 => Err(error.to_string()),
            _ => Ok(()),
        };
    }
    for entry in fs::read_dir(path).map_err(sentence)?.flatten() {
        let name = entry.file_name();
        let record = name
            .to_str()
            .and_then(|name| pod_log_dir(name).or_else(|| container_log_file(name)));
        if let Some(record) = record {
            table.insert(record);
        }
    }
    Ok(())
}
