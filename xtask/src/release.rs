//! `cargo xtask release VERSION`, and checks that it can be published.

use crate::published::CRATES;
use crate::rehearsal::Rehearsal;
use crate::steps::{self, Steps, cargo};
use crate::{c_library, dist, root, semver};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Where the version stands, with `{}` for it. A place that is not found is an error, not a place forgotten.
const PLACES: &[(&str, &[&str])] = &[
    (
        "Cargo.toml",
        &[
            "[workspace.package]\nversion = \"{}\"",
            "oomparse-core = { path = \"oomparse-core\", version = \"{}\" }",
            "oomparse-columns = { path = \"oomparse-columns\", version = \"{}\" }",
            "oomparse-host = { path = \"oomparse-host\", version = \"{}\" }",
            "oomparse-pods = { path = \"oomparse-pods\", version = \"{}\" }",
            "oomparse-input = { path = \"oomparse-input\", version = \"{}\",",
            "oomparse-report = { path = \"oomparse-report\", version = \"{}\" }",
        ],
    ),
    // Packages with a lock file of their own, and a dependency without default features.
    ("bindings/vrl/Cargo.toml", &["version = \"{}\"\nedition"]),
    ("bindings/python/Cargo.toml", &["version = \"{}\"\nedition"]),
    (
        "bindings/lua/host/Cargo.toml",
        &["version = \"{}\"\nedition"],
    ),
    ("oomparse-pods/Cargo.toml", &[CORE]),
    ("oomparse-report/Cargo.toml", &[CORE]),
    (
        "oomparse-wasm/Cargo.toml",
        &[
            CORE,
            "oomparse-host = { path = \"../oomparse-host\", version = \"{}\",",
            "oomparse-pods = { path = \"../oomparse-pods\", version = \"{}\",",
        ],
    ),
    (
        "oomparse-host/Cargo.toml",
        &[
            CORE,
            "oomparse-pods = { path = \"../oomparse-pods\", version = \"{}\",",
        ],
    ),
    (
        "oomparse-wasm/js/package.json",
        &["\"name\": \"oomparse\",\n  \"version\": \"{}\""],
    ),
    (
        "oomparse-wasm/js/package-lock.json",
        &[
            "\"name\": \"oomparse\",\n  \"version\": \"{}\"",
            "\"name\": \"oomparse\",\n      \"version\": \"{}\"",
        ],
    ),
    (
        "oomparse-wasm/page/package.json",
        &["\"name\": \"oomparse-page\",\n  \"version\": \"{}\""],
    ),
    (
        "oomparse-wasm/page/package-lock.json",
        &[
            "\"name\": \"oomparse-page\",\n  \"version\": \"{}\"",
            "\"name\": \"oomparse-page\",\n      \"version\": \"{}\"",
        ],
    ),
    (
        "deploy/chart/oomparse/Chart.yaml",
        &["\nversion: {}\n", "\nappVersion: {}\n"],
    ),
    (
        "deploy/manifests/kustomization.yaml",
        &["kubernetes.io/version: {}\n", "newTag: {}\n"],
    ),
    (
        "deploy/README.md",
        &["oci:dist/image:{} ", "/oomparse:{}\n"],
    ),
    (
        "oomparse-wasm/js/README.md",
        &["builds dist/oomparse-{}.tgz", "/dist/oomparse-{}.tgz\n"],
    ),
];

/// A dependency on the core without its default features.
const CORE: &str = "oomparse-core = { path = \"../oomparse-core\", version = \"{}\",";

/// The lock files that name packages of ours.
const LOCKS: [&str; 5] = [
    "Cargo.toml",
    "fuzz/Cargo.toml",
    "bindings/lua/host/Cargo.toml",
    "bindings/vrl/Cargo.toml",
    "bindings/python/Cargo.toml",
];

const OLD: &str = env!("CARGO_PKG_VERSION");

/// Sets the version everywhere, dates the changes, tests and builds; says what is left to do. Where the version is
/// set and the changes are dated, it goes on from there.
pub(crate) fn run(version: &str, flags: &[&str]) -> Result<(), String> {
    let rehearsal = Rehearsal::from_flags(flags)?;
    if numbers(version) < numbers(OLD) || numbers(version).is_none() {
        return Err(format!("`{version}` is not a version like {OLD} or later"));
    }
    if rehearsal.builds() {
        dist::bring_all()?;
    }
    let changes = fs::read_to_string(root().join("CHANGELOG.md")).map_err(|e| e.to_string())?;
    if version == OLD && is_dated(&changes, version) {
        println!("    every file says {version} already");
    } else {
        write(version)?;
    }
    // A new process: this one was compiled with the old version.
    rehearsal.run(version, |args| {
        let again = ["run", "--quiet", "--package", "xtask", "--"];
        steps::run(&mut cargo(&[&again, args].concat()))
    })?;
    print!("{}{}", what_is_left(version), rehearsal.left_out());
    Ok(())
}

/// Sets the version everywhere, and dates the changes.
fn write(version: &str) -> Result<(), String> {
    let today = steps_output(Command::new("date").args(["--utc", "+%F"]))?;
    for (file, texts) in PLACES {
        change(file, |text| set(text, texts, OLD, version))?;
    }
    change("CHANGELOG.md", |text| date_changes(text, version, &today))?;
    for lock in LOCKS {
        let args = [
            "update",
            "--workspace",
            "--offline",
            "--manifest-path",
            lock,
        ];
        steps::run(&mut cargo(&args))?;
    }
    c_library::header()
}

