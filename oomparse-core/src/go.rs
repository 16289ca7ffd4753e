//! Texts as programs written in Go print them: quoted strings and `key=value` pairs.
//!
//! Pairs are read from the start and quotes are respected, so that text that a workload printed, which comes later
//! and in quotes, is never taken for a pair.

/// Removes a leading quoted string (`"…"` with `\"`, `\n`, …): returns the text in the quotes, still escaped, and
/// the rest.
///
/// # Example
/// ```
/// use oomparse_core::go::split_quoted;
///
/// assert_eq!(split_quoted(r#""a \"b\"" c"#), Some((r#"a \"b\""#, " c")));
/// assert_eq!(split_quoted(r#""not closed"#), None);
/// ```
#[must_use]
pub fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (inner, rest) = body.split_at_checked(at)?;
                return Some((inner, rest.strip_prefix('"')?));
            }
            _ => {}
        }
    }
    None
}

/// Removes a leading ` key=value`: returns the key, the value as it is written, and the rest.
///
/// A value in quotes extends to its closing quote, one in brackets to its closing bracket, another one to the next
/// blank. A value that begins with `<` has no certain end, and is not read.
///
/// # Example
/// ```
/// use oomparse_core::go::split_pair;
///
/// let text = r#" pod="default/web-0" event={"ID":"7"} n=1"#;
/// let (key, value, rest) = split_pair(text).unwrap();
/// assert_eq!((key, value), ("pod", r#""default/web-0""#));
/// assert_eq!(split_pair(rest), Some(("event", r#"{"ID":"7"}"#, " n=1")));
/// ```
#[must_use]
pub fn split_pair(text: &str) -> Option<(&str, &str, &str)> {
    let (key, text) = text.strip_prefix(' ')?.split_once('=')?;
    if key.is_empty() || key.contains([' ', '"']) {
        return None;
    }
    let end = match text.trim_start_matches('&').chars().next() {
        Some('"') if text.starts_with('"') => split_quoted(text)?.0.len().checked_add(2)?,
        Some('{') => closing(text, b'{', b'}')?,
        Some('[') => closing(text, b'[', b']')?,
        Some('<') => return None,
        _ => text.find(' ').unwrap_or(text.len()),
    };
    let (value, rest) = text.split_at_checked(end)?;
    Some((key, value, rest))
}

/// How many bytes there are up to where the first opening bracket is closed.
fn closing(text: &str, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        if byte == open {
            depth = depth.saturating_add(1);
        } else if byte == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at.checked_add(1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_go_ends_them() {
        for (text, value, rest) in [
            (" a=b c=d", "b", " c=d"),
            (r#" a="b c=\"d\"" e=f"#, r#""b c=\"d\"""#, " e=f"),
            (" a=&{x y={z}} e=f", "&{x y={z}}", " e=f"),
            (" a=[x [y]] e=f", "[x [y]]", " e=f"),
            (" a=", "", ""),
        ] {
            assert_eq!(split_pair(text), Some(("a", value, rest)), "{text}");
        }
        for text in ["a=b", " =b", " a b=c", " a\"=b", " a=\"b", " a={b", " a=<b"] {
            assert_eq!(split_pair(text), None, "{text}");
        }
    }

    #[test]
    fn a_quote_after_an_ampersand_begins_no_string() {
        let text = r#" a=&"b" c=d"#;
        assert_eq!(split_pair(text), Some(("a", r#"&"b""#, " c=d")));
    }
}
