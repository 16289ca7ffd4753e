use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use serde::de::IgnoredAny;

/// Whether the whole text is one value.
fn is_json(text: &str) -> bool {
    let mut reader = Reader::new(text.as_bytes());
    reader.skip().is_some() && reader.peek().is_none()
}

fn serde_says(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[test]
fn accepts_what_is_json_and_nothing_else() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "{\"a\":1}",
        "{\"a\" : [1, 2.5e-3, -0, {\"b\":null}] }",
        "true",
        "nul",
        "truex",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e+",
        "1E-7",
        "1e+5",
        "false",
        "[false,true]",
        "fals",
        "\"\u{1f}\"",
        "\"a\u{1f}b\"",
        "\"\\u00e9\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\t\"",
        "\"",
        "{\"a\"}",
        "[}",
        "{]",
        "[[[]]]",
        "[[[]]",
        "{\"a\":{\"b\":[]}}",
        "",
        " ",
        "1 2",
        "\"\\ud83d\\ude00\"",
        "\u{a0}1",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "{1:2}",
        "\"a\u{7f}\"",
        "123456789012345678901234567890",
    ] {
        assert_eq!(is_json(text), serde_says(text), "{text:?}");
    }
}

#[test]
fn same_as_serde_on_damaged_text() {
    let whole =
        r#"{"log":"a\n\"b\" \u00e9 é","n":[1,-2.5,1e9,true,null,{"k":{}}],"o":{"p":"q"},"z":0}"#;
    let mut seed = 11u32;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for _ in 0..30_000 {
        let mut bytes = whole.as_bytes().to_vec();
        for _ in 0..1 + next(3) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] = b"{}[]\",:\\u0e.-tn 5"[next(17)],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"{}[]\",:\\u0e.-tn 5"[next(17)]),
            }
        }
        if let Ok(text) = String::from_utf8(bytes) {
            assert_eq!(is_json(&text), serde_says(&text), "{text}");
        }
    }
}

#[test]
fn strings_are_decoded() {
    for (text, expected) in [
        (r#""plain""#, "plain"),
        (r#""a\"b\\c\/d\n""#, "a\"b\\c/d\n"),
        (r#""\u00e9\ud83d\ude00""#, "é😀"),
        (r#""\ud83d!""#, "\u{fffd}!"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
    ] {
        let string = Reader::new(text.as_bytes()).string().unwrap();
        assert_eq!(string.as_ref(), expected.as_bytes());
    }
    for text in ["\"a\u{1f}b\"", "\"\u{1f}\"", "\"\\n\u{1f}\"", "\"a"] {
        assert!(Reader::new(text.as_bytes()).string().is_none(), "{text:?}");
    }
}

#[test]
fn numbers_are_read() {
    let millionths = |text: &str| match Reader::new(text.as_bytes()).number() {
        Some(Number::Millionths(value)) => Some(value),
        _ => None,
    };
    assert_eq!(millionths("1064.699112"), Some(1_064_699_112));
    assert_eq!(millionths("1.5"), Some(1_500_000));
    assert_eq!(
        millionths("1700000000.1234567"),
        Some(1_700_000_000_123_457)
    );
    assert_eq!(
        millionths("1700000000.123456789012345"),
        Some(1_700_000_000_123_457)
    );
    assert_eq!(millionths("1.7e9"), Some(1_700_000_000_000_000));
    assert_eq!(millionths("1.7e+9"), Some(1_700_000_000_000_000));
    assert_eq!(millionths("5e-7"), Some(1));
    assert_eq!(millionths("4e-7"), Some(0));
    assert_eq!(millionths("1e-400"), Some(0));
    assert_eq!(millionths("1e400"), None);
    assert!(matches!(
        Reader::new(b"18446744073709551615").number(),
        Some(Number::Whole(u64::MAX))
    ));
    assert!(matches!(
        Reader::new(b"18446744073709551616").number(),
        Some(Number::Other)
    ));
    assert!(matches!(Reader::new(b"-7").number(), Some(Number::Other)));
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(is_json(&deep(100)));
    assert!(!is_json(&deep(100_000)));
}

#[test]
fn member_goes_after_what_is_there() {
    let with = |object: &str| {
        with_member(object.as_bytes(), &["oom", "oom_event"], "1")
            .map(|bytes| String::from_utf8(bytes).unwrap())
    };
    for (object, expected) in [
        ("{}", "{\"oom\":1}"),
        (" { } \n", " { \"oom\":1}"),
        (
            r#"{"log":"}\u00e9\"","n":1.50}"#,
            r#"{"log":"}\u00e9\"","n":1.50,"oom":1}"#,
        ),
        (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2,"oom":1}"#),
        (r#"{"x":{"oom":1}}"#, r#"{"x":{"oom":1},"oom":1}"#),
        (r#"{"oom":2}"#, r#"{"oom":2,"oom_event":1}"#),
        (r#"{"\u006fom":2}"#, r#"{"\u006fom":2,"oom_event":1}"#),
        (r#"{"oom_event":2}"#, r#"{"oom_event":2,"oom":1}"#),
        ("{\"é\":[{}]}", "{\"é\":[{}],\"oom\":1}"),
    ] {
        assert_eq!(with(object).as_deref(), Some(expected), "{object}");
    }
    for refused in vec![
        "",
        "{",
        "}",
        "[]",
        "1",
        "\"a\"",
        "{}{}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1}x",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":nul}",
        "{a:1}",
        "null",
        "{\"oom\":1,\"oom_event\":2}",
    ] {
        assert_eq!(with(refused), None, "{refused}");
    }
    assert_eq!(with_member(b"{\"a\":\"\xff\"}", &["oom"], "1"), None);
    assert_eq!(with_member(b"{\"a\":\"\0\"}", &["oom"], "1"), None);
}
