//! Builds `dist/oomparse.wasm`, `dist/oomparse-pods.wasm` and `dist/oomparse-sources.wasm`.
//!
//! Core and alloc are built too, so that a panic is one instruction without text, and so that the module uses
//! only the first version of WebAssembly. That needs their source: rustup's component `rust-src` or, if rustup
//! cannot get it, Debian's `rustc-web` with `rust-web-src` and `lld-19`.

pub(crate) mod javascript;
pub(crate) mod page;

use crate::lack::Lack;
use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32v1-none";

/// The stack is first in memory: one that overflows traps, and harms nothing. The last two make the code
/// smaller.
const RUSTFLAGS: &str = "-Clink-arg=-zstack-size=262144 -Clink-arg=--stack-first \
    -Zunstable-options -Cpanic=immediate-abort \
    -Cllvm-args=-disable-lsr -Cllvm-args=-jump-threading-threshold=1";

/// Debian's compiler, its linker, and the packages that bring both and the source of the libraries.
const DEBIANS: &str = "/usr/bin/rustc";
const DEBIANS_LINKER: &str = "wasm-ld-19";
const DEBIANS_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-19"];

/// The oldest compiler that will do.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Which compiler builds a module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Toolchain {
    /// The one that runs this program.
    Own,
    Debian,
}

impl Toolchain {
    /// The own one if it has what the module needs, or rustup can add that; else Debian's.
    fn find(has_all: fn() -> bool, addition: &[&str]) -> Result<Self, String> {
        if has_all() {
            return Ok(Self::Own);
        }
        if system::find("rustup").is_some() {
            println!("    rustup {}", addition.join(" "));
            let added = Command::new("rustup")
                .args(addition)
                .current_dir(root())
                .stdin(Stdio::null())
                .status();
            if added.is_ok_and(|status| status.success()) && has_all() {
                return Ok(Self::Own);
            }
        }
        if source_of(DEBIANS).is_none() || system::find(DEBIANS_LINKER).is_none() {
            system::install(&DEBIANS_PACKAGES)?;
        }
        let version = debians_version().unwrap_or_default();
        if source_of(DEBIANS).is_none() || numbers(&version) < numbers(OLDEST) {
            return Err(format!(
                "{DEBIANS} is {}, and Rust {OLDEST} or newer with the source of its libraries is needed: rustup {}",
                if version.is_empty() {
                    "none of Debian's"
                } else {
                    &version
                },
                addition.join(" "),
            ));
        }
        println!("    with Debian's {DEBIANS}, {version}");
        Ok(Self::Debian)
    }

    /// Makes a cargo command use it.
    fn set(self, command: &mut Command, target: &str) {
        if self == Self::Debian {
            let target = target.replace('-', "_").to_uppercase();
            command
                .env("RUSTC", DEBIANS)
                .env("RUSTC_BOOTSTRAP", "1")
                .env(format!("CARGO_TARGET_{target}_LINKER"), DEBIANS_LINKER);
        }
    }
}

/// `1.96.0` of `rustc 1.96.0 (…)`.
fn debians_version() -> Option<String> {
    let output = Command::new(DEBIANS).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split(' ').nth(1)?.trim().to_owned())
}

/// The numbers of a version, to be compared.
fn numbers(version: &str) -> Vec<u32> {
    let number = |part: &str| part.parse().unwrap_or(0);
    version.split('.').map(number).collect()
}

/// A module for Fluent Bit: its file, the crate's features, and what is exported beside [`EXPORTS`].
type Module = (&'static str, &'static str, &'static [&'static str]);

/// The files of all modules.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, ..)| *name)
}

const MODULES: [Module; 3] = [
    ("oomparse.wasm", "fluent-bit", &[]),
    // The function makes it a reactor, as hosts call a library that uses WASI.
    ("oomparse-pods.wasm", "fluent-bit,pods", &["_initialize"]),
    (
        "oomparse-sources.wasm",
        "fluent-bit,sources",
        &["_initialize"],
    ),
];

/// The features of every module that is shipped: for Fluent Bit, for JavaScript, for the page.
pub(crate) fn features() -> impl Iterator<Item = &'static str> {
    let others = [javascript::FEATURE].into_iter().chain(page::features());
    MODULES
        .iter()
        .map(|(_, features, _)| *features)
        .chain(others)
}

/// Brings what builds the modules.
pub(crate) fn bring() -> Result<(), Lack> {
    system::bring(&["wasm-opt", "wasm-metadce"])?;
    bring_source()
}

