//! A pod's directory appears: inotify reports its name, so nothing has to be read.

use oomparse_host::directory;
use oomparse_pods::PodTable;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The table contains everything that happened.
    Whole,
    /// The kernel dropped events: the directories must be read.
    Lost,
}

/// Watches the directories of all sources.
#[derive(Debug)]
pub(crate) struct Notify {
    fd: OwnedFd,
    roots: Vec<(i32, PathBuf)>,
    /// The user did not name them.
    is_default: bool,
}

impl Notify {
    /// `None` if the machine has no watches left: then names are only read when one is missing.
    pub(crate) fn new(roots: Vec<PathBuf>, is_default: bool) -> Option<Self> {
        let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        let roots: Vec<(i32, PathBuf)> = roots
            .into_iter()
            .filter_map(|root| Some((inotify::add_watch(&fd, &root, flags).ok()?, root)))
            .collect();
        (!roots.is_empty()).then_some(Self {
            fd,
            roots,
            is_default,
        })
    }

    /// Takes over what has appeared since the last call; never waits.
    pub(crate) fn take(&self, table: &mut PodTable) -> News {
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = inotify::Reader::new(&self.fd, &mut buffer);
        let mut news = News::Whole;
        // EAGAIN ends it.
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                news = News::Lost;
            }
            let root = self.roots.iter().find(|(wd, _)| *wd == event.wd());
            if let (Some((_, root)), Some(name)) = (root, event.file_name())
                && let Some(mut record) =
                    directory::entry_record(root, OsStr::from_bytes(name.to_bytes()))
            {
                record.is_default = self.is_default;
                table.insert(record);
            }
        }
        news
    }
}
