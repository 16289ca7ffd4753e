//! systemd journal files, through `journalctl`, which knows all their formats.

use super::{Place, Stop, Walk};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};
use std::process::{Child, Command, Stdio};

/// What to do where it is not available.
const ELSEWHERE: &str = "is a journal, and `journalctl` is not here to read it; where it is: `journalctl --file FILE -o export _TRANSPORT=kernel | oomparse scan`";

impl Walk<'_> {
    /// Reads a journal: only the kernel's entries, unless the programs' are requested too.
    pub(super) fn journal(&mut self, place: Place<'_>, file: &File) -> Result<(), Stop> {
        match Entries::of(file, self.kernel_only) {
            Ok(entries) => self.log(place, entries),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.lost(place, ELSEWHERE),
            Err(error) => self.failed(place, error),
        }
    }
}

/// A path by which another program can open the open file.
#[cfg(unix)]
fn path_of(file: &File) -> io::Result<String> {
    use std::os::fd::AsRawFd as _;
    Ok(format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        file.as_raw_fd()
    ))
}

/// Other systems have no journal either.
#[cfg(not(unix))]
fn path_of(_: &File) -> io::Result<String> {
    Err(io::ErrorKind::NotFound.into())
}

/// The output of `journalctl`.
struct Entries {
    child: Child,
    /// Its error messages.
    complaints: File,
    is_over: bool,
}

impl Entries {
    fn of(file: &File, kernel_only: bool) -> io::Result<Self> {
        let complaints = tempfile::tempfile()?;
        // The open file by its number: a name would be read as a pattern.
        let path = path_of(file)?;
        let mut command = Command::new("journalctl");
        command
            .args(["--quiet", "--no-pager", "--all", "--output=export"])
            .arg(format!("--file={path}"))
            .args(kernel_only.then_some("_TRANSPORT=kernel"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone()?);
        Ok(Self {
            child: command.spawn()?,
            complaints,
            is_over: false,
        })
    }

    /// Its exit.
    fn end(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_over, true) || self.child.wait()?.success() {
            return Ok(());
        }
        self.complaints.rewind()?;
        let mut line = String::new();
        BufReader::new(&self.complaints)
            .take(1 << 10)
            .read_line(&mut line)?;
        let sentence = format!(
            "is a journal that `journalctl` does not read to its end: {}",
            line.trim_end()
        );
        Err(io::Error::new(io::ErrorKind::InvalidData, sentence))
    }
}

impl Read for Entries {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(stdout) = &mut self.child.stdout else {
            return Ok(0);
        };
        let len = stdout.read(buffer)?;
        if len == 0 && !buffer.is_empty() {
            self.end()?;
        }
        Ok(len)
    }
}

impl Drop for Entries {
    /// Nobody reads the rest: it would wait for ever.
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
