//! Builds `dist/oomparse.wasm`.
//!
//! Core and alloc are built along, so that a panic is one instruction and no text, and so that the module
//! holds nothing but the first version of WebAssembly. That takes their source: rustup's component
//! `rust-src` or, where rustup cannot get it, Debian's `rustc-web` with `rust-web-src` and `lld-19`.

use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32v1-none";

/// The stack is first in memory: one that overflows traps, and harms nothing.
const RUSTFLAGS: &str = "-Clink-arg=-zstack-size=262144 -Clink-arg=--stack-first -Zunstable-options -Cpanic=immediate-abort";

/// Debian's compiler, which has the source of its libraries.
const DEBIANS: &str = "/usr/bin/rustc";

/// Which compiler builds the module.
enum Toolchain {
    /// The one that runs this program.
    Own,
    Debian,
}

/// Builds the module, and says how large it is.
pub(crate) fn build() -> Result<(), String> {
    let toolchain = toolchain()?;
    let target_dir = target_dir().join("wasm");
    let mut command = cargo(&[
        "rustc",
        "--package",
        "oomparse-wasm",
        "--profile",
        "wasm",
        "--features",
        "fluent-bit",
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
    if let Toolchain::Debian = toolchain {
        command
            .env("RUSTC", DEBIANS)
            .env("CARGO_TARGET_WASM32V1_NONE_LINKER", "wasm-ld-19");
    }
    steps::run(&mut command)?;
    let built = target_dir.join(TARGET).join("wasm/oomparse_wasm.wasm");
    let dist = root().join("dist");
    std::fs::create_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    let module = dist.join("oomparse.wasm");
    optimise(&built, &module)?;
    let size = std::fs::metadata(&module)
        .map_err(|e| format!("{}: {e}", module.display()))?
        .len();
    println!("    dist/oomparse.wasm: {size} bytes");
    Ok(())
}

fn optimise(from: &Path, to: &Path) -> Result<(), String> {
    let mut command = Command::new("wasm-opt");
    command
        .args([
            "-Oz",
            "--mvp-features",
            "--strip-debug",
            "--strip-producers",
        ])
        .arg(from)
        .arg("-o")
        .arg(to);
    steps::run(&mut command)
}

fn toolchain() -> Result<Toolchain, String> {
    if source_of("rustc").is_some() {
        return Ok(Toolchain::Own);
    }
    if system::find("rustup").is_some() {
        println!("    rustup component add rust-src");
        let added = Command::new("rustup")
            .args(["component", "add", "rust-src"])
            .stdin(Stdio::null())
            .status();
        if added.is_ok_and(|status| status.success()) && source_of("rustc").is_some() {
            return Ok(Toolchain::Own);
        }
    }
    system::install(&["rustc-web", "rust-web-src", "lld-19"])?;
    match source_of(DEBIANS) {
        Some(_) => Ok(Toolchain::Debian),
        None => Err("no source of core and alloc: rustup component add rust-src".to_owned()),
    }
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
