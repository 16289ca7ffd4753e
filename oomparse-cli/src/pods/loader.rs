//! All sources of one run: reads what is new in them, and warns once about each that is broken.

use super::lock::lock;
use super::{NODE_DIRECTORIES, about, listing};
use oomparse_host::directory::{self, roots};
use oomparse_pods::PodTable;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Which sources are to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All that can be read twice.
    All,
    /// Those that look changed since the last read.
    Changed,
    /// The same, and every directory, because a name was missing.
    Missed,
}

/// The sources.
#[derive(Debug)]
pub(crate) struct Loader {
    sources: Vec<Source>,
    is_silent: bool,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// Chosen by the program: it may not exist.
    is_default: bool,
    /// How its files or directories looked when they were last read.
    seen: Vec<Option<Look>>,
    /// The text of the last warning.
    warned: Option<String>,
    /// Standard input and pipes: they can be read only once.
    once: bool,
}

/// The properties that change when a file or a directory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    inode: (u64, u64),
    len: u64,
    modified: (i64, i64),
}

impl Look {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Loader {
    /// These sources.
    pub(crate) fn new(paths: &[PathBuf]) -> Self {
        Self {
            sources: paths.iter().map(|path| Source::new(path, false)).collect(),
            is_silent: false,
        }
    }

    /// The directories that every node has.
    pub(crate) fn of_the_node() -> Self {
        Self {
            sources: NODE_DIRECTORIES
                .iter()
                .map(|path| Source::new(Path::new(path), true))
                .collect(),
            is_silent: false,
        }
    }

    /// Does not report errors.
    pub(crate) fn silent(self) -> Self {
        Self {
            is_silent: true,
            ..self
        }
    }

    /// Reads the sources; returns whether one of them failed.
    pub(crate) fn load(&mut self, which: Which, table: &Mutex<PodTable>) -> bool {
        let mut trouble = false;
        for source in &mut self.sources {
            let outcome = source.load(which, table);
            source.note(outcome, self.is_silent);
            trouble |= source.warned.is_some();
        }
        trouble
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Whether the program chose the sources, not the user.
    pub(crate) fn is_default(&self) -> bool {
        self.sources.iter().all(|source| source.is_default)
    }

    /// The directories in which a new entry is a new name.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        self.sources
            .iter()
            .filter(|source| source.path.is_dir())
            .flat_map(|source| roots(&source.path))
            .collect()
    }
}

/// Nothing new, success, or an error.
enum Outcome {
    Unchanged,
    Sound,
    Broken(String),
}

impl Source {
    fn new(path: &Path, is_default: bool) -> Self {
        Self {
            path: path.to_owned(),
            is_default,
            seen: Vec::new(),
            warned: None,
            once: false,
        }
    }

    fn load(&mut self, which: Which, table: &Mutex<PodTable>) -> io::Result<Outcome> {
        if self.once {
            return Ok(Outcome::Unchanged);
        }
        if self.path.as_os_str() == "-" {
            self.once = true;
            return listing::read_stdin(table).map(Outcome::of);
        }
        let metadata = match fs::metadata(&self.path) {
            Err(error) if self.is_default && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Outcome::Unchanged);
            }
            metadata => metadata?,
        };
        if metadata.is_dir() {
            return self.load_directory(which, table);
        }
        self.once = !metadata.is_file();
        let looks = vec![Some(Look::of(&metadata))];
        if which != Which::All && looks == self.seen {
            return Ok(Outcome::Unchanged);
        }
        self.seen = looks;
        listing::read_file(&self.path, table).map(Outcome::of)
    }

    fn load_directory(&mut self, which: Which, table: &Mutex<PodTable>) -> io::Result<Outcome> {
        let roots = roots(&self.path);
        let looks: Vec<Option<Look>> = roots
            .iter()
            .map(|root| fs::metadata(root).ok().map(|found| Look::of(&found)))
            .collect();
        if which == Which::Changed && looks == self.seen {
            return Ok(Outcome::Unchanged);
        }
        self.seen = looks;
        let (mut records, mut others) = (0, 0);
        for root in roots {
            let listed = directory::read(&root)?;
            others += listed.others;
            let mut table = lock(table);
            for mut record in listed.records {
                record.is_default = self.is_default;
                records += usize::from(table.insert(record));
            }
        }
        if records == 0 && others > 0 {
            return Ok(Outcome::Broken(
                "holds no pod's logs; name a directory as /var/log/pods".to_owned(),
            ));
        }
        Ok(Outcome::Sound)
    }

    /// Prints one line for each new error, and none if it repeats.
    fn note(&mut self, outcome: io::Result<Outcome>, is_silent: bool) {
        let trouble = match outcome {
            Ok(Outcome::Unchanged) => return,
            Ok(Outcome::Sound) => None,
            Ok(Outcome::Broken(trouble)) => Some(trouble),
            Err(error) => Some(crate::sentence(&error)),
        };
        if !is_silent
            && trouble != self.warned
            && let Some(trouble) = &trouble
        {
            crate::warn(&about(&self.path), trouble);
        }
        self.warned = trouble;
    }
}

impl Outcome {
    fn of(trouble: listing::Broken) -> Self {
        match trouble {
            Some(trouble) => Self::Broken(trouble),
            None => Self::Sound,
        }
    }
}
