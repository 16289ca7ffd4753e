//! Columns on a terminal: East Asian characters take two, combining accents none.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text padded with blanks to this many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(width(text)))
}

/// The start of a text that fits into this many columns.
pub(crate) fn head(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    let end = text.char_indices().find(|(_, letter)| {
        taken += letter.width().unwrap_or(0);
        taken > columns
    });
    let end = end.map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// The text cut to this many columns, with `...` for the missing part.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    format!("{}...", head(text, columns.saturating_sub(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(width("java"), 4);
        assert_eq!(width("内存泄漏"), 8);
        assert_eq!(pad("内存", 6), "内存  ");
        assert_eq!(cut("内存泄漏测试", 9), "内存泄...");
        assert_eq!(cut("内存泄漏", 8), "内存泄漏");
        assert_eq!(head("a内b", 2), "a");
    }
}
