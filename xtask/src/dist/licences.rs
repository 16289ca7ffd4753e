//! The licences of all linked code in one file, and a bill of materials (CycloneDX).

use super::{GLIBC, MACHINES, VERSION, read, write};
use crate::licences::{Built, Crate, FILE, WORKSPACE, linked, texts};
use crate::static_program::FEATURES;
use crate::{root, wasm};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What the modules link is the same for every WebAssembly.
const WASM: &str = "wasm32-unknown-unknown";

/// The name of the bill.
pub(super) fn bill_name() -> String {
    format!("oomparse-{VERSION}.cdx.json")
}

/// The packages that are shipped: with which features, for which target.
fn shipped() -> Vec<Built<'static>> {
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

/// Writes both files.
pub(super) fn write_all(stage: &Path) -> Result<(), String> {
    let crates = linked(WORKSPACE, &shipped())?;
    write(&stage.join(FILE), texts(&crates)?)?;
    let bill = bill(&crates, &checksums(&read(&root().join("Cargo.lock"))?));
    let text = serde_json::to_string_pretty(&bill).map_err(|e| e.to_string())?;
    write(&stage.join(bill_name()), text + "\n")
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
    use std::collections::BTreeSet;

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
    fn checksums_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"0f\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let sums = checksums(lock);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums[&("a".to_owned(), "1.0.0".to_owned())], "0f");
    }
}
