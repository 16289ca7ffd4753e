//! The sources of log bytes: files, the files of a directory, and standard input.

pub(crate) use oomparse_input::{Got, Source, TakeLogs};

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// How much is read at a time. More is not faster; less costs system calls.
pub(crate) const BUFFER_LEN: usize = 128 << 10;

/// One log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdin
        } else {
            Self::File(path)
        }
    }
}

/// The inputs, with each directory replaced by its files, sorted by name. A directory that cannot be listed
/// stays, and its error is reported when it is opened. One without files is not a log without kills: this is
/// reported.
pub(crate) fn files_of(inputs: Vec<Input>) -> Vec<Input> {
    let mut files = Vec::with_capacity(inputs.len());
    for input in inputs {
        match &input {
            Input::File(path) if path.is_dir() => match list(path) {
                Ok(paths) if paths.is_empty() => crate::warn(
                    &input.name(),
                    "holds no files; directories in it are not read",
                ),
                Ok(paths) => files.extend(paths.into_iter().map(Input::File)),
                Err(_) => files.push(input),
            },
            _ => files.push(input),
        }
    }
    files
}

/// The regular files of a directory, also through links, but not those of its subdirectories.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

impl Input {
    /// The name for error messages.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Stdin => Cow::Borrowed("standard input"),
            Self::File(path) => path.to_string_lossy(),
        }
    }

    /// The path from which the log can be read a second time.
    pub(crate) fn path_to_read_again(&self) -> Option<PathBuf> {
        let path = match self {
            Self::Stdin => PathBuf::from("/proc/self/fd/0"),
            Self::File(path) => path.clone(),
        };
        path.metadata()
            .is_ok_and(|found| found.is_file())
            .then_some(path)
    }

    pub(crate) fn open(&self) -> io::Result<Source> {
        match self {
            Self::Stdin => {
                let stdin = io::stdin().lock();
                if stdin.is_terminal() {
                    let _ = crate::write_line(
                        io::stderr(),
                        "oomparse: reading standard input; end it with Ctrl-D",
                    );
                }
                // The lock's own buffer is bypassed: our reads are larger.
                Ok(Source::new(stdin, true))
            }
            Self::File(path) => Source::of_file(File::open(path)?),
        }
    }
}
