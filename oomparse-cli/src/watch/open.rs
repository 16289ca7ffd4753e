//! Which log is followed.

use super::WatchArgs;
use super::feed::{Feed, Position, Start};
use super::file::LogFile;
use super::journal::Journal;
use super::kmsg::Kmsg;
use crate::{sentence, warn};
use std::io;

/// A log, file or program, and its error.
pub(crate) type Trouble = (String, io::Error);

/// The log that the arguments name; the journal if the kernel's ring buffer may not be read.
pub(crate) fn open_feed(args: &WatchArgs, start: Start) -> Result<Box<dyn Feed>, Trouble> {
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
