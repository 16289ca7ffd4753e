//! The interface of the package in `js/`: bytes in, JSON text out.
//!
//! JavaScript checks the arguments, where an error can name the wrong one; nothing here fails. Events are
//! returned as the core's own JSON: the engine's `JSON.parse` turns them into objects faster than separate calls
//! could, with the same keys and values as everywhere else.
#![allow(
    unsafe_code,
    unreachable_pub,
    reason = "the functions that wasm-bindgen's macro writes are called from outside"
)]

use alloc::string::String;
use alloc::vec::Vec;
use oomparse_core::{
    Accept, CgroupDriver, Daemon, OomEvent, Options, Parser, QosClass, Runtime, WallTime, enrich,
    parse_cgroup_path,
};
use oomparse_pods::{PodFormat, PodTable};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::wasm_bindgen;

/// About how much text [`Reader::take`] returns at a time: some members of one group kill repeat a megabyte of
/// figures each, and JavaScript has its own copy of everything it gets.
const BATCH_LEN: usize = 256 << 10;

/// A log being read.
#[wasm_bindgen]
pub struct Reader {
    options: Options,
    parser: Parser,
    table: PodTable,
    /// The caller knows the time zone of times that show none.
    has_zone: bool,
    /// The event whose time waits for [`Reader::answer`].
    asking: Option<OomEvent>,
}

#[wasm_bindgen]
impl Reader {
    /// A reader that has read nothing yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        tasks: bool,
        proven_only: bool,
        year: Option<u16>,
        utc_offset_minutes: Option<i16>,
        host: Option<Vec<u8>>,
        boot_id: Option<Vec<u8>>,
        has_zone: bool,
    ) -> Self {
        let mut options = Options::default();
        options.tasks = tasks;
        if proven_only {
            options.accept = Accept::KERNEL;
        }
        options.year = year;
        options.utc_offset_minutes = utc_offset_minutes;
        options.host = host;
        options.boot_id = boot_id;
        Self {
            parser: Parser::with_options(options.clone()),
            options,
            table: PodTable::new(),
            has_zone,
            asking: None,
        }
    }

    /// Adds a cgroup below which a cluster runs; to be called before anything is read. Returns false if it is not
    /// a path.
    pub fn cgroup_root(&mut self, root: &[u8]) -> bool {
        let is_path = self.options.cgroup_roots.add(root);
        self.parser = Parser::with_options(self.options.clone());
        is_path
    }

    /// Also reads a daemon's lines, or with `all` those of all daemons; to be called before anything is read.
    /// Returns false if no daemon has this name.
    pub fn source(&mut self, name: &str) -> bool {
        let accept = &mut self.options.accept;
        let known = match name {
            "all" => Some(accept.and_all_daemons()),
            name => Daemon::from_name(name).map(|daemon| accept.and(daemon)),
        };
        *accept = known.unwrap_or(*accept);
        self.parser = Parser::with_options(self.options.clone());
        known.is_some()
    }

    /// Sets the author of lines that show none; to be called before anything is read. Returns false if no daemon
    /// has this name.
    pub fn origin(&mut self, name: &str) -> bool {
        self.options.origin = Daemon::from_name(name);
        self.parser = Parser::with_options(self.options.clone());
        self.options.origin.is_some()
    }

    /// Sets which labels pods that are loaded later keep, one per line; `*` keeps all.
    pub fn keep_labels(&mut self, keys: &str) {
        let keys: Vec<&str> = keys.lines().collect();
        self.table.keep_labels(&keys);
    }

    /// Takes over a listing of pods; what came of it as JSON.
    pub fn pods(&mut self, listing: &[u8]) -> String {
        let loaded = self.table.load(listing);
        let mut told = Map::new();
        if let Some(format) = loaded.format {
            told.insert("format".into(), format_word(format).into());
        }
        told.insert("records".into(), loaded.records.into());
        told.insert("skipped".into(), loaded.skipped.into());
        if let Some(error) = loaded.error {
            told.insert("problem".into(), alloc::format!("{error}").into());
        }
        Value::Object(told).to_string()
    }

    /// Takes the next bytes of the log, cut anywhere.
    pub fn push(&mut self, chunk: &[u8]) {
        self.parser.push_chunk(chunk);
    }

    /// Completes kills that wait for one further line, without it.
    pub fn flush(&mut self) {
        self.parser.give_waiting();
    }

    /// Completes all that is open.
    pub fn finish(&mut self) {
        self.parser.finish();
    }

    /// The next events that are complete, one JSON object a line; `None` when there are no more, or the
    /// next one [`asks`](Self::asks) for an offset.
    pub fn take(&mut self) -> Option<String> {
        let mut batch = String::new();
        while batch.len() < BATCH_LEN
            && self.asking.is_none()
            && let Some(event) = self.parser.next_event()
        {
            let shows_no_zone =
                |time: WallTime| time.year.is_some() && time.offset_minutes.is_none();
            if self.has_zone && event.time.is_some_and(shows_no_zone) {
                self.asking = Some(event);
            } else {
                self.write(event, &mut batch);
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Year, month, day, hour, minute and second whose offset from UTC is wanted.
    #[must_use]
    pub fn asks(&self) -> Option<Vec<u16>> {
        let time = self.asking.as_ref()?.time?;
        let [month, day, hour, minute, second] =
            [time.month, time.day, time.hour, time.minute, time.second].map(u16::from);
        Some([time.year?, month, day, hour, minute, second].to_vec())
    }

    /// The event that asked, with its offset in minutes east of UTC if it has one.
    pub fn answer(&mut self, utc_offset_minutes: Option<i16>) -> String {
        let mut line = String::new();
        if let Some(mut event) = self.asking.take() {
            let sound = utc_offset_minutes.filter(|minutes| (-1439..=1439).contains(minutes));
            event.time = event.time.map(|time| time.or(None, sound));
            self.write(event, &mut line);
        }
        line
    }

    fn write(&mut self, mut event: OomEvent, lines: &mut String) {
        enrich(&mut event, &mut self.table);
        lines.push_str(&event.to_json());
        lines.push('\n');
    }
}

/// What a cgroup path shows, as JSON.
#[wasm_bindgen]
#[must_use]
pub fn cgroup(path: &[u8]) -> String {
    let path = parse_cgroup_path(path);
    let mut told = Map::new();
    for (key, value) in [
        (
            "driver",
            path.driver.map(|word| CgroupDriver::as_str(word).into()),
        ),
        (
            "qos_class",
            path.qos_class.map(|word| QosClass::as_str(word).into()),
        ),
        ("pod_uid", path.pod_uid_text()),
        ("container_id", path.container_id_text()),
        (
            "runtime",
            path.runtime.map(|word| Runtime::as_str(word).into()),
        ),
        ("level", Some(path.level.as_str().into())),
    ] {
        if let Some(value) = value {
            told.insert(key.into(), Value::String(value));
        }
    }
    if path.nested {
        told.insert("nested".into(), true.into());
    }
    Value::Object(told).to_string()
}

fn format_word(format: PodFormat) -> &'static str {
    match format {
        PodFormat::Json => "json",
        PodFormat::Ndjson => "ndjson",
        PodFormat::Csv => "csv",
        PodFormat::Columns => "columns",
        PodFormat::Names => "names",
        _ => "other",
    }
}
