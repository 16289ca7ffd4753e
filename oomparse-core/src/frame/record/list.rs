//! Reads one record of a list.

use super::json;
use crate::source::Author;
use alloc::borrow::Cow;

/// The author of an object's contents, as far as it is shown; `None` if the object is broken.
pub(in super::super) fn author(object: &[u8]) -> Option<Author> {
    json::read(object).map(|fields| fields.author())
}

/// The text of a record, unless a program wrote it.
pub(in super::super) fn text_of(object: &[u8]) -> Option<Cow<'_, [u8]>> {
    let fields = json::read(object)?;
    let is_programs = fields.author().is_program();
    fields.text.filter(|_| !is_programs)
}

/// The same, if its key is not known.
pub(in super::super) fn text_of_any_key(object: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut fields = json::read(object).filter(|fields| fields.text.is_none())?;
    fields.look_for_text(object);
    fields.text
}
