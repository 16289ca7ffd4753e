//! Archives whose bytes do not depend on who made them or when.

use super::{Machine, archive_name, copy_as, epoch, output, packages, program, stage_dir, write};
use crate::{root, steps, target_dir};
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
        named(&stage, super::licences::FILE),
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

/// A tar of these files of a folder, which depends only on their bytes and the last commit's time.
pub(crate) fn tar(dir: &Path, names: &[&Path], to: &Path) -> Result<(), String> {
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--format=gnu",
    ])
    // Independent of the umask.
    .arg("--mode=u=rwX,go=rX")
    .arg(format!("--mtime=@{}", epoch()))
    .arg("--directory")
    .arg(dir)
    .arg("--create")
    .arg("--file")
    .arg(to)
    .args(names)
    .env("LC_ALL", "C");
    steps::run(&mut tar)
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
