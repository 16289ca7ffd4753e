//! Builds the page: its module, the folder `dist/page`, and `dist/oomparse.html`, the same in one file.

use super::Toolchain;
use crate::lack::Lack;
use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use std::path::PathBuf;
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// A panic is one instruction and no text, and no place in the source is printed: both would be loaded by everyone.
const RUSTFLAGS: &str = "-Zlocation-detail=none -Zunstable-options -Cpanic=immediate-abort";

/// What reads and says; what reads all voices, which is loaded where others than the kernel speak; and what unpacks,
/// which is loaded when a log is packed: features and folders.
const MODULES: [(&str, &str); 3] = [
    ("page", "wasm"),
    ("voices", "wasm-voices"),
    ("unpack", "wasm-unpack"),
];

/// The modules' features.
pub(super) fn features() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(feature, _)| *feature)
}

/// The page's own folder.
pub(crate) fn dir() -> PathBuf {
    root().join("oomparse-wasm/page")
}

/// Brings what builds the page.
pub(crate) fn bring() -> Result<(), Lack> {
    system::bring(&["wasm-opt", "node", "npm"])?;
    super::bring_source()
}

/// Builds everything; fails where the first load is larger than it may be.
pub(crate) fn build() -> Result<(), String> {
    bring()?;
    for (feature, folder) in MODULES {
        module(feature, folder)?;
    }
    install()?;
    steps::run(&mut npm(&["run", "--silent", "build"]))
}

/// What the build and the tests need of npm.
fn install() -> Result<(), String> {
    let args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    steps::run(&mut npm(&args))
}

pub(crate) fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(dir());
    command
}

fn module(feature: &str, folder: &str) -> Result<(), String> {
    let has_source = || super::source_of("rustc").is_some();
    let toolchain = Toolchain::find(has_source, &["component", "add", "rust-src"])?;
    let target_dir = target_dir().join("wasm");
    let mut command = cargo(&[
        "rustc",
        "--package",
        "oomparse-wasm",
        "--profile",
        "wasm-page",
        "--features",
        feature,
        "--target",
        TARGET,
        "--crate-type",
        "cdylib",
        "-Zbuild-std=std,panic_abort",
        "-Zbuild-std-features=optimize_for_size",
    ]);
    command
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("RUSTFLAGS", RUSTFLAGS)
        .env("RUSTC_BOOTSTRAP", "1");
    toolchain.set(&mut command, TARGET);
    steps::run(&mut command)?;
    let built = target_dir.join(TARGET).join("wasm-page/oomparse_wasm.wasm");
    let mut bindgen = cargo(&["run", "--quiet", "--package", "oomparse-bindgen", "--"]);
    steps::run(bindgen.arg(built).arg(dir().join(folder)).arg("-Oz"))
}
