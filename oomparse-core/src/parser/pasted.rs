//! Lines that a mail program or a terminal may have changed.

use super::Parser;
use crate::frame::Cut;
use crate::paste::Paste;
use alloc::vec::Vec;

impl Parser {
    /// Reads a line that may have been changed on its way.
    pub(super) fn pasted(&mut self, line: &[u8]) {
        let mut paste = core::mem::take(&mut self.paste);
        if paste.is_holding() {
            self.pasted_below(line, &mut paste);
        } else {
            paste.line(line, &mut |line| self.frame_line(Cut::new(line)));
        }
        self.paste = paste;
    }

    /// The same, if a line above it is held back: of all lines that result, only the last is this line's.
    fn pasted_below(&mut self, line: &[u8], paste: &mut Paste) {
        let mut lines = Vec::new();
        paste.line(line, &mut |line| lines.push(line.to_vec()));
        let own = lines.pop();
        self.frames.above(true);
        for line in &lines {
            self.frame_line(Cut::new(line));
        }
        self.frames.above(false);
        if let Some(own) = own {
            let is_held = paste.is_holding();
            if is_held {
                self.frames.above(true);
            }
            self.frame_line(Cut::new(&own));
            if is_held {
                self.frames.above(false);
            }
        }
    }
}
