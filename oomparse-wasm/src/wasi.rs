//! Listings of pods from the directories that the host opened for the module (`accessible_paths`).
//!
//! Of `/var/log/pods` and `/var/log/containers` only the names in them are of use. A listing that somebody
//! wrote (`kubectl get pods -A -o json`, CSV, …) is read where its name begins with `pods.`. The module that reads
//! daemons' lines takes its options from a file of the name [`SETTINGS`] there.
//!
//! WASI preview 1: `fd_prestat_get`, `fd_filestat_get`, `fd_readdir`, `path_open`, `fd_read`, `fd_close`. What a function refuses is
//! passed over; the event then has no names. For complaints about options, `fd_write`.
#![expect(unsafe_code, reason = "the host's functions take raw pointers")]

use crate::memory::has_room;
use crate::pods::Sources;
#[cfg(feature = "sources")]
use crate::settings::Settings;
use alloc::vec::Vec;
use oomparse_pods::add_log_name;

/// Files and directories, as WASI numbers them; the first three are the standard streams.
type Fd = u32;

const FIRST_DIR: Fd = 3;

/// Directories that are asked for.
const MAX_DIRS: Fd = 16;

/// Bytes of names that are read of one directory: some thousand pods.
const MAX_NAMES: usize = 1 << 20;

/// Largest file that is read. The interpreter takes about half a second for it.
const MAX_FILE: usize = 4 << 20;

/// Memory that must be there before anything is read: the largest file, as much again for what it grew from,
/// a pod as parsed, and the table twice.
const ROOM: usize = 32 << 20;

/// What files with a listing are called.
const FILES: &[u8] = b"pods.";

/// The file with the options.
#[cfg(feature = "sources")]
const SETTINGS: &[u8] = b"oomparse.conf";

/// In front of each name that `fd_readdir` gives.
const ENTRY_HEAD: usize = 24;

/// A buffer for `fd_readdir`; a name is 255 bytes at most.
const ENTRIES: usize = 8192;

/// A buffer for `fd_read`.
const BLOCK: usize = 64 << 10;

const RIGHT_FD_READ: u64 = 1 << 1;

/// A pipe of that name must not make the host wait.
const FLAG_NONBLOCK: u32 = 1 << 2;

#[repr(C)]
struct Iovec {
    buffer: *mut u8,
    length: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_prestat_get(fd: Fd, prestat: *mut [u32; 2]) -> u32;
    fn fd_filestat_get(fd: Fd, filestat: *mut [u64; 8]) -> u32;
    fn fd_readdir(fd: Fd, buffer: *mut u8, length: usize, cookie: u64, used: *mut usize) -> u32;
    fn path_open(
        dir: Fd,
        lookup: u32,
        path: *const u8,
        path_length: usize,
        how: u32,
        rights: u64,
        inherited: u64,
        flags: u32,
        fd: *mut Fd,
    ) -> u32;
    fn fd_read(fd: Fd, vectors: *const Iovec, count: usize, read: *mut usize) -> u32;
    fn fd_close(fd: Fd) -> u32;
    #[cfg(feature = "sources")]
    fn fd_write(fd: Fd, vectors: *const Iovec, count: usize, written: *mut usize) -> u32;
}

/// Called once at the start; its name says that the module is a library, and there is nothing to do.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {}

/// The directories that the host opened.
pub(crate) const SOURCES: Sources = Sources { look, read };

/// The times at which names came or went in them, as one number.
fn look() -> u64 {
    let mut all = 0u64;
    for dir in FIRST_DIR..FIRST_DIR.saturating_add(MAX_DIRS) {
        let mut filestat = [0; 8];
        // SAFETY: 64 bytes, aligned to eight, as the host writes.
        if unsafe { fd_filestat_get(dir, &raw mut filestat) } != 0 {
            break;
        }
        // Device, inode, kind, links, size, and the times of access, of modification and of change.
        let [.., modified, _] = filestat;
        all = all.rotate_left(7).wrapping_add(modified);
    }
    all
}

/// Hands out what there is.
fn read(give: &mut dyn FnMut(&[u8])) {
    if !has_room(ROOM) {
        return;
    }
    for dir in FIRST_DIR..FIRST_DIR.saturating_add(MAX_DIRS) {
        let mut prestat = [0; 2];
        // SAFETY: eight bytes, aligned to four, as the host writes.
        if unsafe { fd_prestat_get(dir, &raw mut prestat) } != 0 {
            return;
        }
        let mut listing = Vec::new();
        for_each_name(dir, &mut |name| {
            // A pod may be called `pods.x`; what its container logs is not a listing, whatever its id looks like.
            if !add_log_name(&mut listing, name)
                && name.starts_with(FILES)
                && !name.ends_with(b".log")
                && let Some(file) = file(dir, name)
            {
                give(&file);
            }
        });
        if !listing.is_empty() {
            give(&listing);
        }
    }
}

