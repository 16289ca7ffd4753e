//! Lines that are part of a Kubernetes object, or looked like it.

use super::Parser;
use crate::daemon::Step;
use crate::frame::Cut;

impl Parser {
    /// Whether a line is part of a Kubernetes object, if those are read.
    pub(super) fn is_documents(&mut self, cut: Cut<'_>) -> bool {
        if self.framer.wants_every_line() {
            return false;
        }
        // None begins within a program's text.
        if matches!(cut.line.first(), Some(b' ' | b'\t')) && self.frames.may_begin_document(cut) {
            self.above.show_own(&mut self.framer);
            self.framer.forget_prefix();
            if self.framer.continues_program(cut.line) {
                return false;
            }
        }
        match self.frames.document(cut) {
            Step::NotTaken => false,
            Step::Taken => true,
            Step::Again(text) => {
                self.again(&text);
                false
            }
            Step::AgainTaken(text) => {
                self.again(&text);
                true
            }
        }
    }

    /// Reads lines that were held as part of an object but are not.
    pub(super) fn again(&mut self, text: &[u8]) {
        if self.frames.sieve.is_kernel_candidate(text) {
            self.frames.above(true);
            for line in text.split(|byte| *byte == b'\n') {
                self.line_of_log(Cut::new(line));
            }
            self.frames.above(false);
        }
    }
}
