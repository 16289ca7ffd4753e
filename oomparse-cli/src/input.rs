//! Where log bytes come from: files, the files of a directory, and standard input; one reused buffer,
//! no mapping. What is packed is unpacked on the way.

mod ahead;
mod unpack;

use ahead::Ahead;
use std::borrow::Cow;
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Cursor, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use unpack::Packing;

/// How much is read at a time. Larger gains nothing; smaller costs system calls.
pub(crate) const BUFFER_LEN: usize = 128 << 10;

/// So many bytes tell how a file is packed.
const ENOUGH: usize = 16;

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

/// A log that is open.
pub(crate) struct Source {
    reader: Box<dyn Read>,
    /// A large file: the same that the reader reads, to be read ahead once it is known not to be packed.
    large: Option<File>,
    ahead: Option<Ahead>,
    /// Whether the first bytes were looked at.
    begun: bool,
    /// Bytes taken from the file, before they are unpacked.
    taken: Rc<Cell<u64>>,
    /// What is written between two reads must go out at once: more may be long in coming.
    pub(crate) live: bool,
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

    /// An error if it is a packed file, for what is packed cannot be read in parts.
    pub(crate) fn refuse_packed(&self) -> io::Result<()> {
        let Self::File(path) = self else {
            return Ok(());
        };
        let mut first = Vec::new();
        File::open(path)?
            .take(ENOUGH as u64)
            .read_to_end(&mut first)?;
        if Packing::of(&first).is_none() {
            return Ok(());
        }
        let sentence = "is packed, and cannot be read in parts; read it whole";
        Err(io::Error::new(io::ErrorKind::InvalidData, sentence))
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
            Self::File(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                let is_large = metadata.is_file() && metadata.len() >= ahead::WORTHWHILE_LEN;
                let large = is_large.then(|| file.try_clone().ok()).flatten();
                let mut source = Source::new(file, !metadata.is_file());
                source.large = large;
                Ok(source)
            }
        }
    }
}

impl Source {
    fn new(reader: impl Read + 'static, live: bool) -> Self {
        let taken = Rc::new(Cell::new(0));
        Self {
            reader: Box::new(Counted {
                reader,
                taken: Rc::clone(&taken),
            }),
            large: None,
            ahead: None,
            begun: false,
            taken,
            live,
        }
    }

    /// How many bytes of the file were taken so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// From here on the file is read by whoever asks: other files are read beside it.
    pub(crate) fn read_only_when_asked(&mut self) {
        self.large = None;
    }

    /// Reads the next bytes; none at the end.
    pub(crate) fn read<'b>(&'b mut self, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
        if self.ahead.is_some() {
            return self.read_ahead();
        }
        let mut len = self.fill(buffer)?;
        if !self.begun {
            self.begun = true;
            // Looked at only now: /dev/kmsg lets no one read less than a whole record. A pipe may give less than
            // what tells how a file is packed.
            while len > 0 && len < ENOUGH && !buffer.get(..len).unwrap_or_default().contains(&b'\n')
            {
                match self.fill(buffer.get_mut(len..).unwrap_or_default())? {
                    0 => break,
                    more => len += more,
                }
            }
            let first = buffer.get(..len).unwrap_or_default();
            if let Some(sentence) = unreadable(first) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, sentence));
            }
            if let Some(packing) = Packing::of(first) {
                let first = Cursor::new(first.to_vec());
                let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
                self.reader = packing.unpack(first.chain(rest));
                len = self.fill(buffer)?;
            } else if let Some(file) = self.large.take() {
                // Both have one position in the file, so that the reader can go on where this fails.
                self.ahead = Ahead::start(file);
            }
        }
        Ok(buffer.get(..len).unwrap_or_default())
    }

    fn read_ahead(&mut self) -> io::Result<&[u8]> {
        let Some(ahead) = &mut self.ahead else {
            return Ok(&[]);
        };
        let bytes = ahead.read()?;
        let taken = self.taken.get().saturating_add(bytes.len() as u64);
        self.taken.set(taken);
        Ok(bytes)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // /dev/kmsg says so when it has overwritten records that were not yet read.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                read => return read,
            }
        }
    }
}

/// Counts what goes through.
struct Counted<R> {
    reader: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(buffer)?;
        self.taken.set(self.taken.get().saturating_add(len as u64));
        Ok(len)
    }
}

/// What to do with a file in which no log can be found as it is; its first bytes tell. Without this it
/// would be a log in which nobody was killed.
fn unreadable(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x02, 0x21, 0x4c, 0x18, ..] => {
            Some("is packed with lz4's legacy format; unpack it: `lz4 -dc FILE | oomparse scan`")
        }
        [b'P', b'K', 3, 4, ..] => {
            Some("is a zip archive; unpack it: `unzip -p FILE | oomparse scan`")
        }
        [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => Some(
            "is a journal; read it with `journalctl --file FILE -o json _TRANSPORT=kernel | oomparse scan`",
        ),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Some("is UTF-16; convert it: `iconv -f UTF-16 -t UTF-8 FILE | oomparse scan`")
        }
        _ => None,
    }
}
