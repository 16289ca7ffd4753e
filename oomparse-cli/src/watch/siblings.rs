//! The files to which a log was rotated, in the same directory: two rotations may come between two checks, and
//! then one of them was never seen under the log's own name.

use super::feed::Head;
use super::identity::{head_of, id};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files that existed when the log was opened.
#[derive(Debug)]
pub(super) struct Siblings {
    path: PathBuf,
    known: HashSet<(u64, u64)>,
    /// When the newest of them was last written to.
    since: SystemTime,
}

impl Siblings {
    /// The siblings of a log.
    pub(super) fn of(path: &Path) -> Self {
        let mut siblings = Self {
            path: path.to_owned(),
            known: HashSet::new(),
            since: SystemTime::UNIX_EPOCH,
        };
        siblings.look();
        siblings
    }

    /// From now on, only later files are new.
    pub(super) fn look(&mut self) {
        let found = self.list();
        self.known = found.iter().map(|it| it.id).collect();
        self.since = found
            .iter()
            .map(|it| it.modified)
            .fold(self.since, SystemTime::max);
    }

    /// The oldest new file, except these two files and copies that begin with `head`.
    pub(super) fn oldest_new(&self, but: [(u64, u64); 2], head: Option<Head>) -> Option<PathBuf> {
        let is_copy = |path: &Path| {
            let file = File::open(path).ok();
            head.is_some_and(|head| {
                file.and_then(|file| head_of(&file, head.len).ok()) == Some(head)
            })
        };
        let mut found = self.list();
        found.retain(|it| {
            let is_new = !self.known.contains(&it.id);
            !but.contains(&it.id) && is_new && it.modified >= self.since && !is_copy(&it.path)
        });
        found.sort_by_key(|it| it.modified);
        found.into_iter().next().map(|it| it.path)
    }

    /// Notes that a file was read.
    pub(super) fn know(&mut self, id: (u64, u64)) {
        self.known.insert(id);
    }

    fn list(&self) -> Vec<Sibling> {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Vec::new();
        };
        let parent = Some(parent).filter(|path| !path.as_os_str().is_empty());
        let Ok(entries) = fs::read_dir(parent.unwrap_or(Path::new("."))) else {
            return Vec::new();
        };
        let name = name.as_encoded_bytes();
        let is_ours = |other: &[u8]| {
            matches!(
                other.strip_prefix(name),
                Some([b'.' | b'-', b'0'..=b'9', ..])
            )
        };
        entries
            .flatten()
            .filter(|entry| is_ours(entry.file_name().as_encoded_bytes()))
            .filter(|entry| !is_packed(&entry.path()))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some(Sibling {
                    id: id(&metadata),
                    modified: metadata.modified().ok()?,
                    path: entry.path(),
                })
            })
            .collect()
    }
}

struct Sibling {
    id: (u64, u64),
    modified: SystemTime,
    path: PathBuf,
}

fn is_packed(path: &Path) -> bool {
    let packed = ["gz", "xz", "bz2", "zst", "lz4", "Z", "zip"];
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| packed.contains(&extension))
}
