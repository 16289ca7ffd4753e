//! The content of an `oomparse_event`.

use oomparse_core::{OomEvent, PodLookup, WallTime, enrich};
use std::sync::{Arc, OnceLock};

/// The event, and what is written of it only once.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) event: OomEvent,
    key: Option<Arc<[u8]>>,
    /// The line that was pushed last before it was emitted reports it.
    is_of_last_line: bool,
    time: Option<String>,
    /// When the container's first process ended.
    init_time: Option<String>,
    json: OnceLock<String>,
    /// The members for its record, if it was returned for a record.
    members: Option<String>,
}

impl Content {
    pub(crate) fn new(event: OomEvent, key: Option<Arc<[u8]>>, is_of_last_line: bool) -> Self {
        let text = |time: Option<WallTime>| {
            let whole = time.filter(WallTime::is_complete);
            whole.map(|time| time.to_string())
        };
        let init = event.testimony.as_deref().and_then(|it| it.init);
        Self {
            time: text(event.time),
            init_time: text(init.and_then(|init| init.time)),
            event,
            key,
            is_of_last_line,
            json: OnceLock::new(),
            members: None,
        }
    }

    /// The event that a record reports, and the members for the record.
    pub(crate) fn of_record(event: OomEvent, key: &[u8], members: Option<String>) -> Self {
        Self {
            members,
            ..Self::new(event, Some(Arc::from(key)), true)
        }
    }

    /// Adds names from a table; returns whether it has any.
    pub(crate) fn enrich(&mut self, table: &mut impl PodLookup) -> bool {
        let has_names = enrich(&mut self.event, table);
        if has_names {
            self.json = OnceLock::new();
        }
        has_names
    }

    pub(crate) fn members(&self) -> Option<&str> {
        self.members.as_deref()
    }

    pub(crate) fn is_of_last_line(&self) -> bool {
        self.is_of_last_line
    }

    pub(crate) fn time(&self) -> Option<&str> {
        self.time.as_deref()
    }

    pub(crate) fn init_time(&self) -> Option<&str> {
        self.init_time.as_deref()
    }

    /// The key of the log it came from.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    pub(crate) fn json(&self) -> &str {
        self.json.get_or_init(|| self.event.to_json())
    }
}