/// Packs every crate that is published as crates.io would get it, and builds it from there; then compares the
/// public items with those of the last release.
pub(crate) fn crates() -> ExitCode {
    let mut steps = Steps::default();
    steps.task("crates as crates.io gets them", publish);
    semver::step(&mut steps, None);
    steps.finish()
}

fn publish() -> Result<(), String> {
    let packages = CRATES.iter().flat_map(|name| ["--package", name]);
    let mut publish = cargo(&["publish", "--dry-run", "--locked", "--allow-dirty"]);
    steps::run(publish.args(packages))
}

fn what_is_left(version: &str) -> String {
    let publish: Vec<String> = CRATES
        .iter()
        .map(|name| format!("cargo publish -p {name}"))
        .collect();
    format!(
        "\nEvery file says {version} now. Read `git diff`, then, in this order:\n  \
         git commit -am 'Release {version}'\n  \
         cargo xtask dist-twice && cargo xtask try-packages\n  \
         cargo xtask crates\n  \
         git tag -a v{version} -m {version} && git push origin main v{version}\n  \
         {}\n  \
         npm publish dist/packages/oomparse-{version}.tgz\n  \
         twine upload dist/packages/*.whl dist/packages/oomparse-{version}.tar.gz\n\
         The tag makes .github/workflows/dist.yml put dist/packages on the forge's page of releases. Who signs, signs SHA256SUMS.\n",
        publish.join("\n  ")
    )
}

/// `1.2.3` as numbers.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// The text with another version in these places.
fn set(text: &str, places: &[&str], old: &str, new: &str) -> Result<String, String> {
    let mut text = text.to_owned();
    for place in places {
        let (from, to) = (place.replace("{}", old), place.replace("{}", new));
        if !text.contains(&from) {
            return Err(format!("it has no `{}`", from.replace('\n', "\\n")));
        }
        text = text.replace(&from, &to);
    }
    Ok(text)
}

/// Whether the changes of this version have their day.
fn is_dated(changes: &str, version: &str) -> bool {
    changes.contains(&format!("\n## {version} ("))
}

/// What was unreleased is of this version and day.
fn date_changes(text: &str, version: &str, today: &str) -> Result<String, String> {
    let (head, rest) = text
        .split_once("\n## Unreleased\n")
        .ok_or("it has no `## Unreleased`")?;
    let changes = rest.split("\n## ").next().unwrap_or_default();
    if changes.trim().is_empty() {
        return Err("nothing is unreleased".to_owned());
    }
    Ok(format!(
        "{head}\n## Unreleased\n\n## {version} ({today})\n{rest}"
    ))
}

fn change(file: &str, edit: impl FnOnce(&str) -> Result<String, String>) -> Result<(), String> {
    let path: PathBuf = root().join(file);
    let text = fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
    let text = edit(&text).map_err(|sentence| format!("{file}: {sentence}"))?;
    fs::write(&path, text).map_err(|e| format!("{file}: {e}"))
}

fn steps_output(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|e| format!("`{}`: {e}", steps::typed(command)))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn read(file: &str) -> String {
        fs::read_to_string(root().join(file)).unwrap()
    }

    #[test]
    fn every_place_has_the_version() {
        for (file, places) in PLACES {
            let changed =
                set(&read(file), places, OLD, "99.98.97").unwrap_or_else(|e| panic!("{file}: {e}"));
            assert!(changed.contains("99.98.97"));
        }
        assert!(set("a", &["version {}"], "1.0.0", "1.0.1").is_err());
    }

    #[test]
    fn changes_get_a_version_and_a_day() {
        let text = "# Changelog\n\n## Unreleased\n\n* A.\n\n## 0.1.0 (2026-01-02)\n\n* B.\n";
        let dated = "# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-03-04)\n\n* A.\n\n## 0.1.0 (2026-01-02)\n\n* B.\n";
        assert_eq!(date_changes(text, "0.2.0", "2026-03-04").unwrap(), dated);
        assert!(is_dated(dated, "0.2.0") && !is_dated(text, "0.2.0"));
        assert!(date_changes(dated, "0.3.0", "2026-03-05").is_err());
        assert!(date_changes("# Changelog\n", "0.3.0", "2026-03-05").is_err());
        assert!(read("CHANGELOG.md").contains("\n## Unreleased\n"));
    }

    #[test]
    fn versions_are_three_numbers() {
        assert_eq!(numbers("1.20.3"), Some([1, 20, 3]));
        assert!(numbers("1.9.0") < numbers("1.10.0"));
        for wrong in ["", "1.2", "1.2.3.4", "v1.2.3", "1.2.x"] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }

    /// What is published is what does not say that it is not, and each crate comes after those it needs.
    #[test]
    fn crates_are_published_in_an_order_that_works() {
        let workspace = read("Cargo.toml");
        let members = workspace
            .split_once("members = [")
            .unwrap()
            .1
            .split_once(']')
            .unwrap()
            .0;
        let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
        let published: BTreeSet<&str> = members
            .into_iter()
            .filter(|member| !read(&format!("{member}/Cargo.toml")).contains("publish = false"))
            .collect();
        assert_eq!(published, CRATES.into_iter().collect());
        for (at, name) in CRATES.iter().enumerate() {
            let manifest = read(&format!("{name}/Cargo.toml"));
            let needs = manifest.split("[dev-dependencies]").next().unwrap();
            for (other_at, other) in CRATES.iter().enumerate() {
                let needed = needs.lines().any(|line| {
                    line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} "))
                });
                assert!(!needed || other_at < at, "{name} needs {other}");
            }
        }
    }
}
