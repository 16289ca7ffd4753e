//! Builds the JavaScript package: `oomparse-wasm/js/wasm`, and the file that npm installs.

use super::{DEBIANS, source_of};
use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";

/// Which compiler builds the module.
enum Toolchain {
    /// The one that runs this program, with rustup's standard library.
    Own,
    /// Debian's, which builds the standard library along.
    Debian,
}

/// The package's own folder.
pub(crate) fn dir() -> PathBuf {
    root().join("oomparse-wasm/js")
}

/// Builds the module and its bindings, says how large it is, and packs the package where npm is.
pub(crate) fn build() -> Result<(), String> {
    let toolchain = toolchain()?;
    let target_dir = target_dir().join("wasm");
    let build = [
        "rustc",
        "--package",
        "oomparse-wasm",
        "--profile",
        "wasm-js",
        "--features",
        "js",
        "--target",
        TARGET,
        "--crate-type",
        "cdylib",
    ];
    let mut command = match toolchain {
        Toolchain::Own => cargo(&build),
        Toolchain::Debian => {
            let mut command = cargo(&[&build[..], &["-Zbuild-std=std,panic_abort"]].concat());
            command
                .env("RUSTC", DEBIANS)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
            command
        }
    };
    steps::run(command.env("CARGO_TARGET_DIR", &target_dir))?;
    let built = target_dir.join(TARGET).join("wasm-js/oomparse_wasm.wasm");
    let to = dir().join("wasm");
    let mut bindgen = cargo(&["run", "--quiet", "--package", "oomparse-bindgen", "--"]);
    steps::run(bindgen.arg(built).arg(&to))?;
    let module = to.join("oomparse_bg.wasm");
    let size = std::fs::metadata(&module)
        .map_err(|e| format!("{}: {e}", module.display()))?
        .len();
    println!("    oomparse-wasm/js/wasm/oomparse_bg.wasm: {size} bytes");
    pack(&root().join("dist"))
}

fn pack(dist: &Path) -> Result<(), String> {
    if system::find("npm").is_none() {
        println!("    npm is not here, so that the package is not packed");
        return Ok(());
    }
    std::fs::create_dir_all(dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"])
        .arg(dist)
        .current_dir(dir());
    steps::run(&mut npm)
}

fn toolchain() -> Result<Toolchain, String> {
    if has_target() {
        return Ok(Toolchain::Own);
    }
    if system::find("rustup").is_some() {
        println!("    rustup target add {TARGET}");
        let added = Command::new("rustup")
            .args(["target", "add", TARGET])
            .current_dir(root())
            .stdin(Stdio::null())
            .status();
        if added.is_ok_and(|status| status.success()) && has_target() {
            return Ok(Toolchain::Own);
        }
    }
    if source_of(DEBIANS).is_none() || system::find("wasm-ld-19").is_none() {
        system::install(&["rustc-web", "rust-web-src", "lld-19"])?;
    }
    Ok(Toolchain::Debian)
}

/// Whether the compiler has the target's standard library.
fn has_target() -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root())
        .output();
    let dir = output.ok().and_then(|it| String::from_utf8(it.stdout).ok());
    let files = dir.and_then(|dir| std::fs::read_dir(dir.trim()).ok());
    files.is_some_and(|files| {
        files
            .flatten()
            .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
    })
}
