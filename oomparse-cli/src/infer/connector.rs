//! The kernel's connector of process events: who was forked, began another program, or got another name.
//!
//! It is a netlink socket (`linux/cn_proc.h`). It needs CAP_NET_ADMIN, and the machine's own network and pid
//! namespaces. Nothing is subscribed to but while a storm lasts, so it costs nothing else.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recvfrom, sendto,
    socket_with, sockopt,
};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// `CN_IDX_PROC`, `CN_VAL_PROC`: the connector, and its multicast group.
const PROC: u32 = 1;

/// `PROC_CN_MCAST_LISTEN` and `PROC_CN_MCAST_IGNORE`.
const LISTEN: u32 = 1;
const IGNORE: u32 = 2;

/// Words of `proc_event.what`.
const NONE: u32 = 0;
const FORK: u32 = 1;
const EXEC: u32 = 2;
const COMM: u32 = 0x200;

/// Length of `nlmsghdr`, and of `cn_msg` after it.
const NETLINK_HEAD: usize = 16;
const HEAD: usize = NETLINK_HEAD + 20;

/// What the kernel keeps until it is read: some thousand events.
const BUFFER: usize = 4 << 20;

/// How many processes are read at once.
const AT_ONCE: usize = 256;

/// How long the kernel's first answer may take; it comes at once, or, outside the machine's pid namespace, never.
const PATIENCE: Duration = Duration::from_millis(200);

/// An open subscription.
#[derive(Debug)]
pub(super) struct Connector {
    socket: OwnedFd,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// As much as is read at once, or all that was there.
    Some,
    /// Events were lost: the kernel's buffer was full.
    Overrun,
}

impl Connector {
    /// Subscribes.
    ///
    /// # Errors
    /// Where it may not, or the kernel has no such connector.
    pub(super) fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let family = AddressFamily::NETLINK;
        let socket = socket_with(family, SocketType::DGRAM, flags, Some(netlink::CONNECTOR))?;
        bind(&socket, &SocketAddrNetlink::new(0, PROC))?;
        // What is configured for all sockets may be too little for a storm; without it there are overruns.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER);
        let connector = Self { socket };
        connector.ask(LISTEN)?;
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            connector.wait(left)?;
            let mut buffer = [0; 4096];
            if let Some(message) = connector.message(&mut buffer)? {
                // The first two words after the head of an acknowledgement: no event, and its error.
                if word(message, HEAD) == Some(NONE) && word(message, HEAD + 16) != Some(0) {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                return Ok(connector);
            }
        }
    }

    fn ask(&self, what: u32) -> io::Result<()> {
        let len = HEAD + 4;
        let mut message = Vec::with_capacity(len);
        for word in [len as u32, 3 /* NLMSG_DONE */, 0, 0] {
            message.extend_from_slice(&word.to_ne_bytes());
        }
        for word in [PROC, PROC, 0, 0] {
            message.extend_from_slice(&word.to_ne_bytes());
        }
        for half in [4_u16, 0] {
            message.extend_from_slice(&half.to_ne_bytes());
        }
        message.extend_from_slice(&what.to_ne_bytes());
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&self.socket, &message, SendFlags::empty(), &kernel)?;
        Ok(())
    }

    /// Waits for an event, at most so long.
    pub(super) fn wait(&self, time: Duration) -> io::Result<()> {
        let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
        let time = time.try_into().map_err(io::Error::other)?;
        match poll(&mut fds, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds processes that changed, once each; never waits.
    pub(super) fn read(&self, changed: &mut Vec<u32>) -> io::Result<Came> {
        let mut buffer = [0; 4096];
        loop {
            if changed.len() >= AT_ONCE {
                return Ok(Came::Some);
            }
            match self.message(&mut buffer) {
                Ok(Some(message)) => {
                    if let Some(pid) = process(message)
                        && !changed.contains(&pid)
                    {
                        changed.push(pid);
                    }
                }
                Ok(None) => return Ok(Came::Some),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {
                    return Ok(Came::Overrun);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The next message of the kernel's; others may write to the group, too.
    fn message<'b>(&self, buffer: &'b mut [u8]) -> io::Result<Option<&'b [u8]>> {
        loop {
            match recvfrom(&self.socket, &mut *buffer, RecvFlags::empty()) {
                Ok((len, _, from)) => {
                    let from = from.and_then(|it| SocketAddrNetlink::try_from(it).ok());
                    if from.is_some_and(|from| from.pid() == 0) {
                        return Ok(buffer.get(..len));
                    }
                }
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Connector {
    /// Kernels before 6.6 go on counting a listener that is gone.
    fn drop(&mut self) {
        let _ = self.ask(IGNORE);
    }
}

/// The process, not one of its threads, that a message says has changed.
fn process(message: &[u8]) -> Option<u32> {
    // After `what`, the processor and the time; of a fork, after the parent's two numbers.
    let at = HEAD + 16;
    let (pid, group) = match word(message, HEAD)? {
        FORK => (word(message, at + 8)?, word(message, at + 12)?),
        EXEC | COMM => (word(message, at)?, word(message, at + 4)?),
        _ => return None,
    };
    (pid == group).then_some(pid)
}

fn word(message: &[u8], at: usize) -> Option<u32> {
    let bytes = message.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: u32, words: &[u32]) -> Vec<u8> {
        let mut message = vec![0; HEAD];
        for word in [what, 0, 0, 0].iter().chain(words) {
            message.extend_from_slice(&word.to_ne_bytes());
        }
        message
    }

    #[test]
    fn processes_that_changed() {
        assert_eq!(process(&event(FORK, &[1, 1, 7, 7])), Some(7));
        assert_eq!(process(&event(FORK, &[7, 7, 8, 7])), None, "a thread");
        assert_eq!(process(&event(EXEC, &[7, 7, 0, 0])), Some(7));
        assert_eq!(process(&event(COMM, &[7, 7, 0, 0])), Some(7));
        assert_eq!(process(&event(COMM, &[8, 7, 0, 0])), None, "a thread");
        assert_eq!(
            process(&event(0x8000_0000, &[7, 7, 9, 0])),
            None,
            "its exit"
        );
        assert_eq!(process(&event(FORK, &[1, 1])), None, "cut");
        assert_eq!(process(b""), None);
    }

    /// Where the connector may be used, a program that begins is reported.
    #[test]
    fn a_program_that_begins() {
        let Ok(connector) = Connector::open() else {
            return;
        };
        let mut child = std::process::Command::new("sleep")
            .arg("5")
            .spawn()
            .unwrap();
        let mut changed = Vec::new();
        let until = Instant::now() + Duration::from_secs(10);
        while !changed.contains(&child.id()) {
            assert!(Instant::now() < until, "it is not reported");
            connector.wait(Duration::from_millis(100)).unwrap();
            connector.read(&mut changed).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
