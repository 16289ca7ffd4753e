//! A log file that is rotated, truncated, or copied and truncated while it is read.

use super::feed::{Feed, Head, Next, Position, Start};
use super::identity::{head_of, id};
use super::siblings::Siblings;
use memchr::memchr;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest line that is kept: the core's own bound.
const MAX_LINE_LEN: usize = oomparse_core::limits::MAX_LINE_LEN;

const CHUNK: usize = 128 << 10;

/// How many bytes before the read position are remembered, to check that they have not changed.
const MARK_LEN: u64 = 64;

/// How many of a file's first bytes distinguish it from another one with the same name and inode number.
const HEAD_LEN: u64 = 1024;

/// The new file is read once it has content, or after this time: until then the daemon may still write to the old
/// one.
const HANDOVER: Duration = Duration::from_secs(2);

/// The file that is read, and its name when it was opened.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    open: Option<Open>,
    buffer: Vec<u8>,
    /// How much of the buffer was returned.
    used: usize,
    /// The start of the last line.
    line_at: u64,
    /// The rest of a line that is too long is dropped.
    skips_rest: bool,
    /// Since when a new file has the name.
    rotated: Option<Instant>,
    siblings: Siblings,
    /// The name belongs to something that is not a file, and this was reported.
    is_odd: bool,
    /// Places where lines may be missing, to be reported.
    gaps: Vec<String>,
}

#[derive(Debug)]
struct Open {
    file: File,
    id: (u64, u64),
    /// The position of the next read.
    offset: u64,
    /// The last bytes before `offset`.
    mark: Vec<u8>,
    /// The first bytes, as far as they were read.
    head: Option<Head>,
}

impl Open {
    fn at(path: &Path, offset: Option<u64>) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut open = Self {
            id: id(&metadata),
            offset: offset.unwrap_or(metadata.len()).min(metadata.len()),
            file,
            mark: Vec::new(),
            head: None,
        };
        open.remember();
        Ok(open)
    }

    /// Remembers the bytes before the read position.
    fn remember(&mut self) {
        self.mark = self.before().unwrap_or_default();
        let len = self.offset.min(HEAD_LEN);
        if self.head.is_none_or(|head| head.len < len) {
            self.head = head_of(&self.file, len).ok();
        }
    }

    /// The bytes before the read position, as they are now.
    fn before(&self) -> io::Result<Vec<u8>> {
        let len = self.offset.min(MARK_LEN);
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        self.file.read_exact_at(&mut bytes, self.offset - len)?;
        Ok(bytes)
    }

    /// Whether the bytes that were read are gone: the file was truncated, and may have grown again.
    fn is_truncated(&self) -> io::Result<bool> {
        // It shrank in between: the bytes cannot be read.
        let has_head = |head: Head| head_of(&self.file, head.len).is_ok_and(|now| now == head);
        let is_same = || {
            self.before().is_ok_and(|before| before == self.mark) && self.head.is_none_or(has_head)
        };
        Ok(self.file.metadata()?.len() < self.offset || !is_same())
    }
}

impl LogFile {
    /// Opens the file.
    ///
    /// # Errors If it cannot be read.
    pub(crate) fn open(path: &Path, start: &Start) -> io::Result<Self> {
        let mut log = Self {
            path: path.to_owned(),
            open: None,
            buffer: Vec::new(),
            used: 0,
            line_at: 0,
            skips_rest: false,
            rotated: None,
            siblings: Siblings::of(path),
            is_odd: false,
            gaps: Vec::new(),
        };
        let open = match start {
            Start::Now => Open::at(path, None)?,
            Start::At {
                resume: Some(place),
                read: _,
            }
            | Start::At {
                resume: None,
                read: place,
            } => log.resume(place)?,
            Start::Beginning => Open::at(path, Some(0))?,
        };
        log.line_at = open.offset;
        log.open = Some(open);
        Ok(log)
    }

    /// The file of an earlier run, which may have another name by now.
    fn resume(&mut self, place: &Position) -> io::Result<Open> {
        let Position::File {
            device,
            inode,
            offset,
            head,
        } = *place
        else {
            return Open::at(&self.path, Some(0));
        };
        let wanted = (device, inode);
        let current = fs::metadata(&self.path)?;
        // A file with that inode number may be another one.
        let is_it = |path: &Path, found: &Metadata| {
            let has_head = |head: Head| {
                let file = File::open(path);
                file.and_then(|file| head_of(&file, head.len))
                    .is_ok_and(|now| now == head)
            };
            id(found) == wanted && found.len() >= offset && head.is_none_or(has_head)
        };
        if is_it(&self.path, &current) {
            return Open::at(&self.path, Some(offset));
        }
        let parent = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        for entry in fs::read_dir(parent.unwrap_or(Path::new(".")))?.flatten() {
            let found = entry.metadata();
            if found.is_ok_and(|found| is_it(&entry.path(), &found)) {
                return Open::at(&entry.path(), Some(offset));
            }
        }
        self.gaps.push(if id(&current) == wanted {
            "was truncated or written anew since the last run; lines may be missing".to_owned()
        } else {
            "was rotated away since the last run; lines of the old file may be missing".to_owned()
        });
        Open::at(&self.path, Some(0))
    }

