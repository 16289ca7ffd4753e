//! Which log is followed, and how it is read.

use super::WatchArgs;
use super::feed::{Feed, Position, Start};
use super::file::LogFile;
use super::journal::Journal;
use super::kmsg::Kmsg;
use crate::{Failure, sentence, warn};
use oomparse_core::Options;
use std::ffi::OsString;
use std::io;

/// The log that the arguments name; the journal if the kernel's ring buffer may not be read.
pub(crate) fn open_feed(args: &WatchArgs, start: Start) -> Result<Box<dyn Feed>, Failure> {
    let journal = |start| match Journal::open(start, args.sources.has_daemons()) {
        Ok(journal) => Ok(Box::new(journal) as Box<dyn Feed>),
        Err(error) => Err(("journalctl".to_owned(), error)),
    };
    if let Some(path) = &args.file {
        let file = LogFile::open(path, &start);
        let file = file.map_err(|error| (path.display().to_string(), error))?;
        return Ok(Box::new(file));
    }
    if args.journal {
        return journal(start);
    }
    match Kmsg::open(&start) {
        Ok(kmsg) => Ok(Box::new(kmsg)),
        Err(error) => {
            let start = match start {
                Start::At {
                    read: Position::Kmsg { .. },
                    ..
                } => Start::Beginning,
                start => start,
            };
            match journal(start) {
                Ok(feed) => {
                    let why = format!("{}; the journal is followed instead", sentence(&error));
                    warn("/dev/kmsg", &why);
                    Ok(feed)
                }
                Err(_) => Err((
                    "/dev/kmsg".to_owned(),
                    io::Error::other(format!(
                        "{}; run as root or with CAP_SYSLOG, or use --journal or --file",
                        sentence(&error)
                    )),
                )),
            }
        }
    }
}

/// The parser's options.
pub(crate) fn options(args: &WatchArgs, boot_id: Option<String>) -> Options {
    let mut options = Options::default();
    options.tasks = args.tasks || args.outlets.kubernetes_events;
    options.cgroup_roots = args.cgroups.roots();
    args.sources.put_into(&mut options);
    let host = args.node_name.clone().map(OsString::into_encoded_bytes);
    options.host = host.filter(|name| !name.is_empty());
    if args.file.is_none() {
        options.boot_id = boot_id.map(String::into_bytes);
    }
    options
}
