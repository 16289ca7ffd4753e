//! The commands that README.md and docs/install.md tell people to install with, word for word, in clean roots.

use super::trial_roots::{debian_with, fresh, inside};
use super::{copy_as, packages, read};
use crate::static_program::X86;
use crate::steps;
use crate::{VERSION, root};
use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = "README.md";
const INSTALL: &str = "docs/install.md";

/// Where a command runs. In each, the packages are in the folder where it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a Debian.
    Debian,
    /// On this machine, for a root without RPM's packages: no RPM-based machine is here.
    Rpm,
    /// On this machine, with what is installed in the Debian.
    Beside,
    /// In an environment for Python with nothing else in it.
    Python,
    /// In a fresh project.
    Node,
}

/// The page, the command as it stands there, where it runs, and what must succeed afterwards.
type Tried = (&'static str, &'static str, Place, &'static str);

/// In this order: a later one finds what an earlier one installed.
const TRIED: [Tried; 19] = [
    (
        INSTALL,
        "tar -xzf oomparse-VERSION-MACHINE-unknown-linux-musl.tar.gz && install oomparse-*/bin/oomparse /usr/local/bin/",
        Place::Debian,
        "/usr/local/bin/oomparse scan -q /tmp/log && rm /usr/local/bin/oomparse",
    ),
    (
        README,
        "tar -xzf oomparse-VERSION-x86_64-unknown-linux-musl.tar.gz",
        Place::Debian,
        "oomparse-*/bin/oomparse scan -q /tmp/log",
    ),
    (
        INSTALL,
        "dpkg -i oomparse_VERSION-1_amd64.deb",
        Place::Debian,
        USE,
    ),
    (
        README,
        "dpkg -i oomparse_VERSION-1_amd64.deb",
        Place::Debian,
        USE,
    ),
    (
        INSTALL,
        "dpkg -i liboomparse[0-9]*_VERSION-1_amd64.deb liboomparse-dev_VERSION-1_amd64.deb",
        Place::Debian,
        "test -f /usr/include/oomparse.h",
    ),
    (
        README,
        "dpkg -i liboomparse*.deb",
        Place::Debian,
        "test -f /usr/include/oomparse.h",
    ),
    (
        README,
        "pkg-config --cflags --libs oomparse",
        Place::Beside,
        "true",
    ),
    (
        INSTALL,
        "dpkg -i oomparse_VERSION-1_amd64.deb oomparse-rsyslog_VERSION-1_all.deb",
        Place::Debian,
        "rsyslogd -N1 && dpkg --verify oomparse-rsyslog",
    ),
    (
        INSTALL,
        "dpkg -i oomparse_VERSION-1_amd64.deb oomparse-vector_VERSION-1_amd64.deb",
        Place::Debian,
        "test -f /etc/vector/oomparse.yaml && dpkg --verify oomparse-vector",
    ),
    (
        INSTALL,
        "rpm -i oomparse-VERSION-1.MACHINE.rpm",
        Place::Rpm,
        USE,
    ),
    (
        INSTALL,
        "rpm -i liboomparse-VERSION-1.x86_64.rpm liboomparse-devel-VERSION-1.x86_64.rpm",
        Place::Rpm,
        "test -f /usr/include/oomparse.h",
    ),
    (
        README,
        "rpm -i oomparse-VERSION-1.x86_64.rpm",
        Place::Rpm,
        USE,
    ),
    (
        README,
        "rpm -i liboomparse*.rpm",
        Place::Rpm,
        "test -f /usr/include/oomparse.h",
    ),
    (
        INSTALL,
        "pip install --no-index --find-links FOLDER oomparse",
        Place::Python,
        "python -c 'import oomparse'",
    ),
    (
        INSTALL,
        "pip install --no-index --find-links FOLDER oomparse-cli",
        Place::Python,
        "oomparse --version",
    ),
    (
        README,
        "pip install oomparse",
        Place::Python,
        "python -c 'import oomparse'",
    ),
    (
        README,
        "pip install oomparse-cli",
        Place::Python,
        "oomparse --version",
    ),
    (
        INSTALL,
        "npm install oomparse-VERSION.tgz",
        Place::Node,
        IMPORT,
    ),
    (
        README,
        "npm install oomparse-VERSION.tgz",
        Place::Node,
        IMPORT,
    ),
];

const USE: &str = "oomparse scan -q /tmp/log && oomparse man > /dev/null";
const IMPORT: &str =
    "node --input-type=module --eval \"import { parse } from 'oomparse'; parse('')\"";

/// Whether this command of a page is run here.
pub(crate) fn tries(page: &str, command: &str) -> bool {
    let mut all = TRIED.iter();
    all.any(|(its_page, its_command, ..)| (*its_page, *its_command) == (page, command))
}

/// Runs all of them.
pub(super) fn run() -> Result<(), String> {
    let debian = debian_with("documented", &["rsyslog"])?;
    // The clean root has no devices.
    std::fs::File::create(debian.join("dev/null")).map_err(|e| e.to_string())?;
    for file in super::files(&packages())? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".deb") || name.ends_with(&format!("{}.tar.gz", X86.target)) {
            copy_as(&file, &debian.join("packages").join(&*name))?;
        }
    }
    let python = fresh("documented-python")?;
    steps::run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    for (page, command, place, then) in TRIED {
        if !read(&root().join(page))?.contains(&format!("`{command}`")) {
            return Err(format!("{page} does not have `{command}`"));
        }
        let typed = command
            .replace("VERSION", VERSION)
            .replace("MACHINE", X86.rpm);
        match place {
            Place::Debian => {
                steps::run(&mut in_root(&debian, &format!("cd /packages && {typed}")))?;
                steps::run(&mut in_root(&debian, &format!("cd /packages && {then}")))
            }
            Place::Rpm => with_rpm(&typed, then),
            Place::Beside => beside(&debian, &typed),
            Place::Python => {
                let typed = typed.replace("FOLDER", ".");
                steps::run(&mut with_pip(&python, &format!("{typed} && {then}")))
            }
            Place::Node => in_a_project(&format!("{typed} && {then}")),
        }?;
    }
    Ok(())
}

