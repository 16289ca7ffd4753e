//! `--state FILE`: how far this program got, so that a restart loses no kill.
//!
//! The file is written after the events are written. A restart reads the last report again from its first line,
//! because a later victim may need the lines above, and leaves out the events whose ids are in the file. If the
//! program is killed between output and file, an event comes twice with the same id.

use super::feed::{Position, Start};
use crate::replace::{Lasting, replace};
use crate::warn;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Ids kept per report: more than the victims of one report.
const MAX_IDS: usize = 4096;

/// The format of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot_id: Option<String>,
    read: Position,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<Position>,
    ids: Vec<String>,
}

/// A position at which reading must start again; newer ones have higher numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) number: u64,
    pub(crate) position: Position,
}

/// The events that were emitted, and the read position.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    boot_id: Option<String>,
    /// Ids with the number of the anchor that they follow.
    given: VecDeque<(u64, String)>,
    written: Vec<u8>,
}

impl State {
    /// Reads the file; returns where to start. Without a file: now. A file that is empty or damaged is renamed,
    /// and everything that is still there is read again.
    ///
    /// # Errors If the file exists and cannot be read, or is not a state file.
    pub(crate) fn open(path: &Path, boot_id: Option<&str>) -> io::Result<(Self, Option<Start>)> {
        let mut state = Self {
            path: path.to_owned(),
            boot_id: boot_id.map(str::to_owned),
            given: VecDeque::new(),
            written: Vec::new(),
        };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((state, None)),
            Err(error) => return Err(error),
        };
        let stored: Stored = match serde_json::from_slice(&text) {
            Ok(stored) => stored,
            Err(error) if is_anothers(&text) => {
                return Err(io::Error::other(format!(
                    "is not a state file of oomparse ({error}); remove it or name another"
                )));
            }
            Err(_) => {
                set_aside(path)?;
                return Ok((state, Some(Start::Beginning)));
            }
        };
        if stored.boot_id.is_some() && stored.boot_id.as_deref() != boot_id {
            // Another boot: everything in the ring buffer is new.
            return Ok((state, Some(Start::Beginning)));
        }
        state.given = stored.ids.into_iter().map(|id| (0, id)).collect();
        let start = Start::At {
            resume: stored.resume,
            read: stored.read,
        };
        Ok((state, Some(start)))
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an event was emitted, as far as is remembered.
    pub(crate) fn has_given(&self, id: &str) -> bool {
        self.given.iter().any(|(_, given)| given == id)
    }

    /// Notes that an event was emitted.
    pub(crate) fn give(&mut self, anchor: u64, id: String) {
        if self.given.len() >= MAX_IDS {
            self.given.pop_front();
        }
        self.given.push_back((anchor, id));
    }

    /// Writes the file, if it has changed.
    pub(crate) fn save(&mut self, read: Position, resume: Option<&Anchor>) -> io::Result<()> {
        if let Some(resume) = resume {
            // Earlier records are not read again.
            self.given.retain(|(number, _)| *number >= resume.number);
        } else {
            self.given.clear();
        }
        let stored = Stored {
            boot_id: self.boot_id.clone(),
            resume: resume.map(|anchor| anchor.position.clone()),
            read,
            ids: self.given.iter().map(|(_, id)| id.clone()).collect(),
        };
        let mut text = serde_json::to_vec(&stored)?;
        text.push(b'\n');
        if text != self.written {
            replace(&self.path, &text, Lasting::Crash)?;
            self.written = text;
        }
        Ok(())
    }
}

/// Whether the text is somebody else's: a state file has one line, even if it is damaged.
fn is_anothers(text: &[u8]) -> bool {
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    line.contains(&b'\n')
}

/// Renames a damaged file, so that a person can look at it.
fn set_aside(path: &Path) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    fs::rename(path, &aside)?;
    let sentence = format!(
        "is empty or damaged and was set aside as {}; what the log still holds is read again, so that events \
         may come a second time with the same id",
        Path::new(&aside).display()
    );
    warn(&path.display().to_string(), &sentence);
    Ok(())
}
