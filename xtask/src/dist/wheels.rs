//! Wheels for users: the Python package for every usual Linux, and the program for `pip install oomparse-cli`.

use super::{copy_as, packages, read, stage, stage_dir, write};
use crate::licences::FILE;
use crate::python::{self, TARGETS, python};
use crate::reproducible::{at_no_place, at_the_time};
use crate::static_program::{self as program, MACHINES, Machine};
use crate::{VERSION, root, steps, target_dir, tools};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Zig links for other systems than this one: against an older glibc, and against musl. `wheel` packs a folder.
/// The same versions give the same bytes.
const TOOLS: [&str; 2] = ["ziglang==0.17.1", "wheel==0.48.0"];

/// Brings what builds them.
pub(super) fn bring(machines: &[Machine]) -> Result<(), String> {
    python::bring_builder(&TOOLS)?;
    for (target, _) in targets(machines) {
        tools::bring_target(&[target])?;
    }
    Ok(())
}

/// Those that are for these machines.
fn targets(machines: &[Machine]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_for = |target: &str| {
        machines
            .iter()
            .any(|machine| target.starts_with(machine.rpm))
    };
    TARGETS
        .into_iter()
        .filter(move |(target, _)| is_for(target))
}

/// The Python package alone, into the folder of all packages.
pub(crate) fn alone() -> Result<(), String> {
    bring(&MACHINES)?;
    super::create(&packages())?;
    package(&MACHINES)?;
    super::show(&packages())
}

/// The Python package: its wheels and its sdist.
pub(super) fn package(machines: &[Machine]) -> Result<(), String> {
    python::licences()?;
    for (target, tag) in targets(machines) {
        let build = [
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--zig",
            "--target",
            target,
        ];
        let mut maturin = maturin(&build);
        // A module shares the C library of the program that loads it.
        let musl = ["-Ctarget-feature=-crt-static"];
        let flags: &[&str] = if target.ends_with("musl") { &musl } else { &[] };
        at_no_place(&mut maturin, flags);
        let wrapper = root().join("packaging/rustc-at-no-place.sh");
        maturin
            .env("RUSTC_WRAPPER", wrapper)
            .env("OOMPARSE_ROOT", root());
        let built = target_dir().join("dist/wheels").join(target);
        _ = fs::remove_dir_all(&built);
        steps::run(maturin.args(["--compatibility", tag, "--out"]).arg(&built))?;
        bill_at_no_place(&built)?;
    }
    let mut maturin = maturin(&["sdist"]);
    at_no_place(&mut maturin, &[]);
    steps::run(maturin.arg("--out").arg(packages()))
}

/// Packs the wheel in a folder anew, with a bill of materials that does not name this machine's folders.
fn bill_at_no_place(built: &Path) -> Result<(), String> {
    let wheel = only_one(built)?;
    let mut unpack = python();
    steps::run(
        unpack
            .args(["-m", "wheel", "unpack", "--dest"])
            .args([built, &wheel]),
    )?;
    let dir = built.join(format!("oomparse-{VERSION}"));
    let bills = dir.join(format!("oomparse-{VERSION}.dist-info/sboms"));
    let bill = only_one(&bills)?;
    let here = format!("file://{}", root().display());
    write(&bill, read(&bill)?.replace(&here, "file:///oomparse"))?;
    pack(&dir)
}

/// The only file of a folder.
fn only_one(dir: &Path) -> Result<PathBuf, String> {
    let failed = |error| format!("{}: {error}", dir.display());
    let entries = fs::read_dir(dir).map_err(failed)?;
    let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    match files.as_slice() {
        [file] => Ok(file.clone()),
        files => Err(format!("{}: {} files, not one", dir.display(), files.len())),
    }
}

/// Makes the wheel of a folder.
fn pack(dir: &Path) -> Result<(), String> {
    steps::run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(dir))?;
    let mut pack = python();
    at_the_time(pack.args(["-m", "wheel", "pack", "--dest-dir"]));
    steps::run(pack.arg(packages()).arg(dir))
}

fn maturin(args: &[&str]) -> Command {
    let mut maturin = python();
    maturin.args(["-m", "maturin"]).args(args);
    maturin
}

/// The static program, the same as in all other packages, as a wheel: `pip install oomparse-cli`.
pub(super) fn program(machine: Machine) -> Result<(), String> {
    let dir = target_dir().join("dist/wheel").join(machine.rpm);
    _ = fs::remove_dir_all(&dir);
    let info = dir.join(format!("oomparse_cli-{VERSION}.dist-info"));
    let data = dir.join(format!("oomparse_cli-{VERSION}.data"));
    let texts = root().join("packaging/pypi");
    let mut metadata = read(&texts.join("METADATA"))?.replace("{version}", VERSION);
    metadata += &read(&texts.join("README.md"))?;
    write(&info.join("METADATA"), metadata)?;
    write(&info.join("WHEEL"), tags(machine))?;
    for name in stage::LICENCES.iter().chain([&FILE]) {
        let to = info.join("licenses").join(name);
        copy_as(&stage_dir().join(name), &to)?;
    }
    copy_as(&program::path(machine), &data.join("scripts/oomparse"))?;
    pack(&dir)
}

/// What the wheel is for: it needs no library, so it fits every glibc and every musl that pip knows, and any Python.
fn tags(machine: Machine) -> String {
    let mut text = "Wheel-Version: 1.0\nGenerator: oomparse\nRoot-Is-Purelib: false\n".to_owned();
    for platform in ["manylinux2014", "manylinux_2_17", "musllinux_1_1"] {
        text += &format!("Tag: py3-none-{platform}_{}\n", machine.rpm);
    }
    text
}
