//! Packed logs: what a file's first bytes say it is, and its bytes unpacked, layer by layer.

use super::tar::Tar;
use super::whole::{Part, Whole};
use super::zipped::Zip;
use super::{damaged, needs_memory, problem};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use oomparse_input::packed::{
    Budget, Content, HEAD_LEN, MAX_LAYERS, MAX_MEMBERS, Packing, is_binary,
};
use std::io::{self, Read};

/// A zip archive within a packed file is kept in memory: its directory stands at its end.
const MAX_KEPT: u64 = 64 << 20;

/// What one read gave.
pub(super) enum Piece {
    /// So many bytes of a log.
    Bytes(usize),
    /// The next bytes are of another file.
    NextFile,
    End,
}

/// What could not be read of a file: the file's path in the archives, and why.
pub(super) struct Lost {
    pub(super) path: String,
    pub(super) error: io::Error,
}

/// A file's bytes, unpacked; and the files of an archive, one after another.
pub(super) struct Unpacked {
    /// The archives that are open, the outermost first, each with the file's path.
    archives: Vec<Open>,
    layer: Layer,
    pub(super) lost: Vec<Lost>,
    members: u64,
    /// What may still come out of all layers together.
    budget: Budget,
}

struct Open {
    archive: Archive,
    path: String,
    layers: usize,
}

enum Archive {
    Tar(Tar),
    Zip(Zip),
}

/// Where the file stands that is read.
#[derive(Clone)]
struct Place {
    path: String,
    layers: usize,
}

enum Layer {
    /// Not looked at yet; where its bytes can be read at any place, also these.
    New(Box<dyn Read>, Option<Rc<dyn Whole>>, Place),
    Plain(Box<dyn Read>, Place),
    Over,
}

impl Unpacked {
    pub(super) fn new(whole: Rc<dyn Whole>) -> Self {
        let budget = Budget::new(Rc::default()).of_file(whole.len());
        Self::within(whole, budget)
    }

    /// Of which no more than this may come out.
    pub(super) fn within(whole: Rc<dyn Whole>, budget: Budget) -> Self {
        let reader = Box::new(Part::all(Rc::clone(&whole)));
        let place = Place {
            path: String::new(),
            layers: 0,
        };
        Self {
            archives: Vec::new(),
            layer: Layer::New(reader, Some(whole), place),
            lost: Vec::new(),
            members: 0,
            budget,
        }
    }

    /// Reads on. What cannot be read is noted, and the archive's next file follows.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Piece {
        loop {
            match &mut self.layer {
                Layer::New(..) => self.open(),
                Layer::Plain(reader, place) => match full(reader.as_mut(), buffer) {
                    Ok(len) if len > 0 => return Piece::Bytes(len),
                    end => {
                        let place = place.clone();
                        self.layer = Layer::Over;
                        if let Err(error) = end {
                            self.lose(place, error);
                        }
                        return Piece::NextFile;
                    }
                },
                Layer::Over => {
                    if !self.next_member() {
                        return Piece::End;
                    }
                }
            }
        }
    }

    /// Notes what could not be read. Of a bomb nothing more is read, and the words of the unpackers that it broke off
    /// are not told.
    fn lose(&mut self, place: Place, error: io::Error) {
        let path = place.path;
        let is_bomb = self.budget.is_spent();
        if is_bomb {
            self.archives.clear();
        }
        let error = if is_bomb { problem("bomb") } else { error };
        self.lost.push(Lost { path, error });
    }

    /// The next file of the innermost archive; whether there is anything to read.
    fn next_member(&mut self) -> bool {
        let Some(open) = self.archives.last_mut() else {
            return false;
        };
        let below = |name: &[u8]| Place {
            path: joined(&open.path, name),
            layers: open.layers,
        };
        let member = match &mut open.archive {
            Archive::Tar(tar) => tar
                .next_file()
                .map(|next| next.map(|(name, reader)| (below(&name), Ok(reader)))),
            Archive::Zip(zip) => zip
                .next_file()
                .map(|next| next.map(|member| (below(&member.name), member.reader))),
        };
        self.members = self.members.saturating_add(1);
        let path = open.path.clone();
        match member {
            Ok(Some(_)) if self.members > MAX_MEMBERS => {
                self.archives.clear();
                self.lose(Place { path, layers: 0 }, problem("too_many"));
            }
            Ok(Some((place, Ok(reader)))) => {
                let reader = self.budget.watch(reader);
                self.layer = Layer::New(reader, None, place);
            }
            Ok(Some((place, Err(error)))) => self.lose(place, error),
            Ok(None) => drop(self.archives.pop()),
            Err(error) => {
                self.archives.pop();
                self.lose(Place { path, layers: 0 }, error);
            }
        }
        true
    }

    /// Takes the next layer off, if there is one.
    fn open(&mut self) {
        let Layer::New(reader, whole, place) = core::mem::replace(&mut self.layer, Layer::Over)
        else {
            return;
        };
        match opened(reader, whole, &place, &self.budget) {
            Ok(Opened::Layer(layer)) => self.layer = layer,
            Ok(Opened::Archive(archive)) => self.archives.push(Open {
                archive,
                path: place.path,
                layers: place.layers.saturating_add(1),
            }),
            Ok(Opened::NoLog) => {}
            Err(error) => self.lose(place, error),
        }
    }
}

