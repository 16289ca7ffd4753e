//! Values in a JSON record by their path, without building a tree.

use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// The value at `a.b.c`, as it stands in the record.
///
/// A key with dots in it is found as well: the whole path is tried first, then what stands before each dot.
pub(super) fn find<'a>(record: &'a str, path: &str) -> Option<&'a RawValue> {
    let object: Object<'a> = serde_json::from_str(record).ok()?;
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(at, _)| {
        let (key, rest) = (path.get(..at)?, path.get(at + 1..)?);
        find(object.get(key)?.get(), rest)
    })
}

/// The keys of a record's own, or nothing if it is no sound object.
pub(super) fn keys(record: &str) -> Option<Vec<Cow<'_, str>>> {
    let object: Object<'_> = serde_json::from_str(record).ok()?;
    Some(object.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Option<&'static str> {
        const RECORD: &str = r#"{"a":{"b":{"c":"x\n"}},"a.b":1,"k.l":{"m":[1, 2]},"s\u0061":true}"#;
        find(RECORD, path).map(RawValue::get)
    }

    #[test]
    fn values_stand_as_written() {
        assert_eq!(at("a.b.c"), Some(r#""x\n""#));
        assert_eq!(at("a.b"), Some("1"));
        assert_eq!(at("k.l.m"), Some("[1, 2]"));
        assert_eq!(at("sa"), Some("true"));
        for path in ["", "b", "a.c", "a.b.c.d", "k", "k.l.m.0"] {
            assert_eq!(at(path), None, "{path}");
        }
    }

    #[test]
    fn broken_records_have_no_values() {
        for record in ["", "{", "[]", r#"{"a":1"#, r#"{"a":1}}"#, "{'a':1}", "a"] {
            assert!(find(record, "a").is_none(), "{record}");
            assert!(keys(record).is_none(), "{record}");
        }
        assert_eq!(keys("{}").unwrap().len(), 0);
    }
}
