//! What mail programs, terminals and people do to the lines of a log on the way, undone before a line
//! is framed.
//!
//! ```text
//! [ 9.1] java invoked oom-killer: gfp_mask=3D0xcc0(GFP_KERNEL), order=3D0, o=      quoted-printable
//! om_score_adj=3D936
//! [ 9.1] java invoked oom-killer: … [ 9.2] CPU: 0 PID: 7 Comm: java … [ 9.3] …      glued together
//! [ 9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowe  wrapped hard
//! d=0,oom_memcg=/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49a
//! ```
//!
//! Each is undone only where the lines themselves prove it; whatever is not proven goes on as it is.

mod glued;
mod quoted;
mod wrapped;

use self::quoted::Quoted;
use self::wrapped::Wrapped;

/// Puts lines back into the shape that a log's carrier gave them.
#[derive(Debug, Default)]
pub(crate) struct Paste {
    quoted: Quoted,
    wrapped: Wrapped,
}

impl Paste {
    /// Whether a line is held back whose rest may be in the next one.
    pub(crate) fn is_holding(&self) -> bool {
        self.quoted.is_holding() || self.wrapped.is_holding()
    }

    /// Whether the next line is read without regard to those before it.
    pub(crate) fn is_idle(&self) -> bool {
        self.quoted.is_idle() && !self.wrapped.is_holding()
    }

    /// Whether the line is to be handed in; nearly none is. `holds_word` says whether one of the sieve's
    /// words is in it.
    #[inline]
    pub(crate) fn wants(&self, line: &[u8], holds_word: impl Fn() -> bool) -> bool {
        self.is_holding()
            || self.quoted.may_be(line)
            || wrapped::may_begin(line, holds_word)
            || glued::may_be(line)
    }

    /// Takes a line; gives those that are whole.
    pub(crate) fn line(&mut self, line: &[u8], give: &mut dyn FnMut(&[u8])) {
        let wrapped = &mut self.wrapped;
        self.quoted.line(line, &mut |line| {
            wrapped.line(line, &mut |line| {
                if !glued::split(line, give) {
                    give(line);
                }
            });
        });
    }

    /// Gives what is held back: no more lines come.
    pub(crate) fn finish(&mut self, give: &mut dyn FnMut(&[u8])) {
        let wrapped = &mut self.wrapped;
        self.quoted.finish(&mut |line| wrapped.line(line, give));
        wrapped.finish(give);
    }
}
