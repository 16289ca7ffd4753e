//! Archives whose bytes do not depend on who made them or when.

use super::{archive_name, copy_as, output, packages, stage_dir, write};
use crate::reproducible::tar;
use crate::static_program::{self as program, Machine};
use crate::{root, target_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of an archive: its path, and its path in the archive's folder.
pub(super) type Entry = (PathBuf, String);

/// The static program with all files that are installed with it.
pub(super) fn program(machine: Machine) -> Result<(), String> {
    let stage = stage_dir();
    let mut entries = vec![(program::path(machine), "bin/oomparse".to_owned())];
    for (from, to) in [
        ("man", "share/man/man1"),
        ("completions/bash", "share/bash-completion/completions"),
        ("completions/zsh", "share/zsh/site-functions"),
        ("completions/fish", "share/fish/vendor_completions.d"),
    ] {
        entries.extend(folder(&stage.join(from), to)?);
    }
    for name in ["oomparse-watch.service", "oomparse-watch.default"] {
        entries.push((stage.join(name), format!("share/oomparse/{name}")));
    }
    entries.extend(documents());
    make(&archive_name(machine), &entries)
}

/// The files that every archive contains.
pub(super) fn documents() -> Vec<Entry> {
    let stage = stage_dir();
    let named = |dir: &Path, name: &str| (dir.join(name), name.to_owned());
    vec![
        named(&root(), "CHANGELOG.md"),
        named(&stage, "LICENSE-APACHE"),
        named(&stage, "LICENSE-MIT"),
        named(&stage, crate::licences::FILE),
    ]
}

/// The files of a folder.
pub(super) fn folder(dir: &Path, to: &str) -> Result<Vec<Entry>, String> {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let files = super::files(dir)?.into_iter().filter(|path| path.is_file());
    Ok(files
        .map(|path| (path.clone(), format!("{to}/{}", name(&path))))
        .collect())
}

/// `dist/packages/NAME.tar.gz` with these files in a folder `NAME`.
pub(super) fn make(name: &str, entries: &[Entry]) -> Result<(), String> {
    let work = target_dir().join("dist");
    let dir = work.join(name);
    _ = fs::remove_dir_all(&dir);
    for (from, to) in entries {
        copy_as(from, &dir.join(to))?;
    }
    pack(name)
}

/// `dist/packages/NAME.tar.gz` of the folder `NAME` below `target/dist`.
pub(super) fn pack(name: &str) -> Result<(), String> {
    let work = target_dir().join("dist");
    let plain = work.join(format!("{name}.tar"));
    tar(&work, &[name.as_ref()], &plain)?;
    super::stage::gzip(&plain, &packages().join(format!("{name}.tar.gz")))?;
    fs::remove_file(&plain).map_err(|e| format!("{}: {e}", plain.display()))
}

/// Writes `SHA256SUMS` beside the files.
pub(super) fn sums(dir: &Path) -> Result<(), String> {
    let mut sums = Command::new("sha256sum");
    sums.arg("--").current_dir(dir);
    sums.args(
        super::files(dir)?
            .iter()
            .filter_map(|path| path.file_name()),
    );
    write(&dir.join("SHA256SUMS"), output(&mut sums)?)
}
