//! Builds the JavaScript package: `oomparse-wasm/js/wasm`, and the file that npm installs.

use super::Toolchain;
use crate::lack::Lack;
use crate::steps::{self, cargo};
use crate::{licences, root, system, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// The package's own folder.
pub(crate) fn dir() -> PathBuf {
    root().join("oomparse-wasm/js")
}

/// Brings what builds the package.
pub(crate) fn bring() -> Result<(), Lack> {
    system::bring(&["wasm-opt"])?;
    let how = ["target", "add", TARGET];
    let what = format!("this toolchain has no {TARGET}");
    Toolchain::find(has_target, &how)
        .map(drop)
        .map_err(|_| Lack::command(what, format!("rustup {}", how.join(" "))))
}

/// The package, where npm is; the modules for Fluent Bit need none.
pub(crate) fn build_if_possible() -> Result<(), String> {
    if crate::system::find("npm").is_some() || crate::in_ci() {
        return build();
    }
    println!("    npm is missing: the JavaScript package is not built");
    Ok(())
}

/// The module's feature.
pub(super) const FEATURE: &str = "js";

/// Builds the module and its bindings, says how large it is, and packs the package where npm is.
pub(crate) fn build() -> Result<(), String> {
    bring()?;
    let toolchain = Toolchain::find(has_target, &["target", "add", TARGET])?;
    let target_dir = target_dir().join("wasm");
    let mut command = cargo(&[
        "rustc",
        "--package",
        "oomparse-wasm",
        "--profile",
        "wasm-js",
        "--features",
        FEATURE,
        "--target",
        TARGET,
        "--crate-type",
        "cdylib",
    ]);
    if toolchain == Toolchain::Debian {
        // It has the standard library as source alone.
        command.arg("-Zbuild-std=std,panic_abort");
    }
    toolchain.set(&mut command, TARGET);
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
    legal()?;
    pack(&root().join("dist"))
}

/// What npm packs of licences: ours, and those of what the module links.
fn legal() -> Result<(), String> {
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let copied = std::fs::copy(root().join(name), dir().join(name));
        copied.map_err(|e| format!("{name}: {e}"))?;
    }
    let built = [("oomparse-wasm", FEATURE, TARGET)];
    licences::write(licences::WORKSPACE, &built, &dir().join(licences::FILE))
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
