//! Where the documents' commands run: a folder with a node's files, and programs that print a node's logs.
//!
//! The program is the one of this repository. `dmesg`, `journalctl` and `kubectl` are scripts that print files of
//! the corpus, so that there is a kill to find whatever happened on this machine.

use super::{How, Step};
use crate::dist;
use crate::steps::{self, cargo};
use crate::{root, target_dir};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

const KERNEL: &str = "corpus/cases/077-rhel9-crio/input.log";
const KUBELET: &str = "corpus/pods/sound/node.syslog";
const JOURNAL: &str = "corpus/days/node-7/journal.ndjson";
const EVENTS: &str = "corpus/days/node-7/events.json";
const PODS: &str = "corpus/days/node-7/pods.json";

/// Files by the names that the documents use.
const FILES: [(&str, &[&str]); 9] = [
    ("kern.log", &[KERNEL]),
    ("node.log", &[JOURNAL]),
    ("kubelet.json", &[JOURNAL]),
    ("events.json", &[EVENTS]),
    ("pods.json", &[PODS]),
    ("var/log/kern.log", &[KERNEL]),
    ("var/log/messages", &[KERNEL]),
    ("var/log/syslog", &[KUBELET, KERNEL]),
    ("var/log/oomparse/empty", &[]),
];

/// What `kubectl get` answers, by what is asked for.
const KUBECTL: &str = "case \"$*\" in\n*custom-columns*) cat corpus/pods/sound/columns.txt ;;\n\
                       *events*) cat corpus/days/node-7/events.json ;;\n*) cat corpus/days/node-7/pods.json ;;\nesac\n";

/// The seconds after which a command is given up.
const PATIENCE: &str = "120";

pub(super) struct World {
    dir: PathBuf,
}

impl World {
    /// Builds the program and lays the files.
    pub(super) fn new() -> Result<Self, String> {
        steps::run(&mut cargo(&[
            "build",
            "--quiet",
            "--package",
            "oomparse-cli",
        ]))?;
        let dir = target_dir().join("pages");
        let _ = fs::remove_dir_all(&dir);
        let world = Self { dir };
        for (name, parts) in FILES {
            let mut bytes = Vec::new();
            for part in parts {
                let file = root().join(part);
                bytes.extend(fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?);
            }
            world.write(name, &bytes)?;
        }
        let mut gzip = Command::new("gzip");
        gzip.args(["--keep", "--suffix", ".2.gz", "kern.log"]);
        steps::run(gzip.current_dir(&world.dir))?;
        world.script("dmesg", &format!("cat {KERNEL}\n"))?;
        world.script("journalctl", &format!("cat {JOURNAL}\n"))?;
        world.script("kubectl", KUBECTL)?;
        let program = target_dir().join("debug/oomparse");
        for (from, name) in [(program, "bin/oomparse"), (root().join("corpus"), "corpus")] {
            symlink(&from, world.dir.join(name)).map_err(|e| format!("{name}: {e}"))?;
        }
        Ok(world)
    }

    /// Runs a command where it is to be run; looks at it in any case.
    pub(super) fn check(&self, page: &str, step: &Step) -> Result<(), String> {
        known(&step.command)?;
        match step.how {
            How::Not => return Ok(()),
            How::Tried if dist::tries(page, &step.command) => return Ok(()),
            How::Tried => return Err("try-packages does not run it".to_owned()),
            How::Run => {}
        }
        // Files of this machine are not touched.
        let here = format!(" {}/var/", self.dir.display());
        let command = step.command.replace(" /var/", &here);
        let mut shell = Command::new("timeout");
        shell.args([PATIENCE, "bash", "-o", "pipefail", "-c", &command]);
        let output = shell
            .current_dir(&self.dir)
            .env("PATH", self.path())
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "80")
            .output()
            .map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}\n{said}{why}", output.status));
        }
        match &step.prints {
            Some(prints) if *prints != said => Err(format!("it prints\n{said}")),
            _ => Ok(()),
        }
    }

    /// The scripts and the program before what this machine has.
    fn path(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.dir.join("bin").display())
    }

    fn script(&self, name: &str, text: &str) -> Result<(), String> {
        let name = format!("bin/{name}");
        self.write(&name, format!("#!/bin/sh\n{text}").as_bytes())?;
        let path = self.dir.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|e| format!("{}: {e}", path.display()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.dir.join(name);
        let complain = |e| format!("{}: {e}", path.display());
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(complain)?;
        }
        fs::write(&path, bytes).map_err(complain)
    }
}

/// A command of this repository's own is one that there is.
pub(super) fn known(command: &str) -> Result<(), String> {
    for rest in command.split("cargo xtask ").skip(1) {
        let name = rest.split_whitespace().next().unwrap_or_default();
        let listed = crate::HELP.lines().any(|line| {
            let words = line.strip_prefix("  ").unwrap_or_default();
            words.split(' ').next() == Some(name)
        });
        if !listed {
            return Err(format!("there is no `cargo xtask {name}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn commands_of_this_repository_are_known() {
        assert!(known("cargo xtask wasm   # builds").is_ok());
        assert!(known("cargo xtask no-such-thing").is_err());
        assert!(known("ls").is_ok());
    }
}
