//! Writes the record as compact JSON text.
//!
//! Almost no text in a record needs an escape. A check for that is several times faster than a loop that can
//! write escapes; a text that does need them is written by `serde_json`.

use super::fields::{FieldVisitor, Key, Object};
use crate::bytes::push_number;
use crate::bytes::words::all_plain;
use crate::event::Percent;
use alloc::string::String;

/// Size of a usual record, in bytes; one with a task table grows.
const COMMON_LEN: usize = 4096;

/// An object as JSON.
pub(super) fn write(value: &impl Object) -> String {
    let mut out = String::with_capacity(COMMON_LEN);
    object(&mut out, value);
    out
}

/// Writes the fields, each followed by a comma.
struct Writer<'o>(&'o mut String);

fn object(out: &mut String, value: &impl Object) {
    out.push('{');
    value.visit(&mut Writer(out));
    close(out, '}');
}

/// Ends an object or a list, and removes its last comma.
fn close(out: &mut String, end: char) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push(end);
}

fn text(out: &mut String, text: &str) {
    if all_plain(text) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A text can always be written as JSON, and writing into memory cannot fail.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

impl Writer<'_> {
    #[inline]
    fn number_and_comma(&mut self, value: impl itoa::Integer) {
        self.0.push_str(itoa::Buffer::new().format(value));
        self.0.push(',');
    }

    /// The same; optimised for 0, because many of a cgroup's figures are 0.
    #[inline]
    fn count_and_comma(&mut self, value: u64) {
        if value == 0 {
            self.0.push_str("0,");
        } else {
            self.number_and_comma(value);
        }
    }
}

impl FieldVisitor for Writer<'_> {
    fn text_of(&mut self, name: &str, value: &str) {
        text(self.0, name);
        self.0.push(':');
        text(self.0, value);
        self.0.push(',');
    }

    fn number_of(&mut self, name: &str, value: u64) {
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.count_and_comma(value);
    }

    fn put_text(&mut self, key: Key, value: &str) {
        self.0.push_str(key.quoted());
        text(self.0, value);
        self.0.push(',');
    }

    fn put_number(&mut self, key: Key, value: u64) {
        self.0.push_str(key.quoted());
        self.count_and_comma(value);
    }

    fn put_signed(&mut self, key: Key, value: i64) {
        self.0.push_str(key.quoted());
        self.number_and_comma(value);
    }

    fn put_true(&mut self, key: Key) {
        self.0.push_str(key.quoted());
        self.0.push_str("true,");
    }

    fn put_percent(&mut self, key: Key, value: Percent) {
        self.0.push_str(key.quoted());
        let hundredths = u64::from(value.hundredths());
        self.0
            .push_str(itoa::Buffer::new().format(hundredths / 100));
        self.0.push('.');
        // As few decimals as needed, but at least one.
        match hundredths % 100 {
            tenths if tenths % 10 == 0 => push_number(self.0, tenths / 10, 1),
            decimals => push_number(self.0, decimals, 2),
        }
        self.0.push(',');
    }

    fn put_object(&mut self, key: Key, value: &impl Object) {
        self.0.push_str(key.quoted());
        object(self.0, value);
        self.0.push(',');
    }

    fn put_objects(&mut self, key: Key, values: &[impl Object]) {
        self.0.push_str(key.quoted());
        self.0.push('[');
        for value in values {
            object(self.0, value);
            self.0.push(',');
        }
        close(self.0, ']');
        self.0.push(',');
    }

    fn put_words(&mut self, key: Key, words: impl Iterator<Item = &'static str> + Clone) {
        self.0.push_str(key.quoted());
        self.0.push('[');
        for word in words {
            self.0.push('"');
            self.0.push_str(word);
            self.0.push_str("\",");
        }
        close(self.0, ']');
        self.0.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::key;
    use super::super::serialize::AsSerde;
    use super::*;

    #[test]
    fn same_as_serde_json() {
        assert_eq!(write(&Shapes(&[])), write(&Empty));
        let all = Shapes(&[
            "",
            "java",
            "a\"b",
            "a\\b",
            "a\nb\u{1}",
            "größe\u{7f}",
            "日本",
        ]);
        assert_eq!(write(&all), serde_json::to_string(&AsSerde(&all)).unwrap());
        assert_eq!(write(&Empty), "{}");
    }

    struct Empty;

    impl Object for Empty {
        fn visit(&self, _to: &mut impl FieldVisitor) {}
    }

    struct Shapes(&'static [&'static str]);

    impl Object for Shapes {
        fn visit(&self, to: &mut impl FieldVisitor) {
            for text in self.0 {
                to.put_text(key!("text"), text);
                to.text_of(text, text);
                to.number_of("pgscan_2", u64::MAX);
                to.number_of("pgscan_3", 0);
                to.number_of("pgscan_4", 7);
                to.put_number(key!("number"), 0);
                to.put_signed(key!("less"), i64::MIN);
                to.truth(key!("is"), true);
                for hundredths in [5107, 5000, 50, 5110, 5, 100] {
                    to.percent(key!("percent"), Some(Percent::from_hundredths(hundredths)));
                }
                to.truth(key!("is not"), false);
                to.put_object(key!("empty"), &Empty);
                to.put_object(key!("not"), &Shapes(&[]));
                to.put_objects(key!("all"), &[Empty, Empty]);
                to.put_objects(key!("none"), &[] as &[Empty]);
                to.put_words(key!("words"), ["killed", "task_in"].into_iter());
                to.put_words(key!("no words"), [].into_iter());
            }
        }
    }
}
