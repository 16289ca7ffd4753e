//! Whether `host tag:` follows a stamp in brackets.

use super::Framer;
use crate::bytes::memmem;
use crate::frame::{Frame, FrameKind, syslog};
use crate::line::{Line, parse_line};
use alloc::borrow::Cow;

impl Framer {
    /// Distinguishes `journalctl -o short-monotonic` from dmesg, which has the same stamp.
    ///
    /// There is certainly a host if `host kernel: `, at a place where no comm can be, precedes a line of the
    /// killer. Otherwise the first line that begins with the kernel's text or a host's tag decides; a later
    /// process whose name looks like `host kernel:` changes nothing. The tag proves a program's text but not the
    /// kernel's, because dmesg shows text of programs in the same place.
    pub(super) fn look_for_host<'a>(&mut self, line: &'a [u8], frame: &mut Frame<'a>) {
        let is_shown = frame.level.is_some() || frame.kernel_time_us.is_none();
        if is_shown {
            return;
        }
        let text = match frame.message {
            Cow::Borrowed(text) => text,
            // dmesg's escapes were decoded, which journalctl does not write.
            Cow::Owned(_) => match memmem::find(line, b"] ").and_then(|at| line.get(at..)) {
                Some(text) => text.get(2..).unwrap_or_default(),
                None => return,
            },
        };
        let is_dmesg = self.is_short_monotonic == Some(false);
        if is_dmesg && !syslog::may_name_host(text) {
            return;
        }
        let Some(found) = syslog::short_monotonic(text) else {
            // `[  638.104526] kernel: text`: somebody removed the host.
            if let Some(text) = text.strip_prefix(b"kernel: ")
                && !matches!(parse_line(text), Line::Other | Line::Malformed)
            {
                frame.message = Cow::Borrowed(text);
                return;
            }
            if self.is_short_monotonic.is_none() && parse_line(text) != Line::Other {
                self.is_short_monotonic = Some(false);
            }
            return;
        };
        let is_certain = !found.author.is_program()
            && !matches!(
                parse_line(found.text),
                Line::Other | Line::Malformed | Line::Invoked(_) | Line::Cpuset(_)
            );
        if is_dmesg && !is_certain {
            return;
        }
        if found.is_odd && !matches!(parse_line(text), Line::Other | Line::Invoked(_)) {
            // A line of the killer that contains a name that looks like a program's.
            return;
        }
        if !found.is_odd {
            self.is_short_monotonic = Some(true);
        }
        frame.kind = FrameKind::Syslog;
        frame.host = Some(Cow::Borrowed(found.host));
        frame.message = Cow::Borrowed(found.text);
        if found.author.is_program() {
            *frame = core::mem::take(frame).by(found.author);
        }
    }
}
