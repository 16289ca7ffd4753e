//! `cargo xtask dist`: all packages for users, in `dist/packages`, with their checksums.
//!
//! The result depends only on the commit and the toolchain, not on the folder or the day: `dist-twice` builds it
//! in two folders and compares.

mod archive;
mod debian;
mod library;
mod library_rpm;
mod licences;
mod native;
mod shipper_debs;
mod shippers;
mod sizes;
mod stage;
mod trial;
mod trial_commands;
mod trial_lints;
mod trial_npm;
mod trial_roots;
mod trial_shippers;
mod trial_wheels;
mod twice;
mod wheels;

pub(crate) use sizes::set as set_sizes;
pub(crate) use trial::run as try_packages;
pub(crate) use trial_commands::tries;
pub(crate) use twice::run as twice;
pub(crate) use wheels::alone as python_wheels;

use crate::lack::Lack;
use crate::static_program::{self as program, MACHINES, Machine, X86};
use crate::steps::Steps;
use crate::{VERSION, image, root, wasm};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The target of libraries for other programs, which use glibc.
const GLIBC: &str = "x86_64-unknown-linux-gnu";

/// Builds everything.
pub(crate) fn run() -> Result<(), String> {
    bring(&MACHINES)?;
    build(&MACHINES)
}

/// Builds and tries the packages for this machine.
pub(crate) fn try_here() -> ExitCode {
    let mut steps = Steps::default();
    step(&mut steps);
    steps.finish()
}

/// The same as a part of `test --all`.
pub(crate) fn step(steps: &mut Steps) {
    let name = "the packages for this machine";
    if steps.brought(name, || bring(&[X86]).map_err(Lack::from)) {
        steps.task(name, || build(&[X86]));
        trial::step(steps);
    }
}

/// Builds what is for these machines. The image is for all.
fn build(machines: &[Machine]) -> Result<(), String> {
    let out = packages();
    _ = fs::remove_dir_all(&out);
    create(&out)?;
    // The page in one file is built into the programs, for `oomparse report --html`.
    wasm::page::build()?;
    for &machine in machines {
        program::build(machine)?;
    }
    stage::fill()?;
    for &machine in machines {
        archive::program(machine)?;
        native::packages_of(machine)?;
        wheels::program(machine)?;
    }
    wasm::build()?;
    wasm::javascript::build()?;
    copy(
        &root().join("dist"),
        &format!("oomparse-{VERSION}.tgz"),
        &out,
    )?;
    shippers::archives(machines)?;
    shipper_debs::pack()?;
    library::archive()?;
    library_rpm::pack()?;
    if is_whole(machines) {
        image::archive(program::path, &out)?;
    }
    wheels::package(machines)?;
    copy(&stage_dir(), &licences::bill_name(), &out)?;
    archive::sums(&out)?;
    show(&out)
}

/// Whether the packages of these machines are all that people get.
fn is_whole(machines: &[Machine]) -> bool {
    machines.len() == MACHINES.len()
}

/// Brings what builds all packages, or says what is missing.
pub(crate) fn bring_all() -> Result<(), String> {
    bring(&MACHINES)
}

fn bring(machines: &[Machine]) -> Result<(), String> {
    program::bring(machines)?;
    native::bring()?;
    wheels::bring(machines)
}

/// The folder for all results.
fn packages() -> PathBuf {
    root().join("dist/packages")
}

/// The folder for files that go into several packages; the packages' metadata refer to it.
fn stage_dir() -> PathBuf {
    root().join("dist/stage")
}

/// The name `oomparse-VERSION-TARGET` in archives and in the metadata for cargo-binstall.
fn archive_name(machine: Machine) -> String {
    format!("oomparse-{VERSION}-{}", machine.target)
}

fn create(dir: &Path) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    if let Some(dir) = path.parent() {
        create(dir)?;
    }
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Copies a file into a folder, under its own name.
fn copy(from: &Path, name: &str, to: &Path) -> Result<(), String> {
    copy_as(&from.join(name), &to.join(name))
}

fn copy_as(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(dir) = to.parent() {
        create(dir)?;
    }
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| format!("{}: {e}", from.display()))
}

/// The output of a command.
fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let typed = crate::steps::typed(command);
    let output = command.output().map_err(|e| format!("`{typed}`: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{typed}`: {}\n{said}", output.status))
}

/// The files of a folder, sorted by their names.
fn files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn show(out: &Path) -> Result<(), String> {
    println!();
    for file in files(out)? {
        let bytes = fs::metadata(&file)
            .map_err(|e| format!("{}: {e}", file.display()))?
            .len();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        println!("{bytes:>10} bytes  dist/packages/{name}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cargo-binstall finds the archive under the name and with the folder that it is made with.
    #[test]
    fn binstall_is_told_what_is_built() {
        let manifest = read(&root().join("oomparse-cli/Cargo.toml")).unwrap();
        let line = |key: &str| {
            let start = format!("{key} = \"");
            let found = manifest.lines().find_map(|line| line.strip_prefix(&start));
            found.unwrap().trim_end_matches('"').to_owned()
        };
        for machine in MACHINES {
            let fill = |text: String| {
                text.replace("{ version }", VERSION)
                    .replace("{ target }", machine.target)
                    .replace("{ bin }{ binary-ext }", "oomparse")
            };
            let name = archive_name(machine);
            let url = fill(line("pkg-url"));
            assert!(
                url.ends_with(&format!("/v{VERSION}/{name}.tar.gz")),
                "{url}"
            );
            assert_eq!(fill(line("bin-dir")), format!("{name}/bin/oomparse"));
        }
        assert_eq!(line("pkg-fmt"), "tgz");
    }

    /// The unit does what the tests of `watch` do, as a user that may read the kernel's log and no more.
    #[test]
    fn the_unit_is_one_that_systemd_can_read() {
        let unit = read(&root().join("packaging/oomparse-watch.service")).unwrap();
        let (mut section, mut keys) = ("", Vec::new());
        for line in unit
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else {
                let (key, _) = line.split_once('=').expect(line);
                assert!(
                    !section.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic()),
                    "{line}"
                );
                keys.push(format!("{section}.{key}"));
            }
        }
        for key in [
            "Unit.Description",
            "Service.ExecStart",
            "Service.DynamicUser",
            "Install.WantedBy",
        ] {
            assert!(keys.iter().any(|found| found == key), "{key}");
        }
        // Either takes /dev/kmsg away; without /proc/sys there is no boot's id.
        for key in [
            "Service.PrivateDevices",
            "Service.ProtectKernelLogs",
            "Service.ProcSubset",
        ] {
            assert!(!keys.iter().any(|found| found == key), "{key}");
        }
    }
}
