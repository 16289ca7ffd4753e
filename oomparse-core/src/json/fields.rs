//! The contents of a record, defined once for all output formats.

use crate::bytes::{Text, hex};
use crate::event::Percent;
use crate::time::WallTime;
use alloc::format;

/// A field's name as in JSON: in quotes, with the colon. A constant text is copied without a call.
#[derive(Clone, Copy)]
pub(super) struct Key(&'static str);

/// Makes a [`Key`] from a name.
macro_rules! key {
    ($name:literal) => {
        const { $crate::json::fields::Key::of_quoted(concat!("\"", $name, "\":")) }
    };
    ($name:ident) => {
        const { $crate::json::fields::Key::of_quoted(concat!("\"", stringify!($name), "\":")) }
    };
}
pub(super) use key;

impl Key {
    pub(super) const fn of_quoted(quoted: &'static str) -> Self {
        Self(quoted)
    }

    /// `"name":`
    pub(super) const fn quoted(self) -> &'static str {
        self.0
    }

    /// `name`
    pub(super) fn name(self) -> &'static str {
        self.0.trim_end_matches(':').trim_matches('"')
    }
}

/// A value with fields.
pub(super) trait Object {
    /// Visits its fields in the record's order; absent fields are left out.
    fn visit(&self, to: &mut impl FieldVisitor);
}

/// A visitor of one object's fields.
pub(super) trait FieldVisitor {
    /// A text under a name that is not in the schema.
    fn text_of(&mut self, name: &str, value: &str);

    /// A number under a key of the kernel: letters, digits and underscores, which need no escape.
    fn number_of(&mut self, name: &str, value: u64);

    fn put_text(&mut self, key: Key, value: &str);

    fn put_number(&mut self, key: Key, value: u64);

    fn put_signed(&mut self, key: Key, value: i64);

    fn put_true(&mut self, key: Key);

    fn put_percent(&mut self, key: Key, value: Percent);

    fn put_object(&mut self, key: Key, value: &impl Object);

    fn put_objects(&mut self, key: Key, values: &[impl Object]);

    /// Words of the schema, which need no escape.
    fn put_words(&mut self, key: Key, words: impl Iterator<Item = &'static str> + Clone);

    fn text(&mut self, key: Key, value: Option<&str>) {
        if let Some(value) = value {
            self.put_text(key, value);
        }
    }

    /// A name, and its bytes under `key_hex` if it is not plain text.
    fn name(&mut self, key: Key, value: Option<&Text>) {
        let Some(text) = value else { return };
        match text.as_str() {
            Some(plain) => self.put_text(key, plain),
            None => {
                self.put_text(key, text.to_display().as_ref());
                self.text_of(&format!("{}_hex", key.name()), &hex(text.as_bytes()));
            }
        }
    }

    /// A time, if it is complete.
    fn time(&mut self, key: Key, value: Option<WallTime>) {
        if let Some(time) = value.filter(WallTime::is_complete) {
            self.put_text(key, &time.text());
        }
    }

    fn number(&mut self, key: Key, value: Option<impl Into<u64>>) {
        if let Some(value) = value {
            self.put_number(key, value.into());
        }
    }

    fn signed(&mut self, key: Key, value: Option<impl Into<i64>>) {
        if let Some(value) = value {
            self.put_signed(key, value.into());
        }
    }

    fn percent(&mut self, key: Key, value: Option<Percent>) {
        if let Some(value) = value {
            self.put_percent(key, value);
        }
    }

    /// A flag that is written only if it is true.
    fn truth(&mut self, key: Key, value: bool) {
        if value {
            self.put_true(key);
        }
    }

    fn object(&mut self, key: Key, value: Option<&impl Object>) {
        if let Some(value) = value {
            self.put_object(key, value);
        }
    }

    fn objects(&mut self, key: Key, values: &[impl Object]) {
        if !values.is_empty() {
            self.put_objects(key, values);
        }
    }

    fn words<T: Copy>(&mut self, key: Key, values: &[T], word: fn(T) -> &'static str) {
        if !values.is_empty() {
            self.put_words(key, values.iter().map(|value| word(*value)));
        }
    }
}
