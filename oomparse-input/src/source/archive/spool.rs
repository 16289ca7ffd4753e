//! A copy on disk of a stream that needs random access.

use std::env;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Longest file that is copied: a journal file has 128 MiB by default.
const MAX_LEN: u64 = 2 << 30;

/// Copies to a file that is deleted when dropped. It has a name until then, because `journalctl` needs one.
pub(super) fn copy(reader: impl Read) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(directory())?;
    let len = io::copy(&mut reader.take(MAX_LEN + 1), &mut file)?;
    if len > MAX_LEN {
        let sentence = format!(
            "is longer than {} GiB inside another file; unpack it and scan what comes out",
            MAX_LEN >> 30
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, sentence));
    }
    file.rewind()?;
    Ok(file)
}

/// Not /tmp, which is in memory on many machines, unless requested.
fn directory() -> PathBuf {
    let large = Path::new("/var/tmp");
    if env::var_os("TMPDIR").is_none() && large.is_dir() {
        return large.to_owned();
    }
    env::temp_dir()
}
