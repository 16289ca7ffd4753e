//! What every host of the parser is held to: `corpus/scripts`, record by record.

use crate::Kind;
use crate::engine::Engine;
use crate::host::{Host, Outcome};
use crate::records;
use crate::wasi::Dirs;
use libtest_mimic::{Failed, Trial};
use oomparse_tests::{Script, events_in, scripts};
use std::path::PathBuf;

pub(crate) fn trials(
    kind: Kind,
    plain: &'static [u8],
    named: &'static [u8],
    sources: &'static [u8],
) -> Vec<Trial> {
    vec![
        Trial::test(kind.named("scripts"), move || through(kind, plain, named)),
        Trial::test(kind.named("scripts_with_sources"), move || {
            through(kind, sources, sources)
        }),
    ]
}

/// The module with what a script needs in the directory that it may read: its listing, its options.
fn start_with_files(kind: Kind, wasm: &[u8], script: &Script) -> Result<Box<dyn Engine>, Failed> {
    let dir = format!("{}-{}", wasm.len(), kind.named(&script.name)).replace("::", "-");
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(dir);
    std::fs::create_dir_all(&dir)?;
    if let Some(listing) = &script.pods {
        std::fs::write(dir.join("pods.csv"), listing)?;
    }
    let sources = script.sources.join(",");
    let origin = script.origin.as_ref();
    let origin = origin.map(|name| format!("Origin {name}\n"));
    let options = format!(
        "Sources {sources}\n{}Cgroup_Roots {}\n",
        origin.unwrap_or_default(),
        script.cgroup_roots.join(",")
    );
    std::fs::write(dir.join("oomparse.conf"), options)?;
    Ok(kind.start_with(wasm, Dirs::new(vec![dir]))?)
}

/// With the same module for both the one that reads daemons' lines too, which passes all scripts.
fn through(kind: Kind, plain: &[u8], named: &[u8]) -> Result<(), Failed> {
    let has_sources = plain.as_ptr() == named.as_ptr();
    let mut tried = 0;
    for script in scripts()? {
        // Only one module has options.
        let needs_options = script.needs_daemons() || !script.cgroup_roots.is_empty();
        if needs_options && !has_sources {
            continue;
        }
        let mut engine = if has_sources || script.pods.is_some() {
            start_with_files(kind, named, &script)?
        } else {
            kind.start(plain)?
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
    let all = scripts()?.len();
    if tried <= 34 || has_sources && tried != all {
        return Err(format!("{tried} scripts of {all}").into());
    }
    Ok(())
}
