//! Lines that are part of an object of Kubernetes', or seemed to be.

use super::Parser;
use crate::daemon::Step;
use crate::frame::Cut;

impl Parser {
    /// Whether a line is part of an object of Kubernetes', where that is asked for.
    pub(super) fn is_documents(&mut self, cut: Cut<'_>) -> bool {
        if self.framer.wants_every_line() {
            return false;
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

    /// Reads lines that were held for part of an object and are not.
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
