//! Several kernel records that came as one: in one value of a JSON record, or on one line.
//!
//! ```text
//! {"message":"Memory cgroup out of memory: Kill process 10 (sh) score 3 or sacrifice child\nKilled process 11 (php) …"}
//! Jan  5 02:12:02 n1 kernel: … score 3 or sacrifice child#012Killed process 11 (php) …       rsyslog
//! … score 3 or sacrifice child Killed process 11 (php) …                                    line ends lost
//! … score 3 or sacrifice child [    5.200000] Killed process 11 (php) …
//! ```
//!
//! These texts contain names that others choose: whoever makes a cgroup may give it a name that imitates a whole
//! Killed line. So a text is split only
//!
//! * at a line end of a JSON value: the kernel prints none in a path, and a comm with a line end is recognised by
//!   the text that follows it ([`value`]);
//! * after a text that no name can imitate: a line without a path that has the kernel's own end, such as a number
//!   with its unit or `or sacrifice child`, if another kernel line begins there (`line`). There `#012` counts
//!   only as a blank, because a cgroup's name may contain it;
//! * at stamps, if the line is longer than any kernel record (`long`).
//!
//! It is never split after a path, nor if a program wrote the text, nor if it is certainly one record
//! (`/dev/kmsg`, an indented line).

mod line;
#[cfg(feature = "carriers")]
pub(crate) mod long;
mod value;

use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::MAX_PARTS;

/// Whether a frame may contain several records; almost none does.
#[inline]
pub(crate) fn may_be_several(frame: &Frame<'_>) -> bool {
    frame.fragment == Fragment::Several || may_be_of_line(frame)
}

/// The same for a line's frame: some frames are certainly one record.
#[inline]
fn may_be_of_line(frame: &Frame<'_>) -> bool {
    !matches!(
        frame.kind,
        FrameKind::Kmsg | FrameKind::KmsgDictionary | FrameKind::Indented
    ) && !frame.author.is_program()
        && line::may_be_several(&frame.message)
}

/// The same for a kernel message that came on a separate line.
#[inline(always)]
pub(crate) fn may_hold_several(message: &[u8]) -> bool {
    line::may_be_several(message)
}

/// Passes on the records of a frame one by one, or the frame as it is.
pub(crate) fn each(frame: &Frame<'_>, emit: &mut dyn FnMut(&Frame<'_>)) {
    let mut left = MAX_PARTS;
    let mut emit = |part: &Frame<'_>| {
        if left > 0 && !part.author.is_program() {
            left = left.saturating_sub(1);
            emit(part);
        }
    };
    let mut each_of_line = |record: &Frame<'_>| {
        if may_be_of_line(record) {
            line::each(record, &mut emit);
        } else {
            emit(record);
        }
    };
    if frame.fragment == Fragment::Several {
        value::each(frame, &mut each_of_line);
    } else {
        each_of_line(frame);
    }
}

impl Frame<'_> {
    /// Passes on the kernel's records in this frame one by one, each with the data of its own prefix: almost
    /// always the frame itself. A [`FrameParser`](crate::FrameParser) does this itself.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::Framer;
    ///
    /// let line = br#"{"log":"[9.1] Killed process 7 (java)\n[9.2] Killed process 8 (sh)"}"#;
    /// let mut times = Vec::new();
    /// Framer::new().frame(line).unwrap().each_record(&mut |record| times.push(record.kernel_time_us));
    /// assert_eq!(times, [Some(9_100_000), Some(9_200_000)]);
    /// ```
    pub fn each_record(&self, emit: &mut dyn FnMut(&Frame<'_>)) {
        if may_be_several(self) {
            each(self, emit);
        } else {
            emit(self);
        }
    }
}

#[cfg(test)]
mod tests;
