//! Pod names from files and directories, which are read again when they look changed.

use crate::directory;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use oomparse_core::OomEvent;
use oomparse_pods::{PodRecord, PodTable};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Longest listing that is read: `kubectl get pods -A -o json` of 150,000 pods is about 1 GB.
const MAX_LISTING_LEN: u64 = 2 << 30;

/// For this long a source may change again without looking changed, because file systems round their times.
const SETTLED: Duration = Duration::from_secs(2);

/// A directory is read again after this time even if it looks unchanged, because changes below it do not show.
const UNSEEN: Duration = Duration::from_secs(10);

/// Larger listings, and directories with more names, are not read again for [`REST`], because the host waits
/// meanwhile. A node's own take some milliseconds.
const LARGE_LISTING: usize = 8 << 20;

/// See [`LARGE_LISTING`].
const LARGE_DIRECTORY: usize = 10_000;

/// See [`LARGE_LISTING`].
const REST: Duration = Duration::from_secs(10);

/// Files and directories that name pods.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// Chosen by the program, not named by the user.
    is_default: bool,
    /// How it looked when it was read, if a change would show.
    seen: Option<Vec<Option<Look>>>,
    /// When it was last read.
    read: Option<Instant>,
    /// It is large.
    is_large: bool,
}

/// The properties that change when a file or a directory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    len: u64,
    modified: Option<SystemTime>,
}

impl Look {
    fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// Whether every later change will show.
    fn is_settled(&self) -> bool {
        let age = self.modified.and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age >= SETTLED)
    }
}

/// The content of a path, to be put into a table.
#[derive(Debug)]
pub struct Content {
    path: PathBuf,
    is_default: bool,
    what: io::Result<What>,
}

#[derive(Debug)]
enum What {
    Names(directory::Listed),
    Listing(Vec<u8>),
}

/// The result of putting it into the table.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Records added.
    pub records: usize,
    /// Rows skipped, and names that are not a pod's.
    pub skipped: usize,
    /// The error: a sentence that begins with the path.
    pub trouble: Option<String>,
    /// The path could not be read at all.
    pub unread: bool,
}

impl Content {
    /// Reads what is at a path: a listing in any format that [`PodTable::load`] reads, or a directory such as
    /// `/var/log/pods` or `/var/log/containers`.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            is_default: false,
            what: What::read(path),
        }
    }

    /// Puts it into the table.
    pub fn load(self, table: &mut PodTable) -> Loaded {
        let name = |trouble: &dyn std::fmt::Display| format!("{}: {trouble}", self.path.display());
        match self.what {
            Err(error) => Loaded {
                trouble: Some(name(&error)),
                unread: true,
                ..Loaded::default()
            },
            Ok(What::Listing(listing)) => {
                let loaded = table.load(&listing);
                Loaded {
                    records: loaded.records,
                    skipped: loaded.skipped,
                    trouble: loaded.error.map(|error| name(&error)),
                    unread: false,
                }
            }
            Ok(What::Names(listed)) => {
                let is_default = self.is_default;
                let insert = |mut record: PodRecord| {
                    record.is_default = is_default;
                    usize::from(table.insert(record))
                };
                let records = listed.records.into_iter().map(insert).sum();
                let is_another = records == 0 && listed.others > 0;
                Loaded {
                    records,
                    skipped: listed.others,
                    trouble: is_another
                        .then(|| name(&"holds no pod's logs; name a directory as /var/log/pods")),
                    unread: false,
                }
            }
        }
    }
}

impl What {
    fn read(path: &Path) -> io::Result<Self> {
        if !fs::metadata(path)?.is_dir() {
            let mut listing = Vec::new();
            let file = File::open(path)?;
            file.take(MAX_LISTING_LEN).read_to_end(&mut listing)?;
            return Ok(Self::Listing(listing));
        }
        let mut all = directory::Listed::default();
        for root in directory::roots(path) {
            let listed = directory::read(&root)?;
            all.records.extend(listed.records);
            all.others += listed.others;
        }
        Ok(Self::Names(all))
    }
}

impl Source {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            is_default: false,
            seen: None,
            read: None,
            is_large: false,
        }
    }

    /// Its content, if it may have changed.
    fn content(&mut self) -> Option<Content> {
        let age = self.read.map(|at| at.elapsed());
        if self.is_large && age.is_some_and(|age| age < REST) {
            return None;
        }
        let is_dir = self.path.is_dir();
        let looks: Vec<_> = if is_dir {
            directory::roots(&self.path)
                .iter()
                .map(|root| look(root))
                .collect()
        } else {
            vec![look(&self.path)]
        };
        let may_hide = is_dir && age.is_none_or(|age| age >= UNSEEN);
        if self.seen.as_ref() == Some(&looks) && !may_hide {
            return None;
        }
        // Checked before it is read, so that a change in between is noticed next time.
        let settled = looks
            .iter()
            .all(|look| look.is_some_and(|look| look.is_settled()));
        self.seen = settled.then_some(looks);
        let mut content = Content::read(&self.path);
        content.is_default = self.is_default;
        self.is_large = match &content.what {
            Ok(What::Listing(listing)) => listing.len() > LARGE_LISTING,
            Ok(What::Names(listed)) => listed.records.len() > LARGE_DIRECTORY,
            Err(_) => false,
        };
        self.read = Some(Instant::now());
        Some(content)
    }
}

