//! Undoes what mail programs, terminals and people did to the lines of a log, before a line is framed.
//!
//! ```text
//! [ 9.1] java invoked oom-killer: gfp_mask=3D0xcc0(GFP_KERNEL), order=3D0, o=      quoted-printable
//! om_score_adj=3D936
//! [ 9.1] java invoked oom-killer: … [ 9.2] CPU: 0 PID: 7 Comm: java … [ 9.3] …      glued together
//! [ 9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowe  wrapped hard
//! d=0,oom_memcg=/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49a
//! [ 9.1] Killed process 7 (java) total\-vm:8kB, …                                   markdown's backslashes
//! ```
//!
//! Each change is undone only if the lines themselves prove it; everything else stays as it is.

mod escaped;
mod padded;
mod quoted;
mod web;
mod wrapped;

use self::quoted::Quoted;
use self::wrapped::Wrapped;
use crate::frame::Cut;
use crate::split::long;
use memchr::{memchr, memchr3};

/// Restores the lines that a log's carrier wrote.
#[derive(Debug, Default)]
pub(crate) struct Paste {
    quoted: Quoted,
    wrapped: Wrapped,
}

impl Paste {
    /// Whether a line is held because its rest may be in the next one.
    pub(crate) fn is_holding(&self) -> bool {
        self.quoted.is_holding() || self.wrapped.is_holding()
    }

    /// Whether the line must be passed in; almost no line must. `holds_word` says whether it contains one of the
    /// sieve's words.
    ///
    /// A kernel line that is mended contains a `:` or a `=`, or the code of a page.
    #[inline]
    pub(crate) fn wants(&self, cut: &Cut<'_>, holds_word: impl Fn() -> bool) -> bool {
        let line = cut.line;
        self.is_holding()
            || self
                .quoted
                .may_be(line, || cut.may_hold_signs && memchr(b'=', line).is_some())
            || wrapped::may_begin(line, holds_word)
            || long::may_be(line)
            || cut.may_hold_signs && (padded::may_be(line) || may_hold_codes(line))
    }

    /// Takes a line; passes on the lines that are complete.
    pub(crate) fn line(&mut self, line: &[u8], emit: &mut dyn FnMut(&[u8])) {
        let wrapped = &mut self.wrapped;
        let emit = &mut |line: &[u8]| emit_each(line, emit);
        self.quoted.line(line, &mut |line| wrapped.line(line, emit));
    }

    /// Passes on what is held: no more lines come.
    pub(crate) fn finish(&mut self, emit: &mut dyn FnMut(&[u8])) {
        let wrapped = &mut self.wrapped;
        let emit = &mut |line: &[u8]| emit_each(line, emit);
        self.quoted.finish(&mut |line| wrapped.line(line, emit));
        wrapped.finish(emit);
    }
}

/// Whether the line contains a character that Markdown or a web page escapes.
#[inline]
fn may_hold_codes(line: &[u8]) -> bool {
    let at = memchr3(b'\\', b'&', 0xc2, line);
    at.is_some_and(|at| match line.get(at..) {
        Some([b'\\', next, ..]) if !next.is_ascii_punctuation() => line.contains(&b'&'),
        _ => true,
    })
}

/// Passes on the records of a joined line, or the line.
fn emit_each(line: &[u8], emit: &mut dyn FnMut(&[u8])) {
    let mended = padded::mended(line)
        .or_else(|| escaped::mended(line))
        .or_else(|| web::mended(line));
    let line = mended.as_deref().unwrap_or(line);
    if !long::split(line, emit) {
        emit(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::ToOwned as _;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// Quoted-printable text as a mail program breaks it, in lines of at most 76 bytes.
    fn quoted(text: &str) -> Vec<String> {
        let text = text.replace('=', "=3D");
        let (mut lines, mut rest) = (Vec::new(), text.as_str());
        while rest.len() > 75 {
            // No code is broken in two.
            let end = (73..=75)
                .rev()
                .find(|end| !rest[..*end].ends_with('=') && !rest[..*end].ends_with("=3"));
            let (line, after) = rest.split_at(end.unwrap());
            lines.push(format!("{line}="));
            rest = after;
        }
        lines.push(rest.to_owned());
        lines
    }

    #[test]
    fn glued_records_are_split_at_the_end_of_a_cut_mail() {
        let records: Vec<String> = (10..40)
            .map(|at| {
                format!("[  198.5766{at}] oom_reaper: reaped process {at} (memc), now anon-rss=0kB")
            })
            .collect();
        for cut in [false, true] {
            let mut lines = quoted(&records.join(" "));
            if cut {
                lines.last_mut().unwrap().push('=');
            }
            let (mut paste, mut given) = (Paste::default(), Vec::new());
            let mut emit = |line: &[u8]| given.push(String::from_utf8_lossy(line).into_owned());
            for line in &lines {
                paste.line(line.as_bytes(), &mut emit);
            }
            paste.finish(&mut emit);
            assert_eq!(given, records, "{cut}");
        }
    }

    #[test]
    fn almost_no_line_is_wanted() {
        let paste = Paste::default();
        let summary =
            "[198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,me";
        for (line, holds_word, wanted) in [
            ("usb 1-1: new high-speed USB device", false, false),
            ("[    1.234567] eth0: link is up", false, false),
            ("Killed process 7 (a) total-vm:8kB", true, false),
            (r"a\x0ab: c", false, false),
            (&"a: b ".repeat(100), false, false),
            ("", false, false),
            ("order=3D0", false, true),
            (r"Killed process 7 (a) total\-vm:8kB", false, true),
            ("Killed process 7 &#40;a)", false, true),
            (r"a\x0ab: c &lt; d", false, true),
            (summary, true, true),
            (&format!("a: b{:100}c", ""), false, true),
        ] {
            let cut = Cut::new(line.as_bytes());
            assert_eq!(paste.wants(&cut, || holds_word), wanted, "{line}");
        }
    }
}
