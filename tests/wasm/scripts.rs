//! What every host of the parser is held to: `corpus/scripts`, record by record.

use crate::Kind;
use crate::engine::Engine;
use crate::host::{Host, Outcome};
use crate::records;
use crate::wasi::Dirs;
use libtest_mimic::{Failed, Trial};
use oomparse_tests::{events_in, scripts};
use std::path::PathBuf;

pub(crate) fn trials(kind: Kind, plain: &'static [u8], named: &'static [u8]) -> Vec<Trial> {
    vec![Trial::test(kind.named("scripts"), move || {
        through(kind, plain, named)
    })]
}

/// The module that reads names, with a script's listing in the directory that it may read.
fn start_named(
    kind: Kind,
    wasm: &[u8],
    script: &str,
    listing: &str,
) -> Result<Box<dyn Engine>, Failed> {
    let dir = kind.named(script).replace("::", "-");
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(dir);
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join("pods.csv"), listing)?;
    Ok(kind.start_with(wasm, Dirs::new(vec![dir]))?)
}

fn through(kind: Kind, plain: &[u8], named: &[u8]) -> Result<(), Failed> {
    let mut tried = 0;
    for script in scripts()? {
        // The modules take no options.
        if !script.cgroup_roots.is_empty() {
            continue;
        }
        let mut engine = match &script.pods {
            Some(listing) => start_named(kind, named, &script.name, listing)?,
            None => kind.start(plain)?,
        };
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
    if tried <= 34 {
        return Err(format!("{tried} scripts").into());
    }
    Ok(())
}