    /// Moves the next whole line out of the buffer.
    fn take_line(&mut self, line: &mut Vec<u8>) -> bool {
        let Some(open) = &self.open else { return false };
        loop {
            let rest = self.buffer.get(self.used..).unwrap_or_default();
            let Some(at) = memchr(b'\n', rest) else {
                self.buffer.drain(..self.used);
                self.used = 0;
                if self.buffer.len() > MAX_LINE_LEN {
                    self.buffer.clear();
                    self.skips_rest = true;
                }
                return false;
            };
            self.line_at = open.offset - (self.buffer.len() - self.used) as u64;
            line.clear();
            line.extend_from_slice(rest.get(..at).unwrap_or_default());
            self.used += at + 1;
            if !std::mem::take(&mut self.skips_rest) {
                return true;
            }
        }
    }

    /// Reads more; returns whether there was any.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(open) = &mut self.open else {
            return Ok(false);
        };
        if open.is_truncated()? {
            open.offset = 0;
            open.mark.clear();
            open.head = None;
            self.gaps.push(
                "was truncated or written anew; lines that came since the last look may be missing"
                    .to_owned(),
            );
            // The copy that was made of it must not be read.
            self.siblings.look();
            self.buffer.clear();
            self.used = 0;
            self.skips_rest = false;
        }
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let space = self.buffer.get_mut(held..).unwrap_or_default();
        let read = open.file.read_at(space, open.offset);
        let len = read.as_ref().copied().unwrap_or(0);
        self.buffer.truncate(held + len);
        read?;
        open.offset += len as u64;
        if len > 0 {
            open.remember();
        }
        Ok(len > 0)
    }

    /// The file that has the log's name now. `None` between a rename and the new file, and while the name belongs
    /// to something that cannot be read: that is reported once.
    fn current(&mut self) -> Option<Metadata> {
        let what = match fs::metadata(&self.path) {
            Ok(current) if !current.is_dir() => {
                self.is_odd = false;
                return Some(current);
            }
            Ok(_) => "is a directory now".to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => format!("cannot be read any more ({error})"),
        };
        if !std::mem::replace(&mut self.is_odd, true) {
            self.gaps.push(format!(
                "{what}; it is followed again when it is a file, lines may be missing until then"
            ));
        }
        None
    }

    /// At the end of the file: switches to the file that has its name now, or to one that had it in between.
    fn turn(&mut self) -> io::Result<bool> {
        let Some(current) = self.current() else {
            return Ok(false);
        };
        let Some((ours, head)) = self.open.as_ref().map(|open| (open.id, open.head)) else {
            return Ok(false);
        };
        if ours == id(&current) {
            self.rotated = None;
            return Ok(false);
        }
        let since = *self.rotated.get_or_insert_with(Instant::now);
        if current.len() == 0 && since.elapsed() < HANDOVER {
            return Ok(false);
        }
        // Reads what was written to the old one between the last read and now.
        if self.fill()? {
            return Ok(true);
        }
        self.siblings.know(ours);
        let between = self.siblings.oldest_new([ours, id(&current)], head);
        let is_last = between.is_none();
        let path = between.unwrap_or_else(|| self.path.clone());
        let open = match Open::at(&path, Some(0)) {
            Ok(open) => open,
            // It was rotated at this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) if is_last => return Err(error),
            Err(_) => return Ok(false),
        };
        if is_last {
            self.siblings.look();
        } else {
            self.siblings.know(open.id);
        }
        self.open = Some(open);
        self.buffer.clear();
        self.used = 0;
        self.skips_rest = false;
        self.rotated = None;
        Ok(true)
    }
}

impl Feed for LogFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Next> {
        loop {
            if let Some(gap) = self.gaps.pop() {
                return Ok(Next::Gap(gap));
            }
            if self.take_line(line) {
                return Ok(Next::Line { lost: 0 });
            }
            if !self.fill()? && !self.turn()? {
                return Ok(Next::Empty);
            }
        }
    }

    fn position(&self) -> Option<Position> {
        let open = self.open.as_ref()?;
        Some(Position::File {
            device: open.id.0,
            inode: open.id.1,
            offset: self.line_at,
            head: open.head,
        })
    }

    fn end(&self) -> Option<Position> {
        let open = self.open.as_ref()?;
        let waiting = self.buffer.len() - self.used;
        Some(Position::File {
            device: open.id.0,
            inode: open.id.1,
            offset: open.offset - waiting as u64,
            head: open.head,
        })
    }
}
