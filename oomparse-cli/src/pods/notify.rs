//! A pod's directory appears: inotify tells its name, and nothing has to be read.

use oomparse_host::directory;
use oomparse_pods::PodTable;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// What came of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Everything that happened is in the table.
    Whole,
    /// More happened than the kernel kept: the directories must be read.
    Lost,
}

/// Watches the directories of all sources.
#[derive(Debug)]
pub(crate) struct Notify {
    fd: OwnedFd,
    roots: Vec<(i32, PathBuf)>,
    /// Nobody named them.
    is_default: bool,
}

impl Notify {
    /// Nothing where the machine has no watches left: then reading on a miss must do.
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

    /// Takes over what appeared since the last time; never waits.
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
