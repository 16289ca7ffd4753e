//! As much of WASI preview 1 as the module asks for, over real directories.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

const BAD_FD: i32 = 8;
const INVALID: i32 = 28;
const NO_ENTRY: i32 = 44;

/// The directories that the host opened for the module, from 3 on, and the files that the module opened.
#[derive(Debug, Default)]
pub(crate) struct Dirs {
    pub(crate) dirs: Vec<PathBuf>,
    files: BTreeMap<usize, File>,
    opened: usize,
    /// How often a directory was listed from its beginning.
    pub(crate) listings: u32,
    /// What the module wrote to the standard error stream.
    pub(crate) complaints: Vec<u8>,
}

impl Dirs {
    pub(crate) fn new(dirs: Vec<PathBuf>) -> Self {
        Self {
            dirs,
            ..Self::default()
        }
    }

    fn dir(&self, fd: i32) -> Option<&PathBuf> {
        self.dirs.get(usize::try_from(fd).ok()?.checked_sub(3)?)
    }

    pub(crate) fn prestat(&self, memory: &mut [u8], fd: i32, at: i32) -> i32 {
        let Some(dir) = self.dir(fd) else {
            return BAD_FD;
        };
        let length = u32::try_from(dir.as_os_str().len()).expect("a short name");
        put(memory, at, &[&[0; 4], &length.to_le_bytes()[..]].concat());
        0
    }

    pub(crate) fn filestat(&self, memory: &mut [u8], fd: i32, at: i32) -> i32 {
        let Some(Ok(found)) = self.dir(fd).map(std::fs::metadata) else {
            return BAD_FD;
        };
        let modified = found.modified().expect("a time");
        let since = modified
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        let nanos = u64::try_from(since.as_nanos()).expect("before 2554");
        let mut filestat = [0; 64];
        filestat[48..56].copy_from_slice(&nanos.to_le_bytes());
        put(memory, at, &filestat);
        0
    }

    pub(crate) fn list(
        &mut self,
        memory: &mut [u8],
        [fd, buffer, length, used]: [i32; 4],
        cookie: i64,
    ) -> i32 {
        let Some(dir) = self.dir(fd) else {
            return BAD_FD;
        };
        let Ok(entries) = std::fs::read_dir(dir) else {
            return NO_ENTRY;
        };
        let mut names: Vec<_> = entries
            .map(|it| it.expect("an entry").file_name())
            .collect();
        names.sort();
        self.listings += u32::from(cookie == 0);
        let mut out = Vec::new();
        for (number, name) in (0i64..)
            .zip(&names)
            .skip(usize::try_from(cookie).expect("a place"))
        {
            let name = name.as_encoded_bytes();
            out.extend_from_slice(&(number + 1).to_le_bytes());
            out.extend_from_slice(&[0; 8]);
            out.extend_from_slice(&u32::try_from(name.len()).expect("short").to_le_bytes());
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(name);
        }
        // The last entry may be cut, as the buffer ends.
        out.truncate(usize::try_from(length).expect("a length"));
        put(memory, buffer, &out);
        put(
            memory,
            used,
            &u32::try_from(out.len()).expect("short").to_le_bytes(),
        );
        0
    }

    pub(crate) fn open(&mut self, memory: &mut [u8], [dir, path, length, fd]: [i32; 4]) -> i32 {
        let start = usize::try_from(path).expect("an address");
        let end = start + usize::try_from(length).expect("a length");
        let name = String::from_utf8(memory[start..end].to_vec()).expect("a plain name");
        let Some(dir) = self.dir(dir) else {
            return BAD_FD;
        };
        let Ok(file) = File::open(dir.join(name)) else {
            return NO_ENTRY;
        };
        self.opened += 1;
        let number = 100 + self.opened;
        self.files.insert(number, file);
        put(
            memory,
            fd,
            &u32::try_from(number).expect("few").to_le_bytes(),
        );
        0
    }

    pub(crate) fn read(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        vectors: i32,
        count: i32,
        read: i32,
    ) -> i32 {
        let Some(file) = self.files.get_mut(&usize::try_from(fd).expect("a number")) else {
            return BAD_FD;
        };
        if count != 1 {
            return INVALID;
        }
        let [start, length] = vector(memory, vectors);
        // Less than is asked for, as a host may give.
        let most = length.min(1000);
        let Ok(got) = file.read(&mut memory[start..start + most]) else {
            return INVALID;
        };
        put(
            memory,
            read,
            &u32::try_from(got).expect("short").to_le_bytes(),
        );
        0
    }

    pub(crate) fn write(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        vectors: i32,
        count: i32,
        written: i32,
    ) -> i32 {
        if fd != 2 {
            return BAD_FD;
        }
        if count != 1 {
            return INVALID;
        }
        let [start, length] = vector(memory, vectors);
        self.complaints
            .extend_from_slice(&memory[start..start + length]);
        let length = u32::try_from(length).expect("short");
        put(memory, written, &length.to_le_bytes());
        0
    }

    pub(crate) fn close(&mut self, fd: i32) -> i32 {
        match self.files.remove(&usize::try_from(fd).expect("a number")) {
            Some(_) => 0,
            None => BAD_FD,
        }
    }

    /// Files that were opened and not closed.
    pub(crate) fn open_files(&self) -> usize {
        self.files.len()
    }
}

/// The address and the length of a buffer.
fn vector(memory: &[u8], at: i32) -> [usize; 2] {
    [0, 4].map(|field| {
        let at = usize::try_from(at).expect("an address") + field;
        let number = memory[at..].first_chunk().expect("within memory");
        u32::from_le_bytes(*number) as usize
    })
}

fn put(memory: &mut [u8], at: i32, bytes: &[u8]) {
    let start = usize::try_from(at).expect("an address");
    memory[start..start + bytes.len()].copy_from_slice(bytes);
}
