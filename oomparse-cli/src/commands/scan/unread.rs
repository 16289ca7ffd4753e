//! Lines that look like an OOM report but could not be read: reported at the end, so that users can send them in.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

/// How many such lines there were, and where they are written.
pub(super) struct Unread {
    count: u64,
    file: Option<(PathBuf, BufWriter<File>)>,
}

impl Unread {
    /// Opens the file for them, if requested.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, (PathBuf, io::Error)> {
        let file = match path {
            None => None,
            Some(path) => match File::create(&path) {
                Ok(file) => Some((path, BufWriter::new(file))),
                Err(error) => return Err((path, error)),
            },
        };
        Ok(Self { count: 0, file })
    }

    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), (PathBuf, io::Error)> {
        self.count += 1;
        self.write(|file| {
            file.write_all(line)?;
            file.write_all(b"\n")
        })
    }

    /// Writes what is held, and returns a message with their number, if there were any.
    pub(super) fn finish(mut self) -> Result<Option<String>, (PathBuf, io::Error)> {
        self.write(BufWriter::flush)?;
        let (lines, them) = match self.count {
            0 => return Ok(None),
            1 => (
                "1 line looks like an OOM report in a form that is not read".to_owned(),
                "it",
            ),
            count => (
                format!("{count} lines look like OOM reports in a form that is not read"),
                "them",
            ),
        };
        Ok(Some(match &self.file {
            Some((path, _)) => format!("{lines}; {} has {them}", path.display()),
            None => format!("{lines}; --unread FILE writes {them}"),
        }))
    }

    /// After one failed write there is no further attempt.
    fn write(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), (PathBuf, io::Error)> {
        let Some((_, file)) = &mut self.file else {
            return Ok(());
        };
        match (write(file), self.file.take()) {
            (Err(error), Some((path, _))) => Err((path, error)),
            (_, file) => {
                self.file = file;
                Ok(())
            }
        }
    }
}
