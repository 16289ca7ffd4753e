//! Where log bytes come from: files, the files of a directory, and standard input.

pub(crate) use oomparse_input::{Got, Source, TakeLogs};

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// How much is read at a time. Larger gains nothing; smaller costs system calls.
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

/// The inputs with each directory replaced by the files in it, by name. One that cannot be listed
/// stays, and is complained about when it is opened. One without files is no log without kills: that is said.
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

/// The regular files of a directory, also behind links, but not those of directories in it.
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
    /// The name to complain about.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Stdin => Cow::Borrowed("standard input"),
            Self::File(path) => path.to_string_lossy(),
        }
    }

    /// The path under which the log can be read a second time.
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
                // The lock's own buffer is passed by: our reads are larger than it.
                Ok(Source::new(stdin, true))
            }
            Self::File(path) => Source::of_file(File::open(path)?),
        }
    }
}