enum Opened {
    Layer(Layer),
    Archive(Archive),
    /// A program, a picture: no text.
    NoLog,
}

/// What a file is, and how it goes on.
fn opened(
    mut reader: Box<dyn Read>,
    whole: Option<Rc<dyn Whole>>,
    place: &Place,
    budget: &Budget,
) -> io::Result<Opened> {
    let mut head = alloc::vec![0; HEAD_LEN];
    let len = full(reader.as_mut(), &mut head)?;
    head.truncate(len);
    let content = Content::of(&head);
    let is_member = whole.is_none();
    if content != Content::Log && place.layers >= MAX_LAYERS {
        return Err(problem("too_deep"));
    }
    let is_noise = content == Content::Log && is_member && is_binary(&head);
    let word = refusal(content, &head);
    let whole_again: Box<dyn Read> = Box::new(io::Cursor::new(head).chain(reader));
    let deeper = Place {
        layers: place.layers.saturating_add(1),
        ..place.clone()
    };
    match content {
        _ if is_noise => Ok(Opened::NoLog),
        Content::Log => Ok(Opened::Layer(Layer::Plain(whole_again, place.clone()))),
        Content::Packed(packing) => {
            let reader = budget.watch(said(packing.unpack(whole_again), packing));
            Ok(Opened::Layer(Layer::New(reader, None, deeper)))
        }
        Content::Tar => Ok(Opened::Archive(Archive::Tar(Tar::new(whole_again)))),
        Content::Zip => {
            let whole = whole.map_or_else(|| kept(whole_again), Ok)?;
            Ok(Opened::Archive(Archive::Zip(Zip::new(whole))))
        }
        Content::Journal | Content::Unreadable(_) => Err(problem(word)),
    }
}

/// The word for what no log can be found in as it is.
fn refusal(content: Content, head: &[u8]) -> &'static str {
    match (content, head) {
        (Content::Journal, _) => "journal",
        (_, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => "utf16",
        _ => "lz4_legacy",
    }
}

/// A zip archive of a stream, in memory.
fn kept(reader: Box<dyn Read>) -> io::Result<Rc<dyn Whole>> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_KEPT.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_KEPT {
        return Err(problem("zip_within"));
    }
    Ok(Rc::new(bytes))
}

/// `logs.tar: kern.log`
fn joined(path: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    match path {
        "" => name.into_owned(),
        path => alloc::format!("{path}: {name}"),
    }
}

/// Fills the buffer as far as there are bytes.
fn full(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0usize;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(more) => len = len.saturating_add(more),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What stands before the damage is read first; the next call meets it again.
            Err(_) if len > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// Says in a word what an unpacker says in its own.
struct Said {
    reader: Box<dyn Read>,
    packing: Packing,
    failed: Option<io::ErrorKind>,
}

fn said(reader: Box<dyn Read>, packing: Packing) -> Box<dyn Read> {
    Box::new(Said {
        reader,
        packing,
        failed: None,
    })
}

impl Said {
    fn error(&self, kind: io::ErrorKind) -> io::Error {
        match kind {
            io::ErrorKind::OutOfMemory => needs_memory(self.packing.name()),
            _ => damaged(self.packing.name()),
        }
    }
}

impl Read for Said {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(kind) = self.failed {
            return Err(self.error(kind));
        }
        self.reader.read(buffer).map_err(|error| {
            self.failed = Some(error.kind());
            self.error(error.kind())
        })
    }
}
