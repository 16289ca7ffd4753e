//! What every host of the parser is held to: `corpus/scripts`, record by record.

use crate::Kind;
use crate::host::{Host, Outcome};
use crate::records;
use libtest_mimic::{Failed, Trial};
use oomparse_tests::{events_in, scripts};

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    vec![Trial::test(kind.named("scripts"), move || {
        through(kind, wasm)
    })]
}

fn through(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut tried = 0;
    for script in scripts()? {
        // The module takes no options, and this one reads no names.
        if !script.cgroup_roots.is_empty() || script.pods.is_some() {
            continue;
        }
        let mut engine = kind.start(wasm)?;
        let mut host = Host::new(&mut *engine);
        let function = if script.trusts_any {
            "oomparse_filter_any"
        } else {
            "oomparse_filter"
        };
        let mut given = Vec::new();
        for (at, record) in script.records.iter().enumerate() {
            match host.record(function, &script.stream_of(record), &records::text(record)) {
                Outcome::Same => {}
                Outcome::Other(answer) => {
                    let events = events_in(record, &serde_json::from_str(&answer)?)?;
                    given.extend(events.into_iter().map(|event| (at, event)));
                }
                other => return Err(format!("{}: {other:?} for {record}", script.name).into()),
            }
        }
        script.check(&given, None)?;
        tried += 1;
    }
    if tried <= 30 {
        return Err(format!("{tried} scripts").into());
    }
    Ok(())
}
