//! Puts events into records, and records into a new chunk.

use crate::msgpack::{write_map, write_text};
use crate::record::Record;
use oomparse_core::OomEvent;
use oomparse_host::{self as host, free_key};

/// The record with the event under a key of its own, and the pod's names where the record has none.
pub(crate) fn enriched(
    record: &Record<'_>,
    event: &OomEvent,
    key: &str,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (pairs, body) = record.body_pairs()?;
    // The user's keys stay: of the two the first that is free, as the program's `filter` does it.
    let key = free_key(key, |key| record.has_key(key))?;
    let names = (!record.has_key("kubernetes"))
        .then(|| kubernetes(event))
        .flatten();
    let event = rmp_serde::to_vec(event).ok()?;
    out.extend_from_slice(record.head);
    write_map(out, pairs + 1 + usize::from(names.is_some()));
    out.extend_from_slice(body);
    write_text(out, &key);
    out.extend_from_slice(&event);
    if let Some(names) = names {
        write_text(out, "kubernetes");
        out.extend_from_slice(&names);
    }
    Some(())
}

/// A record of the event alone, with the time and the metadata of another.
pub(crate) fn alone(
    like: &Record<'_>,
    event: &OomEvent,
    key: &str,
    out: &mut Vec<u8>,
) -> Option<()> {
    let names = kubernetes(event);
    let event = rmp_serde::to_vec(event).ok()?;
    out.extend_from_slice(like.head);
    write_map(out, 1 + usize::from(names.is_some()));
    write_text(out, key);
    out.extend_from_slice(&event);
    if let Some(names) = names {
        write_text(out, "kubernetes");
        out.extend_from_slice(&names);
    }
    Some(())
}

/// The names as Fluent Bit's own `kubernetes` filter writes them; `None` if the pod has no name.
fn kubernetes(event: &OomEvent) -> Option<Vec<u8>> {
    let pod = event.pod.as_ref().filter(|pod| pod.name.is_some())?;
    let pairs: Vec<(&str, &str)> = host::kubernetes(event).collect();
    let mut out = Vec::new();
    write_map(&mut out, pairs.len() + usize::from(!pod.labels.is_empty()));
    for (key, value) in pairs {
        write_text(&mut out, key);
        write_text(&mut out, value);
    }
    if !pod.labels.is_empty() {
        write_text(&mut out, "labels");
        write_map(&mut out, pod.labels.len());
        for (key, value) in &pod.labels {
            write_text(&mut out, key);
            write_text(&mut out, value);
        }
    }
    Some(out)
}
