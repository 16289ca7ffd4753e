//! Text from others, in a form that a terminal shows completely and never interprets.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every character escaped that a terminal interprets or does not show: `\x1b` for controls,
/// `\u{202e}` for characters that change the writing direction, have no width, or end a line.
///
/// # Example
/// ```
/// use oomparse_report::on_screen;
/// assert_eq!(on_screen("java"), "java");
/// assert_eq!(on_screen("a\u{1b}[2Jb\u{202e}c"), r"a\x1b[2Jb\u{202e}c");
/// ```
#[must_use]
pub fn on_screen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        // Writing to a String does not fail.
        let _ = match letter {
            _ if !is_hidden(letter) => out.write_char(letter),
            '\0'..='\x7f' => write!(out, "\\x{:02x}", u32::from(letter)),
            _ => write!(out, "\\u{{{:x}}}", u32::from(letter)),
        };
    }
    Cow::Owned(out)
}

/// Whether a terminal interprets a character, or shows nothing for it.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            // Soft hyphen, joiners, fillers: no width, or no visible one.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{3164}' | '\u{ffa0}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
            // Zero width, direction marks, line and paragraph separators, embeddings and overrides.
            | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible signs, isolates, deprecated characters.
            | '\u{2060}'..='\u{206f}'
            // Annotations, tags, more variation selectors, private use.
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped_and_all_else_stays() {
        for hidden in [
            "\x1b",
            "\x07",
            "\n",
            "\r",
            "\t",
            "\x7f",
            "\u{9b}",
            "\u{85}",
            "\u{200b}",
            "\u{200d}",
            "\u{200e}",
            "\u{202a}",
            "\u{202e}",
            "\u{2028}",
            "\u{2029}",
            "\u{2066}",
            "\u{2069}",
            "\u{feff}",
            "\u{e0041}",
            "\u{ad}",
            "\u{61c}",
        ] {
            let text = format!("a{hidden}b");
            let shown = on_screen(&text);
            assert!(!shown.contains(hidden), "{shown:?}");
            assert!(shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
        }
        for seen in [
            "",
            "java",
            "a b",
            "日本語",
            "é",
            "a\\b",
            "Ж",
            "🦀",
            "e\u{301}",
        ] {
            assert_eq!(on_screen(seen), seen);
        }
    }
}
