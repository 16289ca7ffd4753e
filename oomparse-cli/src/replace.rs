//! Replaces files atomically: a reader sees the old text or the new one.

use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Replaces the content of the file.
///
/// An error does not contain the name of the temporary file, which differs each time: so the same error has the
/// same text, and is reported once.
pub(crate) fn replace(path: &Path, text: &[u8], last: Lasting) -> io::Result<()> {
    let parent = path.parent().filter(|path| !path.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        // node_exporter reads files that end in .prom, so this one must not.
        .prefix(".oomparse-")
        .suffix(".tmp")
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile_in(parent)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.as_file_mut().write_all(text)?;
    if last == Lasting::Crash {
        // Otherwise the name may reach the disk before the text, and a crash leaves an empty file.
        file.as_file().sync_all()?;
    }
    file.persist(path).map_err(|error| error.error)?;
    if last == Lasting::Crash {
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

/// What the text must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// The end of the program.
    Run,
    /// Also a crash of the machine.
    Crash,
}

/// The error for a file that cannot be replaced, and what to do.
pub(crate) fn cannot_write(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "cannot be written: its directory is not there".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "cannot be written: writing in its directory is not permitted".to_owned()
        }
        _ => format!("cannot be written: {error}"),
    }
}
