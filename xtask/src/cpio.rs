//! A kernel's initial file system: a `newc` archive in memory.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const DIRECTORY: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
const DEVICE: u32 = 0o020_000;

/// An archive under construction; a directory precedes its contents.
#[derive(Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    names: Vec<String>,
}

impl Archive {
    pub(crate) fn directory(&mut self, path: &Path) {
        let mut above: Vec<&Path> = path.ancestors().collect();
        above.reverse();
        for path in above {
            let name = path.display().to_string();
            let name = name.trim_start_matches('/');
            if !name.is_empty() && !self.names.iter().any(|known| known == name) {
                self.entry(name, DIRECTORY | 0o755, (0, 0), &[]);
                self.names.push(name.to_owned());
            }
        }
    }

    /// Copies one of the machine's files to another path.
    pub(crate) fn copy(&mut self, from: &Path, to: &Path) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", from.display());
        let content = fs::read(from).map_err(failed)?;
        let mode = fs::metadata(from).map_err(failed)?.permissions().mode();
        self.file(to, mode & 0o777, &content);
        Ok(())
    }

    pub(crate) fn file(&mut self, path: &Path, mode: u32, content: &[u8]) {
        if let Some(above) = path.parent() {
            self.directory(above);
        }
        let name = path.display().to_string();
        self.entry(name.trim_start_matches('/'), FILE | mode, (0, 0), content);
    }

    /// A symbolic link.
    pub(crate) fn link(&mut self, path: &Path, to: &Path) {
        if let Some(above) = path.parent() {
            self.directory(above);
        }
        let (name, to) = (path.display().to_string(), to.display().to_string());
        self.entry(
            name.trim_start_matches('/'),
            LINK | 0o777,
            (0, 0),
            to.as_bytes(),
        );
    }

    /// The selected folders, files and links below a folder, under the same names.
    pub(crate) fn tree(
        &mut self,
        root: &Path,
        is_wanted: &dyn Fn(&Path) -> bool,
    ) -> Result<(), String> {
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let failed = |error| format!("{}: {error}", folder.display());
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let from = entry.map_err(failed)?.path();
                let name = from.strip_prefix(root).unwrap_or(&from).to_path_buf();
                if !is_wanted(&name) {
                    continue;
                }
                let failed = |error| format!("{}: {error}", from.display());
                let kind = fs::symlink_metadata(&from).map_err(failed)?.file_type();
                if kind.is_dir() {
                    self.directory(&name);
                    folders.push(from);
                } else if kind.is_symlink() {
                    self.link(&name, &fs::read_link(&from).map_err(failed)?);
                } else if kind.is_file() {
                    self.copy(&from, &name)?;
                }
            }
        }
        Ok(())
    }

    /// `/dev/console`, without which the first process has no output.
    pub(crate) fn console(&mut self) {
        self.directory(Path::new("/dev"));
        self.entry("dev/console", DEVICE | 0o600, (5, 1), &[]);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, device: (u32, u32), content: &[u8]) {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let inode = number.saturating_add(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        let len = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let fields = [
            inode,
            mode,
            0, // owner
            0, // group
            1, // links
            0, // time
            len(content.len()),
            0, // the archive's own device
            0,
            device.0,
            device.1,
            len(name.len().saturating_add(1)),
            0, // no sum
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_stand_first_and_everything_is_aligned() {
        let mut archive = Archive::default();
        archive.file(Path::new("/a/b/c"), 0o755, b"12345");
        archive.file(Path::new("/a/b/d"), 0o644, b"");
        let bytes = archive.finish();
        assert!(bytes.len().is_multiple_of(4));
        let text = String::from_utf8(bytes).unwrap();
        let places: Vec<usize> = ["a\0", "a/b\0", "a/b/c\0", "a/b/d\0", "TRAILER!!!\0"]
            .iter()
            .map(|name| text.find(name).unwrap())
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(text.contains("000081ed"), "a file that may be run");
        assert_eq!(text.matches("a/b\0").count(), 1);
        for (at, _) in text.match_indices("070701") {
            assert!(at.is_multiple_of(4));
        }
    }
}
