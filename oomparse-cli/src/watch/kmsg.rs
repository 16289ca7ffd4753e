//! `/dev/kmsg`: one record per read(2).
//!
//! Measured on Linux 5.10 to 7.3: a record longer than the buffer gives EINVAL and is skipped; EAGAIN at the end;
//! EPIPE once after an overwrite, then the oldest record that is kept.

use super::clock::{Clock, Moment};
use super::feed::{Feed, Next, Position, Start};
use oomparse_core::WallTime;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;

/// The longest record that any kernel returns: it writes the header, the text with `\xNN` for special characters,
/// and `KEY=value` lines into its own buffer and cuts them there. The buffer is `CONSOLE_EXT_LOG_MAX`, 8 KiB,
/// since 3.5, and `PRINTK_MESSAGE_MAX`, 2 KiB, since 6.3. So EINVAL, for a record longer than the reader's
/// buffer, does not occur.
const RECORD_LEN: usize = 8 << 10;

/// The ring buffer.
#[derive(Debug)]
pub(crate) struct Kmsg {
    file: File,
    /// An earlier run handled the records before this one.
    skip_before: u64,
    /// The last record that was read, by this run or an earlier one.
    last: Option<u64>,
    /// The kernel reported that records are lost.
    gap: bool,
    clock: Clock,
}

impl Kmsg {
    /// Opens the ring buffer.
    ///
    /// # Errors If it may not be read, or does not exist.
    pub(crate) fn open(start: &Start) -> io::Result<Self> {
        let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(nonblock)
            .open("/dev/kmsg")?;
        let mut kmsg = Self {
            file,
            skip_before: 0,
            last: None,
            gap: false,
            clock: Clock::default(),
        };
        match start {
            // It is read through instead of seeking to its end, so that the number of the last record is known.
            Start::Now => while !matches!(kmsg.next(&mut Vec::new())?, Next::Empty) {},
            Start::At {
                resume,
                read: Position::Kmsg { sequence: read },
            } => {
                kmsg.skip_before = match resume {
                    Some(Position::Kmsg { sequence }) => *sequence,
                    _ => *read + 1,
                };
                kmsg.last = Some(*read);
                // The first record shows whether some are lost.
                kmsg.gap = true;
            }
            Start::Beginning | Start::At { .. } => {}
        }
        Ok(kmsg)
    }
}

/// Number and time of a record: `6,5452,1149087276,-;text`.
fn head(record: &[u8]) -> Option<(u64, u64)> {
    let mut fields = record.split(|byte| *byte == b',').skip(1);
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
    Some((number()?, number()?))
}

impl Feed for Kmsg {
    fn name(&self) -> String {
        "/dev/kmsg".to_owned()
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.file.as_fd())
    }

    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Next> {
        loop {
            line.resize(RECORD_LEN, 0);
            let len = match rustix::io::read(&self.file, line.as_mut_slice()) {
                Ok(0) | Err(Errno::AGAIN) => {
                    self.clock.drained(Moment::now());
                    line.clear();
                    return Ok(Next::Empty);
                }
                Ok(len) => len,
                Err(Errno::INTR) => continue,
                // Overwritten, or too long: the next record's number shows how many.
                Err(Errno::PIPE | Errno::INVAL) => {
                    self.gap = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            line.truncate(len);
            // The record's ` KEY=value` lines follow.
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                line.truncate(end);
            }
            let Some((sequence, time)) = head(line) else {
                continue;
            };
            let before = self.last;
            if sequence < self.skip_before {
                continue;
            }
            self.clock.read(time, Moment::now());
            self.last = Some(sequence);
            let lost = before
                .filter(|_| std::mem::take(&mut self.gap))
                .map_or(0, |before| sequence.saturating_sub(before + 1));
            return Ok(Next::Line { lost });
        }
    }

    fn position(&self) -> Option<Position> {
        self.last.map(|sequence| Position::Kmsg { sequence })
    }

    fn wall(&self, kernel_time_us: u64) -> Option<(WallTime, bool)> {
        self.clock.wall(kernel_time_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_records() {
        assert_eq!(
            head(b"6,5452,1149087276,-;text"),
            Some((5452, 1_149_087_276))
        );
        assert_eq!(
            head(b"6,5452,1149087276,c,caller=T1;a,b"),
            Some((5452, 1_149_087_276))
        );
        assert_eq!(head(b" SUBSYSTEM=pci"), None);
    }
}
