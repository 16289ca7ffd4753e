//! Values in a JSON record by their path, without building a tree.

use oomparse_host::Key;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// The value at a place, as it stands in the record.
pub(super) fn find<'a>(record: &'a str, place: &Key) -> Option<&'a RawValue> {
    place.find(
        serde_json::from_str(record).ok()?,
        |object: &&'a RawValue, key| {
            let object: Object<'a> = serde_json::from_str(object.get()).ok()?;
            object.get(key).copied()
        },
    )
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
        find(RECORD, &path.parse().unwrap()).map(RawValue::get)
    }

    #[test]
    fn values_stand_as_written() {
        assert_eq!(at("a.b.c"), Some(r#""x\n""#));
        assert_eq!(at("a.b"), Some("1"));
        assert_eq!(at("k.l.m"), Some("[1, 2]"));
        assert_eq!(at("sa"), Some("true"));
        assert_eq!(at("$a['b']['c']"), Some(r#""x\n""#));
        assert_eq!(at("$k['l']['m']"), None);
        for path in ["b", "a.c", "a.b.c.d", "k", "k.l.m.0"] {
            assert_eq!(at(path), None, "{path}");
        }
    }

    #[test]
    fn broken_records_have_no_values() {
        for record in ["", "{", "[]", r#"{"a":1"#, r#"{"a":1}}"#, "{'a':1}", "a"] {
            assert!(find(record, &"a".parse().unwrap()).is_none(), "{record}");
            assert!(keys(record).is_none(), "{record}");
        }
        assert_eq!(keys("{}").unwrap().len(), 0);
    }
}
