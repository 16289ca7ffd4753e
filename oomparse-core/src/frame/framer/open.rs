//! Records that span several lines.

use super::{Framer, without_return};
use crate::frame::Frame;
#[cfg(all(feature = "carriers", feature = "serde"))]
use crate::frame::listing;
#[cfg(feature = "carriers")]
use crate::frame::{dmesg_json, journal};
#[cfg(feature = "carriers")]
use alloc::boxed::Box;

/// A carrier's record over several lines.
#[derive(Clone, Debug, Default)]
pub(super) enum Open {
    #[default]
    Nothing,
    #[cfg(feature = "carriers")]
    DmesgJson(Box<dmesg_json::Record>),
    #[cfg(feature = "carriers")]
    Entry(Box<journal::Entry>),
    #[cfg(all(feature = "carriers", feature = "serde"))]
    Listing(Box<listing::Listing>),
}

#[cfg(feature = "carriers")]
impl Open {
    /// The record that a line opens.
    #[inline]
    pub(super) fn by(line: &[u8]) -> Option<Self> {
        if let [b'_' | b'M' | b'T' | b'W' | b'F' | b'S', ..] = line
            && let Some(entry) = journal::opens(line)
        {
            return Some(Self::Entry(Box::new(entry)));
        }
        if let [b' ' | b'\t' | b'"' | b'{', ..] = line
            && dmesg_json::opens(line)
        {
            return Some(Self::DmesgJson(Box::default()));
        }
        #[cfg(feature = "serde")]
        if let [b' ' | b'\t' | b'"' | b'-' | b'a'..=b'z' | b'M' | b'@', ..] = line
            && let Some(listing) = listing::opens(line)
        {
            return Some(Self::Listing(Box::new(listing)));
        }
        None
    }
}

impl Framer {
    /// Whether the carrier's records span lines, so that no line may be skipped for now.
    #[must_use]
    #[inline]
    pub fn wants_every_line(&self) -> bool {
        !matches!(self.open, Open::Nothing)
    }

    /// Takes the indented line above a line with one of the kernel's words: a text may begin on it.
    #[cfg(feature = "carriers")]
    pub(crate) fn show_above(&mut self, line: &[u8]) {
        #[cfg(all(feature = "carriers", feature = "serde"))]
        if matches!(self.open, Open::Nothing)
            // After a program's line, its text goes on.
            && self.continued(line).is_none()
            && let Some(listing) = listing::opens_above(line)
        {
            self.open = Open::Listing(Box::new(listing));
        }
        #[cfg(not(all(feature = "carriers", feature = "serde")))]
        let _ = line;
    }

    /// The entry that ends before this line, which is to be passed in afterwards: only the next line shows where
    /// an entry of `journalctl -o verbose` ends.
    pub fn end_before(&mut self, line: &[u8]) -> Option<Frame<'static>> {
        #[cfg(feature = "carriers")]
        if let Open::Entry(entry) = &self.open
            && entry.ends_before(line)
        {
            return self.finish();
        }
        #[cfg(all(feature = "carriers", feature = "serde"))]
        if let Open::Listing(listing) = &self.open
            && !listing.goes_on(line)
        {
            return self.finish();
        }
        #[cfg(not(feature = "carriers"))]
        let _ = line;
        None
    }

    /// Ends the log: the open record over several lines, if it contains a message.
    pub fn finish(&mut self) -> Option<Frame<'static>> {
        self.prefix.forget();
        match core::mem::take(&mut self.open) {
            #[cfg(feature = "carriers")]
            Open::Entry(mut entry) => entry.take_frame(),
            #[cfg(all(feature = "carriers", feature = "serde"))]
            Open::Listing(mut listing) => listing.take_frame(),
            _ => None,
        }
    }

    /// Reads a line while a record over several lines is open, including a carriage return at its end.
    pub(super) fn within_open<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        self.prefix.forget();
        match &mut self.open {
            Open::Nothing => {}
            #[cfg(feature = "carriers")]
            Open::DmesgJson(record) => match record.line(without_return(line)) {
                dmesg_json::Step::Message(frame) => return Some(frame),
                dmesg_json::Step::Structure => return None,
                dmesg_json::Step::End => {
                    self.open = Open::Nothing;
                    return None;
                }
                dmesg_json::Step::Foreign => {}
            },
            #[cfg(feature = "carriers")]
            Open::Entry(entry) => match entry.line(line, core::mem::take(&mut self.dropped)) {
                journal::Step::Field => return None,
                journal::Step::End(frame) => {
                    self.open = Open::Nothing;
                    return frame;
                }
                journal::Step::Foreign => {}
                journal::Step::Within => return self.single_within(without_return(line)),
            },
            #[cfg(all(feature = "carriers", feature = "serde"))]
            Open::Listing(listing) => {
                if listing.goes_on(line) {
                    listing.line(line);
                    return None;
                }
            }
        }
        self.open = Open::Nothing;
        self.single(without_return(line))
    }

    /// Reads a line of another log within an entry, which continues after it.
    #[cfg(feature = "carriers")]
    fn single_within<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        let open = core::mem::take(&mut self.open);
        let frame = self.single(line);
        if !self.wants_every_line() {
            self.open = open;
        }
        frame
    }
}
