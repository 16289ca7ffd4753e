//! Where log bytes come from: files and standard input, one reused buffer, no mapping.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

/// How much is read at a time. Larger gains nothing; smaller costs system calls.
pub(crate) const BUFFER_LEN: usize = 128 << 10;

/// One log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdin
        } else {
            Self::File(path)
        }
    }
}

/// A reader that can be waited for.
trait ReadFd: Read + AsFd {}

impl<R: Read + AsFd> ReadFd for R {}

/// A log that is open.
pub(crate) struct Source {
    reader: Box<dyn ReadFd>,
    /// What is written between two reads must go out at once: more may be long in coming.
    pub(crate) live: bool,
}

impl Input {
    /// The name to complain about.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Stdin => Cow::Borrowed("standard input"),
            Self::File(path) => path.to_string_lossy(),
        }
    }

    /// The path under which the log can be read a second time.
    pub(crate) fn path_to_read_again(&self) -> Option<PathBuf> {
        let path = match self {
            Self::Stdin => PathBuf::from("/proc/self/fd/0"),
            Self::File(path) => path.clone(),
        };
        path.metadata()
            .is_ok_and(|found| found.is_file())
            .then_some(path)
    }

    pub(crate) fn open(&self) -> io::Result<Source> {
        match self {
            Self::Stdin => {
                let stdin = io::stdin().lock();
                if stdin.is_terminal() {
                    let _ = crate::write_line(
                        io::stderr(),
                        "oomparse: reading standard input; end it with Ctrl-D",
                    );
                }
                // The lock's own buffer is passed by: our reads are larger than it.
                Ok(Source {
                    reader: Box::new(stdin),
                    live: true,
                })
            }
            Self::File(path) => {
                let file = File::open(path)?;
                let kind = file.metadata()?.file_type();
                if kind.is_dir() {
                    return Err(io::ErrorKind::IsADirectory.into());
                }
                Ok(Source {
                    reader: Box::new(file),
                    live: !kind.is_file(),
                })
            }
        }
    }
}

impl Source {
    /// Whether nothing comes for as long as this.
    pub(crate) fn is_silent(&self, time: Duration) -> bool {
        let mut fds = [PollFd::new(&self.reader, PollFlags::IN)];
        let timeout = Timespec::try_from(time).ok();
        poll(&mut fds, timeout.as_ref()) == Ok(0)
    }

    /// Reads the next bytes; none at the end.
    pub(crate) fn read<'b>(&mut self, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
        loop {
            match self.reader.read(buffer) {
                Ok(len) => return Ok(buffer.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // /dev/kmsg says so when it has overwritten records that were not yet read.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => return Err(error),
            }
        }
    }
}