/// The options of the first file that has some. With one that makes no sense only the kernel's lines are read, as
/// the complaint says: the module cannot stop its host.
#[cfg(feature = "sources")]
pub(crate) fn settings() -> Settings {
    for dir in FIRST_DIR..FIRST_DIR.saturating_add(MAX_DIRS) {
        let mut prestat = [0; 2];
        // SAFETY: eight bytes, aligned to four, as the host writes.
        if unsafe { fd_prestat_get(dir, &raw mut prestat) } != 0 {
            break;
        }
        let Some(text) = file(dir, SETTINGS) else {
            continue;
        };
        let text = core::str::from_utf8(&text).unwrap_or("this is not UTF-8");
        return Settings::read(text).unwrap_or_else(|complaint| {
            let parts = [
                "oomparse.conf: ",
                &complaint,
                "; only the kernel's lines are read\n",
            ];
            parts.into_iter().for_each(complain);
            Settings::none()
        });
    }
    Settings::all()
}

/// Writes to the standard error stream.
#[cfg(feature = "sources")]
fn complain(text: &str) {
    const STDERR: Fd = 2;
    let vector = Iovec {
        buffer: text.as_ptr().cast_mut(),
        length: text.len(),
    };
    let mut written = 0;
    // SAFETY: one vector, whose text is that long and is only read; the host writes to `written`.
    unsafe { fd_write(STDERR, &raw const vector, 1, &raw mut written) };
}

fn for_each_name(dir: Fd, each: &mut dyn FnMut(&[u8])) {
    let mut buffer = alloc::vec![0u8; ENTRIES];
    let mut cookie = 0u64;
    let mut seen = 0usize;
    while seen < MAX_NAMES {
        let mut used = 0;
        // SAFETY: the buffer is that long; the host writes to it and to `used` alone.
        let error = unsafe { fd_readdir(dir, buffer.as_mut_ptr(), ENTRIES, cookie, &raw mut used) };
        if error != 0 {
            return;
        }
        let mut rest = buffer.get(..used).unwrap_or_default();
        let mut entries = 0usize;
        while let Some((head, after)) = rest.split_first_chunk::<ENTRY_HEAD>() {
            // The next entry's number, the inode, the name's length, the kind.
            let (next, head) = head.split_first_chunk().unwrap_or((&[0; 8], &[]));
            let length = head.get(8..).and_then(|tail| tail.first_chunk());
            let length = length.map_or(usize::MAX, |it| u32::from_le_bytes(*it) as usize);
            let Some((name, tail)) = after.split_at_checked(length) else {
                break;
            };
            each(name);
            cookie = u64::from_le_bytes(*next);
            entries = entries.saturating_add(1);
            seen = seen.saturating_add(ENTRY_HEAD).saturating_add(length);
            rest = tail;
        }
        // A buffer that is not full ends the directory.
        if used < ENTRIES || entries == 0 {
            return;
        }
    }
}

/// A file's content, if it is not too long.
fn file(dir: Fd, name: &[u8]) -> Option<Vec<u8>> {
    let mut fd = 0;
    let (path, length) = (name.as_ptr(), name.len());
    // SAFETY: the name is as long as said; the host writes the number to `fd`.
    let error = unsafe {
        path_open(
            dir,
            1,
            path,
            length,
            0,
            RIGHT_FD_READ,
            0,
            FLAG_NONBLOCK,
            &raw mut fd,
        )
    };
    if error != 0 {
        return None;
    }
    let content = content(fd);
    // SAFETY: the number is an open file's, and is not used any more.
    unsafe { fd_close(fd) };
    content
}

fn content(fd: Fd) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut buffer = alloc::vec![0u8; BLOCK];
    let vector = Iovec {
        buffer: buffer.as_mut_ptr(),
        length: BLOCK,
    };
    while content.len() <= MAX_FILE {
        let mut count = 0;
        // SAFETY: one vector, whose buffer is that long; the host writes to it and to `count` alone.
        let error = unsafe { fd_read(fd, &raw const vector, 1, &raw mut count) };
        if error != 0 {
            return None;
        }
        if count == 0 {
            return Some(content);
        }
        content.extend_from_slice(buffer.get(..count)?);
    }
    None
}
