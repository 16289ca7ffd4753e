//! A log's bytes, decompressed if needed, through one reused buffer, without mapping. A file that contains other
//! logs is an [`Archive`].

mod archive;
mod budget;
mod content;
mod unpack;

/// The type and the compression of a file, for callers that read files in another way than [`Source`]: the page,
/// which must be able to stop between any two pieces.
pub mod packed {
    pub use super::budget::{Budget, MAX_LAYERS, MAX_MEMBERS};
    pub use super::content::{Content, ENOUGH, HEAD_LEN, is_binary};
    pub use super::unpack::Packing;
}

pub use archive::{Archive, TakeLogs};
use budget::{Budget, MAX_LAYERS};
use content::{Content, ENOUGH};
use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

/// An open log.
pub struct Source {
    reader: Box<dyn Read>,
    /// The same file, if it has random access.
    file: Option<File>,
    /// Whether the first bytes were checked.
    begun: bool,
    is_packed: Rc<Cell<bool>>,
    /// Bytes read from the file, before decompression.
    taken: Rc<Cell<u64>>,
    /// Output between two reads must be flushed at once: it may take long until more comes.
    pub live: bool,
}

/// The result of a read.
pub enum Got<'b> {
    /// The next bytes; empty at the end.
    Bytes(&'b [u8]),
    /// It is not a log but contains logs: the source is empty now.
    Archive(Box<Archive>),
}

impl Source {
    /// From a stream; `live` if it may take long until more comes.
    pub fn new(reader: impl Read + 'static, live: bool) -> Self {
        let taken = Rc::new(Cell::new(0));
        Self {
            reader: Box::new(Counted {
                reader,
                taken: Rc::clone(&taken),
            }),
            file: None,
            begun: false,
            is_packed: Rc::default(),
            taken,
            live,
        }
    }

    /// From a file.
    ///
    /// The calling thread reads it: copying into a buffer that stays in the processor's cache is faster than
    /// taking over what another thread has read.
    ///
    /// # Errors Any error from the system.
    pub fn of_file(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let same = metadata.is_file().then(|| file.try_clone().ok()).flatten();
        let mut source = Self::new(file, !metadata.is_file());
        source.file = same;
        Ok(source)
    }

    /// How many bytes of the file were read so far; it continues to count.
    pub fn count(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.taken)
    }

    /// Whether the bytes that were read differ from the file's own bytes; known after the first read.
    pub fn is_packed(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.is_packed)
    }

    /// Reads the next bytes.
    ///
    /// # Errors Any error from reading or decompressing, as a message for people, after everything before it was
    /// read.
    pub fn read<'b>(&'b mut self, buffer: &'b mut [u8]) -> io::Result<Got<'b>> {
        if self.begun {
            let len = self.fill(buffer)?;
            return Ok(Got::Bytes(buffer.get(..len).unwrap_or_default()));
        }
        self.begun = true;
        self.begin(buffer)
    }

    /// Checks the first bytes, also of decompressed data, and returns them.
    fn begin<'b>(&mut self, buffer: &'b mut [u8]) -> io::Result<Got<'b>> {
        let mut budget = Budget::new(Rc::clone(&self.taken));
        let mut layers = 0;
        let (len, content) = loop {
            let len = self.fill_enough(buffer)?;
            let first = buffer.get(..len).unwrap_or_default();
            match Content::of(first) {
                Content::Packed(packing) if layers < MAX_LAYERS => {
                    let packed = Cursor::new(first.to_vec()).chain(self.take_reader());
                    self.reader = budget.watch(packing.unpack(packed));
                    self.is_packed.set(true);
                    layers += 1;
                }
                content => break (len, content),
            }
        };
        let first = buffer.get(..len).unwrap_or_default();
        let file = self.file.take().filter(|_| !self.is_packed.get());
        match content {
            Content::Log => Ok(Got::Bytes(first)),
            Content::Unreadable(sentence) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, sentence))
            }
            Content::Packed(_) | Content::Tar | Content::Zip | Content::Journal => {
                self.is_packed.set(true);
                if let Some(file) = &file {
                    budget = budget.of_file(file.metadata()?.len());
                }
                Ok(Got::Archive(Box::new(Archive {
                    content,
                    reader: Box::new(Cursor::new(first.to_vec()).chain(self.take_reader())),
                    file,
                    budget,
                    layers,
                    kernel_only: true,
                })))
            }
        }
    }

    fn take_reader(&mut self) -> Box<dyn Read> {
        std::mem::replace(&mut self.reader, Box::new(io::empty()))
    }

    /// Checked only when it is read: /dev/kmsg does not allow reads of less than a record. A pipe may return
    /// fewer bytes than are needed to recognise the content; for a log, a line is enough.
    fn fill_enough(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut len = self.fill(buffer)?;
        while len > 0 && len < ENOUGH && !buffer.get(..len).unwrap_or_default().contains(&b'\n') {
            match self.fill(buffer.get_mut(len..).unwrap_or_default())? {
                0 => break,
                more => len += more,
            }
        }
        Ok(len)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // /dev/kmsg returns this error when it has overwritten records that were not read yet.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                read => return read,
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

/// An error if it is a compressed file or an archive, because these cannot be read in parts.
pub(crate) fn refuse_packed(file: &mut (impl Read + Seek)) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut first = Vec::new();
    file.by_ref().take(ENOUGH as u64).read_to_end(&mut first)?;
    if matches!(Content::of(&first), Content::Log | Content::Unreadable(_)) {
        return Ok(());
    }
    let sentence = "is packed or an archive, and cannot be read in parts; read it whole";
    Err(io::Error::new(io::ErrorKind::InvalidData, sentence))
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
