//! Listings of pods in files and on standard input.
//!
//! A text that is not a listing may be a node's log: then the daemons' lines in it provide the names.

use super::lock::lock;
use oomparse_pods::{Learner, Loaded, PodRecord, PodTable, read_pods};
use rustix::fs::FileType;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::Mutex;

/// Longest listing that is read: `kubectl get pods -A -o json` takes about 6 KiB per pod, so this is enough for
/// 150,000.
const MAX_LISTING_LEN: u64 = 1 << 30;

/// How many records are added to the table before others may look something up.
const BATCH: usize = 256;

const CHUNK: usize = 256 << 10;

/// The error in a listing, if it has one; the rest of it was added.
pub(crate) type Broken = Option<String>;

/// How much of a device is read: it may never end, and contains no log.
const MAX_DEVICE_LEN: u64 = 16 << 20;

/// How much of a source is checked to see whether it is text.
const HEAD_LEN: u64 = 64 << 10;

/// Reads the file into the table.
pub(crate) fn read_file(path: &Path, table: &Mutex<PodTable>) -> io::Result<Broken> {
    let file = File::open(path)?;
    // A device may never end.
    let is_device = file.metadata()?.file_type().is_char_device();
    read_source(file, is_device, table)
}

/// Reads standard input into the table.
pub(crate) fn read_stdin(table: &Mutex<PodTable>) -> io::Result<Broken> {
    let is_device = rustix::fs::fstat(rustix::stdio::stdin())
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice);
    read_source(io::stdin().lock(), is_device, table)
}

fn read_source(
    mut source: impl Read,
    is_device: bool,
    table: &Mutex<PodTable>,
) -> io::Result<Broken> {
    let most = if is_device { MAX_DEVICE_LEN } else { u64::MAX };
    let mut text = Vec::new();
    (&mut source).take(HEAD_LEN).read_to_end(&mut text)?;
    let is_text = !text.contains(&0);
    if is_text {
        let room = MAX_LISTING_LEN - text.len() as u64 + 1;
        (&mut source).take(room).read_to_end(&mut text)?;
        if text.len() as u64 <= MAX_LISTING_LEN {
            return Ok(read(&text, table));
        }
    }
    // No listing is this long, or contains a NUL; a log may.
    let learned = learn(text.as_slice().chain(source.take(most)), table)?;
    if learned > 0 {
        return Ok(None);
    }
    Ok(match load(&text, table).error {
        Some(error) if !is_text => Some(error.to_string()),
        _ => Some("is longer than 1 GiB and no node's log".to_owned()),
    })
}

fn read(text: &[u8], table: &Mutex<PodTable>) -> Broken {
    let loaded = load(text, table);
    // A journal as JSON looks like a listing without pods. Reading from memory cannot fail.
    if loaded.records == 0 && learn(text, table).is_ok_and(|lines| lines > 0) {
        return None;
    }
    let mut trouble = loaded.error?.to_string();
    if loaded.records > 0 {
        trouble.push_str(&format!("; taken over: {}", rows(loaded.records)));
    }
    if loaded.skipped > 0 {
        trouble.push_str(&format!("; left out: {}", rows(loaded.skipped)));
    }
    Some(trouble)
}

fn rows(count: usize) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

/// Adds a listing's records to the table a few at a time, so that lookups need not wait for all of them.
fn load(text: &[u8], table: &Mutex<PodTable>) -> Loaded {
    let mut batch = Vec::with_capacity(BATCH);
    let mut refused = 0usize;
    let mut loaded = read_pods(text, &mut |record| {
        batch.push(record);
        if batch.len() == BATCH {
            refused += insert_all(&mut batch, table);
        }
        true
    });
    refused += insert_all(&mut batch, table);
    loaded.records = loaded.records.saturating_sub(refused);
    loaded.skipped += refused;
    loaded
}

/// Returns how many records contained nothing valid.
fn insert_all(batch: &mut Vec<PodRecord>, table: &Mutex<PodTable>) -> usize {
    let mut table = lock(table);
    batch
        .drain(..)
        .map(|record| usize::from(!table.insert(record)))
        .sum()
}

/// Learns names from the daemons' lines of a log that was named as a source; returns how many lines taught a
/// name.
fn learn(log: impl Read, table: &Mutex<PodTable>) -> io::Result<usize> {
    learn_with(Learner::of_a_named_log(), log, table)
}

/// The same with a learner.
pub(crate) fn learn_with(
    mut learner: Learner,
    mut log: impl Read,
    table: &Mutex<PodTable>,
) -> io::Result<usize> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let len = match log.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..len).unwrap_or_default();
        learner.push_chunk(chunk, &mut lock(table));
    }
    learner.finish(&mut lock(table));
    Ok(learner.learned())
}