fn look(path: &Path) -> Option<Look> {
    fs::metadata(path).ok().map(|found| Look::of(&found))
}

impl Sources {
    /// Sources that were not read yet.
    #[must_use]
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths = paths.into_iter();
        Self(paths.map(|path| Source::new(path.as_ref())).collect())
    }

    /// A directory that the program chose, not the user: it names no pods of machines within this node.
    #[must_use]
    pub fn of_the_node(path: &Path) -> Self {
        let mut source = Source::new(path);
        source.is_default = true;
        Self(vec![source])
    }

    /// Adds a source.
    pub fn add(&mut self, path: &Path) {
        self.0.push(Source::new(path));
    }

    /// Adds the sources of another list.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads sources that were never read or that look changed.
    ///
    /// Large sources are read less often. Callers who share a table need not lock it meanwhile.
    pub fn read(&mut self) -> Vec<Content> {
        self.0.iter_mut().filter_map(Source::content).collect()
    }
}

/// Whether a lookup could still add to the event.
#[must_use]
pub fn lacks_a_name(event: &OomEvent) -> bool {
    let pod = event.pod.as_ref();
    let container = event.container.as_ref();
    let has_uid = pod.is_some_and(|pod| pod.uid.is_some());
    let has_id = container.is_some_and(|container| container.id.is_some());
    ((has_uid || has_id) && pod.is_none_or(|pod| pod.name.is_none()))
        || (has_uid && has_id && container.is_none_or(|container| container.name.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pods;
    use alloc::string::ToString;

    const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f35";

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let dir =
                std::env::temp_dir().join(format!("oomparse-host-{name}-{}", std::process::id()));
            _ = fs::remove_dir_all(&dir);
            fs::create_dir_all(&dir).unwrap();
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    fn kill_in(pod: u8) -> OomEvent {
        let path = format!("/kubepods/pod{UID}{pod}");
        let line = format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=a,pid=7,uid=0"
        );
        oomparse_core::parse_all(line.as_bytes(), &oomparse_core::Options::new())
            .next()
            .unwrap()
    }

    fn name(pods: &Pods, pod: u8) -> Option<String> {
        let mut event = kill_in(pod);
        pods.name(&mut event);
        event.pod.unwrap().name
    }

    #[test]
    fn pods_that_come_and_go_in_a_moment_have_their_names() {
        let dir = Dir::new("moment");
        let pods = Pods::of(Sources::new([&dir.0]), PodTable::new());
        assert!(pods.reload().is_empty());
        for pod in 10..40 {
            let logs = dir.0.join(format!("shop_web-{pod}_{UID}{pod}"));
            fs::create_dir(&logs).unwrap();
            assert_eq!(name(&pods, pod), Some(format!("web-{pod}")));
            fs::remove_dir(&logs).unwrap();
        }
        assert_eq!(name(&pods, 50), None);
    }

    #[test]
    fn what_looks_the_same_is_not_read_again() {
        let dir = Dir::new("same");
        let file = dir.0.join("pods.csv");
        let write = |pod: u8, age: u64| {
            let row = format!("pod_uid,namespace,pod_name\n{UID}{pod},shop,web-{pod}\n");
            fs::write(&file, row).unwrap();
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
            let at = SystemTime::UNIX_EPOCH + now - Duration::from_secs(age);
            File::options()
                .append(true)
                .open(&file)
                .unwrap()
                .set_modified(at)
                .unwrap();
        };
        write(10, 100);
        let mut sources = Sources::new([&file]);
        assert_eq!(sources.read().len(), 1);
        assert_eq!(sources.read().len(), 0);
        write(11, 90);
        assert_eq!(sources.read().len(), 1);
        let pods = Pods::of(sources, PodTable::new());
        write(13, 80);
        assert_eq!(name(&pods, 13).as_deref(), Some("web-13"));
        let mut sources = Sources::new([&file]);
        // Read so soon that the file may have changed again in the same tick of the file system's clock.
        write(12, 0);
        assert_eq!(sources.read().len(), 1);
        assert_eq!(sources.read().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_path() {
        let dir = Dir::new("wrong");
        fs::write(dir.0.join("notes"), "").unwrap();
        let sources = Sources::new([dir.0.clone(), dir.0.join("nowhere")]);
        let said = Pods::of(sources, PodTable::new()).reload();
        let dir = dir.0.display().to_string();
        assert_eq!(
            said[0],
            format!("{dir}: holds no pod's logs; name a directory as /var/log/pods")
        );
        assert!(
            said[1].starts_with(&format!("{dir}/nowhere: No such file")),
            "{said:?}"
        );
    }
}
