//! `cargo xtask live-killers`: real daemons kill a process that was started for it, and their lines are read.
//!
//! ```text
//! earlyoom.rs  Debian's earlyoom on this machine, in its own namespaces: it sees only the victim
//! machine.rs   systemd-oomd and earlyoom in a separate Debian, in QEMU, with their journal
//! ```

mod earlyoom;
mod machine;

pub(crate) use earlyoom::step;

use crate::steps::{self, cargo};
use crate::target_dir;
use machine::Machine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the processes that are there to be killed.
const VICTIM: &str = "oomparse-victim";

/// Both, as far as was asked for.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let machine = Machine::from_args(args)?;
    steps::run(&mut cargo(&["build", "--package", "oomparse-cli"]))?;
    match earlyoom::bring() {
        Ok(program) => {
            let said = earlyoom::run(&program)?;
            println!("live-killers: on this machine: {said}");
        }
        Err(lack) => println!("live-killers: !!! NOT RUN on this machine: {lack}"),
    }
    match machine {
        Some(machine) => machine.run(),
        None => {
            println!("live-killers: !!! NOT RUN: systemd-oomd, which wants --kernel PATH");
            Ok(())
        }
    }
}

fn program() -> PathBuf {
    target_dir().join("debug/oomparse")
}

/// A folder for what these trials write.
fn folder(name: &str) -> Result<PathBuf, String> {
    let folder = target_dir().join("live-killers").join(name);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}

/// What the program makes of a log.
fn read(args: &[&str], log: &Path) -> Result<Vec<Value>, String> {
    let mut command = Command::new(program());
    command.args(args).args(["--format", "json"]).arg(log);
    let output = command.output().map_err(|e| format!("oomparse: {e}"))?;
    if !output.stderr.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|e| e.to_string()))
        .collect()
}

/// Says what is not as it must be.
fn expect(is_so: bool, what: &str, found: &[Value]) -> Result<(), String> {
    match is_so {
        true => Ok(()),
        false => Err(format!("{what}; found {found:#?}")),
    }
}
