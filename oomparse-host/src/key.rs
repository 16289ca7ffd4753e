//! The position of a value in a record: `log`, `a.b`, `$a['b']`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// The position of a value in a record, as users write it.
///
/// `a.b` is the key `a.b`, or `b` in the object `a`: the whole key is tried first, then the text before each dot.
/// `$a['b']`, in Fluent Bit's notation, is only `b` in `a`.
///
/// # Example
/// ```
/// use oomparse_host::Key;
/// use std::collections::BTreeMap;
///
/// let log = BTreeMap::from([("message", "text")]);
/// let record = BTreeMap::from([("log", log)]);
/// for written in ["log.message", "$log['message']"] {
///     let key: Key = written.parse().unwrap();
///     let found = key.steps().iter().any(|steps| {
///         let [object, name] = steps.as_slice() else { return false };
///         record.get(&**object).is_some_and(|object| object.contains_key(&**name))
///     });
///     assert!(found);
/// }
/// assert!("$log[".parse::<Key>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    written: String,
    steps: Vec<Vec<String>>,
}

/// Maximum nesting; a key with more dots is one key, or only its first dots are read as steps.
const MAX_DOTS: usize = 6;

impl Key {
    /// The ways to read it, the most likely first: keys of nested objects, from the outermost.
    #[must_use]
    pub fn steps(&self) -> &[Vec<String>] {
        &self.steps
    }

    /// The value in a record; `get` returns an object's value for a key.
    pub fn find<V>(&self, record: V, get: impl Fn(&V, &str) -> Option<V>) -> Option<V> {
        self.steps.iter().find_map(|steps| {
            let (first, rest) = steps.split_first()?;
            let found = get(&record, first)?;
            rest.iter().try_fold(found, |value, key| get(&value, key))
        })
    }

    /// Its name, if it can be a top-level key of the record.
    #[must_use]
    pub fn at_top(&self) -> Option<&str> {
        let is_one = |steps: &&Vec<String>| steps.len() == 1;
        let steps = self.steps.iter().find(is_one)?;
        steps.first().map(String::as_str)
    }
}

impl core::str::FromStr for Key {
    type Err = KeyError;

    fn from_str(written: &str) -> Result<Self, KeyError> {
        let error = || KeyError(written.to_owned());
        let steps = match written.strip_prefix('$') {
            Some(rest) => vec![accessor(rest).ok_or_else(error)?],
            None if written.is_empty() => return Err(error()),
            None => dotted(written),
        };
        Ok(Self {
            written: written.to_owned(),
            steps,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// A key that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a key is written `log`, `a.b` or `$a['b']`, not `{}`",
            self.0
        )
    }
}

impl core::error::Error for KeyError {}

/// `a['b']["c"]` after the `$`.
fn accessor(text: &str) -> Option<Vec<String>> {
    let (first, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
    let mut steps = vec![first.to_owned()];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[')?;
        let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let inner = inner.get(1..)?;
        let (step, tail) = inner.split_once(&format!("{quote}]"))?;
        steps.push(step.to_owned());
        rest = tail;
    }
    steps.iter().all(|step| !step.is_empty()).then_some(steps)
}

/// All ways to read a key with dots in it.
fn dotted(text: &str) -> Vec<Vec<String>> {
    let mut ways = vec![vec![text.to_owned()]];
    if text.matches('.').count() > MAX_DOTS {
        return ways;
    }
    for (at, _) in text.match_indices('.') {
        let (Some(first), Some(rest)) = (text.get(..at), text.get(at + 1..)) else {
            continue;
        };
        for mut way in dotted(rest) {
            way.insert(0, first.to_owned());
            ways.push(way);
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn steps(written: &str) -> Vec<String> {
        let key: Key = written.parse().unwrap();
        key.steps().iter().map(|steps| steps.join("|")).collect()
    }

    #[test]
    fn ways_to_read_a_key() {
        assert_eq!(steps("log"), ["log"]);
        assert_eq!(steps("a.b"), ["a.b", "a|b"]);
        assert_eq!(steps("a.b.c"), ["a.b.c", "a|b.c", "a|b|c", "a.b|c"]);
        assert_eq!(steps("$log"), ["log"]);
        assert_eq!(steps(r#"$a['b.c']["d"]"#), ["a|b.c|d"]);
        assert_eq!(steps(&"a.".repeat(100)).len(), 1);
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_sentence() {
        for written in [
            "", "$", "$a[", "$a[b]", "$a['b'", "$a['b']c", "$['b']", "$a['']", "$a[0]",
        ] {
            let sentence = written.parse::<Key>().unwrap_err().to_string();
            assert!(sentence.contains(&format!("not `{written}`")), "{sentence}");
        }
    }
}