fn in_root(dir: &Path, words: &str) -> Command {
    inside(dir, &["sh", "-c", words])
}

fn shell(dir: &Path, words: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", words]).current_dir(dir);
    shell
}

/// Into a root in which RPM knows of no package.
fn with_rpm(typed: &str, then: &str) -> Result<(), String> {
    let dir = debian_with("documented-rpm", &[])?;
    std::fs::File::create(dir.join("dev/null")).map_err(|e| e.to_string())?;
    let into = format!("rpm --root '{}' --nodeps -i ", dir.display());
    steps::run(&mut shell(
        &packages(),
        &typed.replacen("rpm -i ", &into, 1),
    ))?;
    steps::run(&mut in_root(&dir, then))
}

/// Finds what is installed in the root.
fn beside(debian: &Path, typed: &str) -> Result<(), String> {
    let lib = debian.join("usr/lib/x86_64-linux-gnu/pkgconfig");
    let mut shell = shell(debian, typed);
    steps::run(shell.env("PKG_CONFIG_LIBDIR", lib))
}

/// PyPI has no such package yet: pip looks into the folder with the packages.
fn with_pip(environment: &Path, words: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = shell(&packages(), words);
    shell
        .env(
            "PATH",
            format!("{}:{path}", environment.join("bin").display()),
        )
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FORCE_REINSTALL", "1")
        .env("PIP_FIND_LINKS", packages());
    shell
}

fn in_a_project(words: &str) -> Result<(), String> {
    let dir: PathBuf = fresh("documented-npm")?;
    let packed = format!("oomparse-{VERSION}.tgz");
    copy_as(&packages().join(&packed), &dir.join(&packed))?;
    super::write(&dir.join("package.json"), "{}\n")?;
    steps::run(&mut shell(&dir, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is tried stands on its page, as a whole command.
    #[test]
    fn every_command_is_one_of_a_page() {
        for (page, command, ..) in TRIED {
            let text = read(&root().join(page)).unwrap();
            assert!(text.contains(&format!("`{command}`")), "{page}: {command}");
            assert!(tries(page, command));
        }
        assert!(!tries(README, "dpkg -i another.deb"));
    }
}
