//! Files that go into every package with the program: manual pages, completions, licences, the unit.

use super::{copy, copy_as, create, licences, output, stage_dir, write};
use crate::VERSION;
use crate::licences::FILE;
use crate::reproducible::epoch;
use crate::root;
use crate::static_program as program;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The shells, and the files that their completions are in.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "oomparse"),
    ("zsh", "_oomparse"),
    ("fish", "oomparse.fish"),
];

/// Files of the repository that go into packages as they are.
pub(super) const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Fills the folder again.
pub(super) fn fill() -> Result<(), String> {
    let stage = stage_dir();
    _ = fs::remove_dir_all(&stage);
    create(&stage)?;
    manual_pages(&stage)?;
    for (shell, file) in SHELLS {
        let script = oomparse(&["completions", shell])?;
        write(&stage.join("completions").join(shell).join(file), script)?;
    }
    for name in LICENCES {
        copy(&root(), name, &stage)?;
    }
    for name in ["oomparse-watch.service", "copyright", "lintian-overrides"] {
        copy(&root().join("packaging"), name, &stage)?;
    }
    let options = root().join("packaging/oomparse-watch.default");
    copy_as(&options, &stage.join("oomparse-watch.default"))?;
    write(&stage.join("changelog"), debian_changelog()?)?;
    gzip(&stage.join("changelog"), &stage.join("changelog.Debian.gz"))?;
    licences::write_all(&stage)?;
    gzip(&stage.join(FILE), &stage.join(format!("{FILE}.gz")))
}

/// The program's page and one for each of its commands, compressed as distributions do.
fn manual_pages(stage: &Path) -> Result<(), String> {
    let page = |args: &[&str], name: &str| {
        let plain = stage.join("man").join(name);
        write(&plain, oomparse(args)?)?;
        gzip(&plain, &stage.join("man.gz").join(format!("{name}.gz")))
    };
    page(&["man"], "oomparse.1")?;
    let help = String::from_utf8_lossy(&oomparse(&["--help"])?).into_owned();
    for command in commands(&help) {
        page(&["man", command], &format!("oomparse-{command}.1"))?;
    }
    Ok(())
}

/// The names below `Commands:`; `help` is what clap adds, and has no page.
fn commands(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

fn oomparse(args: &[&str]) -> Result<Vec<u8>, String> {
    output(Command::new(program::that_runs_here()).args(args))
}

/// Without a name and a time in it.
pub(super) fn gzip(from: &Path, to: &Path) -> Result<(), String> {
    let packed = output(
        Command::new("gzip")
            .args(["-9", "--no-name", "--stdout"])
            .arg(from),
    )?;
    write(to, packed)
}

/// The changelog that Debian requires: one entry, which refers to the real one.
fn debian_changelog() -> Result<String, String> {
    let mut date = Command::new("date");
    date.args(["--utc", "-R", "--date"])
        .arg(format!("@{}", epoch()));
    let date = String::from_utf8_lossy(&output(date.env("LC_ALL", "C"))?)
        .trim()
        .to_owned();
    Ok(format!(
        "oomparse ({VERSION}-1) unstable; urgency=medium\n\n  \
         * What changed: https://github.com/oomparse/oomparse/blob/main/CHANGELOG.md\n\n \
         -- The oomparse authors <oomparse@users.noreply.github.com>  {date}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn each_command_has_a_page() {
        let help = "Usage: oomparse <COMMAND>\n\nCommands:\n  scan   Find\n         more\n  man    Write\n  help   Print\n\nOptions:\n  -h\n";
        assert_eq!(commands(help), ["scan", "man"]);
    }
}
