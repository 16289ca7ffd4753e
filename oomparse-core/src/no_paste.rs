//! Lines are as their carrier wrote them: nobody wraps, quotes or joins a shipper's records.

use crate::frame::Cut;

/// Takes no line.
#[derive(Debug, Default)]
pub(crate) struct Paste(());

impl Paste {
    #[expect(clippy::unused_self, reason = "as the one that undoes pastes")]
    pub(crate) fn is_holding(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as the one that undoes pastes")]
    pub(crate) fn wants(&self, _cut: &Cut<'_>, _holds_word: impl Fn() -> bool) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as the one that undoes pastes")]
    pub(crate) fn line(&mut self, line: &[u8], emit: &mut dyn FnMut(&[u8])) {
        emit(line);
    }

    #[expect(clippy::unused_self, reason = "as the one that undoes pastes")]
    pub(crate) fn finish(&mut self, _give: &mut dyn FnMut(&[u8])) {}
}
