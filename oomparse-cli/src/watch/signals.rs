//! Signals as bytes in a pipe, for which poll waits together with the log; and that waiting.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// What the signals request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) to_end: bool,
    pub(crate) to_reload: bool,
}

/// The receiving ends.
#[derive(Debug)]
pub(crate) struct Signals {
    end: UnixStream,
    reload: UnixStream,
}

impl Signals {
    pub(crate) fn catch() -> io::Result<Self> {
        let (end, end_writer) = UnixStream::pair()?;
        let (reload, reload_writer) = UnixStream::pair()?;
        pipe::register(SIGTERM, end_writer.try_clone()?)?;
        pipe::register(SIGINT, end_writer)?;
        pipe::register(SIGHUP, reload_writer)?;
        for stream in [&end, &reload] {
            stream.set_nonblocking(true)?;
        }
        Ok(Self { end, reload })
    }

    /// Waits for a signal, for a line of the feed or, if there is something to write, for room in standard output.
    ///
    /// # Errors `BrokenPipe` if nobody reads standard output any more.
    pub(crate) fn wait(
        &self,
        feed: Option<BorrowedFd<'_>>,
        to_write: bool,
        time: Duration,
    ) -> io::Result<()> {
        // Whether the reader is still there, poll always reports.
        let room = if to_write {
            PollFlags::OUT
        } else {
            PollFlags::empty()
        };
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(4);
        fds.push(PollFd::from_borrowed_fd(rustix::stdio::stdout(), room));
        let signals = [self.end.as_fd(), self.reload.as_fd()];
        for fd in signals.into_iter().chain(feed) {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        wait_for(&mut fds, time)?;
        let reader_left = fds
            .first()
            .is_some_and(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::NVAL));
        if reader_left {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }

    /// The signals since the last call.
    pub(crate) fn take(&self) -> Asked {
        let came = |mut stream: &UnixStream| {
            let mut bytes = [0; 64];
            let mut any = false;
            while matches!(stream.read(&mut bytes), Ok(len) if len > 0) {
                any = true;
            }
            any
        };
        Asked {
            to_end: came(&self.end),
            to_reload: came(&self.reload),
        }
    }
}

/// Waits until a descriptor is ready, or a signal came, at most for this time.
pub(super) fn wait_for(fds: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(time).ok();
    match poll(fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
