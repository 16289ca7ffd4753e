//! A Fluent Bit that runs until it is stopped, and the events that it prints.

use super::host::Host;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A Fluent Bit with a configuration that prints records as JSON.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    out: PathBuf,
    said: PathBuf,
}

impl Running {
    /// Starts it.
    pub(super) fn start(host: &Host, config: &Path) -> Result<Self, String> {
        let out = config.with_extension("out");
        let said = config.with_extension("said");
        let file = |path: &Path| {
            fs::File::create(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut command = Command::new(&host.bin);
        command.arg("-c").arg(config).stdin(Stdio::null());
        // What the Lua script asks for.
        command
            .env("OOMPARSE_LIB", &host.library)
            .env("OOMPARSE_PODS", host.pods());
        command.stdout(file(&out)?).stderr(file(&said)?);
        let child = command.spawn();
        let child = child.map_err(|error| format!("{}: {error}", host.bin.display()))?;
        Ok(Self { child, out, said })
    }

    /// Waits for the events that are wanted of those that stand in records' `oom`; all of them.
    pub(super) fn events(
        &mut self,
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, String> {
        let records = self.records(|records| is_enough(&events(records.to_vec())))?;
        Ok(events(records))
    }

    /// The same for all records.
    pub(super) fn records(
        &mut self,
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, String> {
        let started = Instant::now();
        loop {
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            let records = records(&fs::read(&self.out).unwrap_or_default());
            if is_enough(&records) {
                return Ok(records);
            }
            if ended.is_some() || started.elapsed() > Duration::from_secs(20) {
                let said = fs::read_to_string(&self.said).unwrap_or_default();
                let (events, records) = (events(records.clone()).len(), records.len());
                return Err(format!(
                    "what is waited for did not come, only {records} records with {events} events; \
                     ended: {ended:?}\n{said}"
                ));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that it ends as a service does.
        let pid = self.child.id().to_string();
        _ = Command::new("kill").arg(pid).status();
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > Duration::from_secs(10) {
                _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The records in lines of JSON; the last line may not be whole yet.
fn records(lines: &[u8]) -> Vec<Value> {
    lines
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(Value::is_object)
        .collect()
}

/// The events in records.
fn events(records: Vec<Value>) -> Vec<Value> {
    records
        .into_iter()
        .filter_map(|mut record| record.as_object_mut()?.remove("oom"))
        .collect()
}

/// The event of a kill.
pub(super) fn of(events: &[Value], pid: u64) -> Option<&Value> {
    let is = |event: &&Value| event.pointer("/victim/pid").and_then(Value::as_u64) == Some(pid);
    events.iter().rev().find(is)
}

/// The pod's uid in an event.
pub(super) fn uid(event: &Value) -> Option<&str> {
    event.pointer("/pod/uid")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_whole_lines() {
        let lines = b"{\"a\":1}\nno JSON\n{\"oom\":{\"victim\":{\"pid\":7},\"pod\":{\"uid\":\"u\"}}}\n{\"oom\":{";
        let events = events(records(lines));
        assert_eq!(events.len(), 1);
        assert_eq!(of(&events, 7).and_then(uid), Some("u"));
        assert_eq!(of(&events, 8), None);
    }
}