/// Brings the source of the libraries.
fn bring_source() -> Result<(), Lack> {
    let has_source = || source_of("rustc").is_some();
    let addition = ["component", "add", "rust-src"];
    Toolchain::find(has_source, &addition)
        .map(drop)
        .map_err(|_| Lack::component("rust-src"))
}

/// Builds the modules, and says how large they are.
pub(crate) fn build() -> Result<(), String> {
    bring()?;
    let has_source = || source_of("rustc").is_some();
    let toolchain = Toolchain::find(has_source, &["component", "add", "rust-src"])?;
    MODULES
        .iter()
        .try_for_each(|module| build_module(toolchain, module))
}

fn build_module(toolchain: Toolchain, (module, features, exports): &Module) -> Result<(), String> {
    let target_dir = target_dir().join("wasm");
    let mut command = cargo(&[
        "rustc",
        "--package",
        "oomparse-wasm",
        "--profile",
        "wasm",
        "--features",
        features,
        "--target",
        TARGET,
        "--crate-type",
        "cdylib",
        "-Zbuild-std=core,alloc",
        "-Zbuild-std-features=optimize_for_size",
    ]);
    command
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("RUSTFLAGS", RUSTFLAGS)
        .env("RUSTC_BOOTSTRAP", "1");
    toolchain.set(&mut command, TARGET);
    steps::run(&mut command)?;
    let built = target_dir.join(TARGET).join("wasm/oomparse_wasm.wasm");
    let dist = root().join("dist");
    std::fs::create_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    let path = dist.join(module);
    let exports = [&EXPORTS, *exports].concat();
    optimise(&built, &path, &exports)?;
    let size = std::fs::metadata(&path)
        .map_err(|e| format!("{}: {e}", path.display()))?
        .len();
    println!("    dist/{module}: {size} bytes");
    Ok(())
}

/// Lints what exists only on WebAssembly with these features, where there is a clippy for it.
pub(crate) fn lints(features: &str) -> Option<Command> {
    if source_of("rustc").is_none() || !system::has_cargo_command("clippy") {
        return None;
    }
    let mut command = cargo(&[
        "clippy",
        "--package",
        "oomparse-wasm",
        "--features",
        features,
        "--target",
        TARGET,
        "-Zbuild-std=core,alloc",
        "--",
        "-D",
        "warnings",
    ]);
    command
        .env("CARGO_TARGET_DIR", target_dir().join("wasm"))
        .env("RUSTC_BOOTSTRAP", "1");
    Some(command)
}

/// What a host may call; anything else that the linker exports is taken out.
const EXPORTS: [&str; 8] = [
    "memory",
    "malloc",
    "free",
    "oomparse_filter",
    "oomparse_filter_any",
    "oomparse_events",
    "oomparse_lines",
    "oomparse_lost",
];

/// Leaves the exports and what they need, and makes it small.
fn optimise(from: &Path, to: &Path, exports: &[&str]) -> Result<(), String> {
    let graph = from.with_extension("exports.json");
    let mut nodes = vec![json!({"name": "module", "root": true, "reaches": exports})];
    let export = |name: &&str| json!({"name": name, "export": name});
    nodes.extend(exports.iter().map(export));
    std::fs::write(&graph, Value::from(nodes).to_string())
        .map_err(|e| format!("{}: {e}", graph.display()))?;
    let reached = from.with_extension("reached.wasm");
    let mut command = Command::new("wasm-metadce");
    command
        .arg("--mvp-features")
        .arg("--graph-file")
        .arg(&graph)
        .arg(from)
        .arg("-o")
        .arg(&reached)
        // It lists what it takes out.
        .stdout(Stdio::null());
    steps::run(&mut command)?;
    let mut command = Command::new("wasm-opt");
    command
        .args([
            "-Oz",
            "--code-folding",
            // Nothing is at the stack's far end, so that an address may be taken apart.
            "--low-memory-unused",
            "-Oz",
            "--converge",
            "--mvp-features",
            "--strip-debug",
            "--strip-producers",
            "--strip-target-features",
        ])
        .arg(reached)
        .arg("-o")
        .arg(to);
    steps::run(&mut command)
}

/// Where a compiler's libraries are as source, if they are.
fn source_of(compiler: &str) -> Option<PathBuf> {
    let output = Command::new(compiler)
        .args(["--print", "sysroot"])
        .current_dir(root())
        .output()
        .ok()?;
    let sysroot = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    let source = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
    source.is_file().then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (older, newer) in [("1.85.0", "1.95"), ("1.95.0", "1.100.0"), ("", OLDEST)] {
            assert!(numbers(older) < numbers(newer), "{older} {newer}");
        }
        assert!(numbers("1.95.0") >= numbers("1.95"));
    }
}
