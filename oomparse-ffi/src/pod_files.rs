//! Reads a listing of pods from disk: a file's content, or the names in a directory of logs.

use oomparse_core::add_log_name;
use std::io::{self, Read};
use std::path::Path;

/// Largest listing that is read: `kubectl get pods -A -o json` of 150,000 pods is about 1 GB.
const MAX_LISTING: u64 = 2 << 30;

/// Most names that are read of a directory. A node has some hundred.
const MAX_NAMES: usize = 1 << 20;

/// What stands at a path: a listing in any form, or the names in a directory as `/var/log/pods` or
/// `/var/log/containers`.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path.is_dir() {
        return names(path);
    }
    let mut listing = Vec::new();
    std::fs::File::open(path)?
        .take(MAX_LISTING)
        .read_to_end(&mut listing)?;
    Ok(listing)
}

/// The names in a directory that are a pod's or a container's, one a line.
fn names(directory: &Path) -> io::Result<Vec<u8>> {
    let mut listing = Vec::new();
    for entry in std::fs::read_dir(directory)?.take(MAX_NAMES) {
        add_log_name(&mut listing, entry?.file_name().as_encoded_bytes());
    }
    Ok(listing)
}
