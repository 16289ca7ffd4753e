//! The licences of all linked code in one file, and a bill of materials (CycloneDX).

use super::{GLIBC, MACHINES, VERSION, output, read, write};
use crate::static_program::FEATURES;
use crate::steps::cargo;
use crate::{root, wasm};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The file with the licences.
pub(super) const FILE: &str = "THIRD-PARTY";

/// What the modules link is the same for every WebAssembly.
const WASM: &str = "wasm32-unknown-unknown";

/// The name of the bill.
pub(super) fn bill_name() -> String {
    format!("oomparse-{VERSION}.cdx.json")
}

/// The packages that are shipped: with which features, for which target.
fn shipped() -> Vec<(&'static str, &'static str, &'static str)> {
    let programs = MACHINES.map(|machine| ("oomparse-cli", FEATURES, machine.target));
    let libraries =
        ["oomparse-ffi", "oomparse-lua", "oomparse-fluent-bit"].map(|name| (name, "", GLIBC));
    let modules = wasm::features().map(|features| ("oomparse-wasm", features, WASM));
    programs
        .into_iter()
        .chain(libraries)
        .chain(modules)
        .collect()
}

/// A third-party package.
#[derive(Debug)]
struct Crate {
    name: String,
    version: String,
    licence: String,
    dir: PathBuf,
}

/// Writes both files.
pub(super) fn write_all(stage: &Path) -> Result<(), String> {
    let crates = linked()?;
    write(&stage.join(FILE), licences(&crates)?)?;
    let bill = bill(&crates, &checksums(&read(&root().join("Cargo.lock"))?));
    let text = serde_json::to_string_pretty(&bill).map_err(|e| e.to_string())?;
    write(&stage.join(bill_name()), text + "\n")
}

/// All linked crates, except our own.
fn linked() -> Result<Vec<Crate>, String> {
    let mut names = BTreeSet::new();
    for (package, features, target) in shipped() {
        let args = [
            "tree",
            "--locked",
            "--edges=normal,no-proc-macro",
            "--prefix=none",
            "--format={p}",
        ];
        let mut tree = cargo(&args);
        tree.args(["--package", package, "--features", features]);
        tree.args(["--target", target]);
        let text = String::from_utf8_lossy(&output(&mut tree)?).into_owned();
        names.extend(text.lines().filter_map(name_and_version));
    }
    let metadata = output(&mut cargo(&["metadata", "--locked", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|e| e.to_string())?;
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let mut crates = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let id = (text(package, "name"), text(package, "version"));
        // Our own have no source.
        if package["source"].is_null() || !names.contains(&id) {
            continue;
        }
        let manifest = PathBuf::from(text(package, "manifest_path"));
        crates.push(Crate {
            licence: text(package, "license").replace('/', " OR "),
            dir: manifest.parent().unwrap_or(&manifest).to_path_buf(),
            name: id.0,
            version: id.1,
        });
    }
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    if crates.len() < 20 {
        return Err(format!(
            "{} crates are linked, which cannot be",
            crates.len()
        ));
    }
    Ok(crates)
}

/// From a line of `cargo tree`: `memchr v2.7.4`, or `memchr v2.7.4 (*)` if it was listed before.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some((name.to_owned(), version.to_owned()))
}

/// Each licence text once, with the crates that use it.
fn licences(crates: &[Crate]) -> Result<String, String> {
    let mut out = format!(
        "What is linked into the programs and libraries of oomparse {VERSION}, and its licences.\n\n"
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
    let mut found = super::files(dir)?;
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

/// The checksums of the lock file, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |part: &str, key: &str| {
        let start = format!("{key} = \"");
        let line = part.lines().find_map(|line| line.strip_prefix(&start));
        line.map(|rest| rest.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|part| {
            Some((
                (value(part, "name")?, value(part, "version")?),
                value(part, "checksum")?,
            ))
        })
        .collect()
}

fn bill(crates: &[Crate], checksums: &BTreeMap<(String, String), String>) -> Value {
    let purl = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let component = |one: &Crate| {
        let key = (one.name.clone(), one.version.clone());
        let hashes = checksums
            .get(&key)
            .map(|sum| json!([{"alg": "SHA-256", "content": sum}]));
        json!({
            "type": "library",
            "bom-ref": purl(&one.name, &one.version),
            "name": one.name,
            "version": one.version,
            "purl": purl(&one.name, &one.version),
            "licenses": [{"expression": one.licence}],
            "hashes": hashes.unwrap_or_else(|| json!([])),
        })
    };
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application",
            "bom-ref": purl("oomparse-cli", VERSION),
            "name": "oomparse",
            "version": VERSION,
            "purl": purl("oomparse-cli", VERSION),
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }},
        "components": crates.iter().map(component).collect::<Vec<Value>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is listed is what is built, with all that its features bring.
    #[test]
    fn features_bring_what_is_listed() {
        for machine in MACHINES {
            let built = crate::static_program::command(machine);
            let args: Vec<_> = built.get_args().map(|arg| arg.to_string_lossy()).collect();
            let listed = shipped().into_iter().any(|(package, features, target)| {
                [package, features, target]
                    .iter()
                    .all(|word| args.iter().any(|arg| arg == word))
            });
            assert!(listed, "{args:?}");
        }
        let modules = shipped().into_iter().filter(|one| one.0 == "oomparse-wasm");
        let modules: BTreeSet<_> = modules.map(|(_, features, _)| features).collect();
        for features in ["fluent-bit,pods", "js", "page", "voices", "unpack"] {
            assert!(modules.contains(features), "{features}");
        }
        let manifest = read(&root().join("oomparse-cli/Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("\n{FEATURES} = [")));
    }

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

    #[test]
    fn checksums_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"0f\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let sums = checksums(lock);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums[&("a".to_owned(), "1.0.0".to_owned())], "0f");
    }
}
