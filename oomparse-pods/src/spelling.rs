//! How the table's own CSV spells its fields, in both directions.
//!
//! A spreadsheet executes a cell that begins like a formula, quoted or not. Such a field gets a leading `'`,
//! which makes it text for spreadsheets; reading removes it again.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

/// The header of a written table.
pub(super) const HEADER: [&str; 9] = [
    "pod_uid",
    "namespace",
    "pod_name",
    "node",
    "owner",
    "labels",
    "container_name",
    "container_id",
    "source",
];

/// The start of kubectl's list of labels.
const KUBECTLS: &str = "map[";

/// Whether a spreadsheet may execute a cell with this text.
///
/// Some read full-width signs like the others, and some skip leading blanks.
fn looks_like_a_formula(text: &str) -> bool {
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(signs)
}

/// The text in a form that no spreadsheet executes.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    let rest = text.trim_start_matches('\'');
    if looks_like_a_formula(rest) {
        let mut guarded = String::from("'");
        guarded.push_str(text);
        return Cow::Owned(guarded);
    }
    Cow::Borrowed(text)
}

/// The original text of a [`guard`]ed one.
pub(super) fn unguard(field: &str) -> Cow<'_, str> {
    match field.strip_prefix('\'') {
        Some(text) if looks_like_a_formula(text.trim_start_matches('\'')) => Cow::Borrowed(text),
        _ => Cow::Borrowed(field),
    }
}

/// `app=web;tier=x`; within a label, separators are escaped with `\`.
pub(super) fn write_labels<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    let mut field = String::new();
    for (key, value) in labels {
        if !field.is_empty() {
            field.push(';');
        } else if key.starts_with(KUBECTLS) {
            field.push('\\');
        }
        push_escaped(&mut field, key, &['\\', ';', ',', '=']);
        field.push('=');
        push_escaped(&mut field, value, &['\\', ';', ',']);
    }
    field
}

fn push_escaped(field: &mut String, text: &str, special: &[char]) {
    for letter in text.chars() {
        if special.contains(&letter) {
            field.push('\\');
        }
        field.push(letter);
    }
}

/// Labels as [`write_labels`] writes them, also with commas between them, or as kubectl does: `map[app:web
/// tier:x]`.
pub(super) fn read_labels(field: &str) -> Vec<(String, String)> {
    let map = field
        .strip_prefix(KUBECTLS)
        .and_then(|field| field.strip_suffix(']'));
    if let Some(items) = map {
        let items = items.split(' ').filter_map(|item| item.split_once(':'));
        return items
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
    }
    let separator = if split(field, ';').nth(1).is_some() {
        ';'
    } else {
        ','
    };
    split(field, separator)
        .filter_map(|item| {
            let mut parts = split(item, '=');
            let key = parts.next()?;
            let value = item.get(key.len().checked_add(1)?..)?;
            Some((unescape(key), unescape(value)))
        })
        .collect()
}

/// The parts of a text between unescaped separators.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    text.split(move |letter| {
        let was_escaped = core::mem::take(&mut is_escaped);
        is_escaped = letter == '\\' && !was_escaped;
        letter == separator && !was_escaped
    })
}

fn unescape(text: &str) -> String {
    let mut is_escaped = false;
    text.chars()
        .filter(|letter| {
            let was_escaped = core::mem::take(&mut is_escaped);
            is_escaped = *letter == '\\' && !was_escaped;
            !is_escaped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded_and_comes_back() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@a",
            "\t=1",
            "\r=1",
            " =1",
            "\u{ff1d}1",
            "'=1",
            "''-1",
        ] {
            let guarded = guard(text);
            assert_eq!(*guarded, std::format!("'{text}"));
            assert_eq!(unguard(&guarded), text);
        }
        for text in ["", "a", "null", "'", "'a", "1-1", "a=b"] {
            assert_eq!(guard(text), text);
            assert_eq!(unguard(text), text);
        }
    }

    #[test]
    fn labels_come_back_whatever_is_in_them() {
        let hostile = [
            "", "a", "a,b", "a;b", "a=b", "\\", "\\;", ";", ",", "=", "a\\", " a ", "\n",
            "map[a:b]",
        ];
        for first in hostile {
            for second in hostile {
                for more in [&[][..], &[("k", "v")]] {
                    let labels = [&[(first, second)], more].concat();
                    let field = write_labels(labels.iter().copied());
                    let back = read_labels(&field);
                    let back: Vec<(&str, &str)> = back
                        .iter()
                        .map(|(key, value)| (key.as_str(), value.as_str()))
                        .collect();
                    assert_eq!(back, labels, "{field}");
                }
            }
        }
    }

    #[test]
    fn labels_in_every_form() {
        for field in ["map[app:web tier:db]", "app=web;tier=db", "app=web,tier=db"] {
            let labels = read_labels(field);
            assert_eq!(labels.len(), 2, "{field}");
            assert_eq!(labels[1], ("tier".into(), "db".into()));
        }
    }
}
