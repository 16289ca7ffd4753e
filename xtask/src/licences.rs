//! The licences of what is linked: which crates of others, and the texts that must go with them.

use crate::root;
use crate::steps::{self, cargo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file with the licences, in every package.
pub(crate) const FILE: &str = "THIRD-PARTY";

/// The manifest of the workspace.
pub(crate) const WORKSPACE: &str = "Cargo.toml";

/// A package of ours with its features, for a target.
pub(crate) type Built<'a> = (&'a str, &'a str, &'a str);

/// A third-party package.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    dir: PathBuf,
}

/// Writes the licences of what these packages of a workspace link.
pub(crate) fn write(manifest: &str, built: &[Built], to: &Path) -> Result<(), String> {
    let text = texts(&linked(manifest, built)?)?;
    std::fs::write(to, text).map_err(|e| format!("{}: {e}", to.display()))
}

/// All crates that these packages of a workspace link, except our own.
pub(crate) fn linked(manifest: &str, built: &[Built]) -> Result<Vec<Crate>, String> {
    let of = |command: &str| {
        let mut of = cargo(&[command, "--locked", "--manifest-path"]);
        of.arg(root().join(manifest));
        of
    };
    let mut names = BTreeSet::new();
    for (package, features, target) in built {
        let mut tree = of("tree");
        tree.args(["--edges=normal,no-proc-macro", "--prefix=none"]);
        tree.args(["--format={p}", "--package", package]);
        tree.args(["--features", features, "--target", target]);
        let lines = output(&mut tree)?;
        let lines = String::from_utf8_lossy(&lines).into_owned();
        names.extend(lines.lines().filter_map(name_and_version));
    }
    let metadata = output(of("metadata").arg("--format-version=1"))?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|e| e.to_string())?;
    let mut crates: Vec<Crate> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        // Our own have no source.
        .filter(|package| !package["source"].is_null())
        .map(of_metadata)
        .filter(|one| names.contains(&(one.name.clone(), one.version.clone())))
        .collect();
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    // All of them link it.
    if !crates.iter().any(|one| one.name == "memchr") {
        return Err(format!("{manifest}: memchr is not linked, which cannot be"));
    }
    Ok(crates)
}

fn of_metadata(package: &Value) -> Crate {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text("manifest_path"));
    Crate {
        licence: text("license").replace('/', " OR "),
        dir: manifest.parent().unwrap_or(&manifest).to_path_buf(),
        name: text("name"),
        version: text("version"),
    }
}

/// The output of a command.
fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let typed = steps::typed(command);
    let output = command.output().map_err(|e| format!("`{typed}`: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{typed}`: {}\n{said}", output.status))
}

/// From a line of `cargo tree`: `memchr v2.7.4`, or `memchr v2.7.4 (*)` if it was listed before.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some((name.to_owned(), version.to_owned()))
}

/// Each licence text once, with the crates that use it.
pub(crate) fn texts(crates: &[Crate]) -> Result<String, String> {
    let mut out = format!(
        "What is linked into the programs and libraries of oomparse {}, and its licences.\n\n",
        crate::VERSION
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in crates {
        out.push_str(&format!("{} {}: {}\n", one.name, one.version, one.licence));
        for file in licence_files(&one.dir)? {
            let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let text = String::from_utf8_lossy(&bytes)
                .replace('\r', "")
                .trim()
                .to_owned();
            texts
                .entry(text)
                .or_default()
                .push(format!("{} {}", one.name, one.version));
        }
    }
    for (text, mut names) in texts {
        names.dedup();
        let line = "-".repeat(72);
        out.push_str(&format!(
            "\n{line}\n{}\n{line}\n\n{text}\n",
            names.join(", ")
        ));
    }
    Ok(out)
}

/// The files of a crate's folder that look like a licence, and that of zstd's C library below.
fn licence_files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found.push(dir.join("zstd/LICENSE"));
    found.retain(|path| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_uppercase();
        path.is_file()
            && ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"]
                .iter()
                .any(|start| name.starts_with(start))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_tree() {
        let pair = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(
            name_and_version("memchr v2.7.4 (*)"),
            pair("memchr", "2.7.4")
        );
        assert_eq!(name_and_version("a v0.1.0 (/b/c)"), pair("a", "0.1.0"));
        assert_eq!(name_and_version(""), None);
    }
}
