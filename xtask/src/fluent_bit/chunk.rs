//! The output of a Fluent Bit in its internal format: records in msgpack.

use super::host::{Filter, Host};
use super::input::Input;
use rmpv::Value;
use std::fs;

/// Keys and values of a record.
pub(super) type Pairs = [(Value, Value)];

/// The output after a filter.
pub(super) fn output(host: &Host, input: &Input, filter: &Filter) -> Result<Vec<u8>, String> {
    let out = host.dir.join("out.msgpack");
    _ = fs::remove_file(&out);
    let section = format!(
        "[OUTPUT]\n    Name file\n    Match *\n    Path {}\n    File out.msgpack\n    \
         Format msgpack\n    Workers 1\n",
        host.dir.display()
    );
    let (_, said) = host.run(input, filter, &section)?;
    fs::read(&out).map_err(|error| format!("{}: {error}\n{said}", out.display()))
}

/// The records' bodies; time and metadata differ from run to run.
pub(super) fn bodies(chunk: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut bodies = Vec::new();
    let mut rest = chunk;
    while let Some((&first, mut at)) = rest.split_first() {
        if first != 0x92 {
            return Err(format!("record {} is not an array of two", bodies.len()));
        }
        let trouble = |error| format!("record {}: {error}", bodies.len());
        rmpv::decode::read_value_ref(&mut at).map_err(trouble)?;
        let body = at;
        rmpv::decode::read_value_ref(&mut at).map_err(trouble)?;
        bodies.push(body.get(..body.len() - at.len()).unwrap_or_default());
        rest = at;
    }
    Ok(bodies)
}

/// A record's keys and values.
pub(super) fn pairs(mut body: &[u8]) -> Result<Vec<(Value, Value)>, String> {
    match rmpv::decode::read_value(&mut body) {
        Ok(Value::Map(pairs)) => Ok(pairs),
        other => Err(format!("no map: {other:?}")),
    }
}

/// The value of a key, of a key within that, and so on.
pub(super) fn get<'v>(pairs: &'v Pairs, path: &[&str]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let (_, value) = pairs.iter().find(|(key, _)| key.as_str() == Some(*first))?;
    match rest {
        [] => Some(value),
        _ => get(value.as_map()?, rest),
    }
}

/// The start of a record, for display.
pub(super) fn start(body: &Pairs) -> String {
    format!("{body:?}").chars().take(1000).collect()
}
