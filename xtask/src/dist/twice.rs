//! `cargo xtask dist-twice`: the same commit built in another folder must produce the same bytes.

use super::{packages, read};
use crate::reproducible::epoch;
use crate::steps;
use crate::{root, target_dir};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Builds everything here and in a clone of the last commit, and compares the checksums.
pub(crate) fn run() -> Result<(), String> {
    let mut status = Command::new("git");
    let status = super::output(status.args(["status", "--porcelain"]).current_dir(root()))?;
    if !status.is_empty() {
        return Err("there are changes that no commit has: commit them first".to_owned());
    }
    super::run()?;
    let here = sums(&read(&packages().join("SHA256SUMS"))?);
    let clone = target_dir().join("twice/another-folder-with-a-longer-name");
    _ = fs::remove_dir_all(&clone);
    let mut git = Command::new("git");
    steps::run(git.args(["clone", "--quiet"]).arg(root()).arg(&clone))?;
    let mut dist = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    dist.args(["run", "--quiet", "--package", "xtask", "--", "dist"])
        .current_dir(&clone)
        .env_remove("CARGO_TARGET_DIR")
        .env("SOURCE_DATE_EPOCH", epoch())
        .env("PATH", crate::tools::path());
    steps::run(&mut dist)?;
    let there = sums(&read(&clone.join("dist/packages/SHA256SUMS"))?);
    for (name, sum) in &here {
        let same = there.get(name) == Some(sum);
        println!("{}  {name}", if same { "same     " } else { "DIFFERENT" });
    }
    let same = |(name, sum): &(&String, &String)| there.get(*name) == Some(sum);
    let count = here.iter().filter(same).count();
    println!("{count} of {} files have the same bytes", here.len());
    if count != here.len() || there.len() != here.len() {
        return Err("another folder gives other bytes".to_owned());
    }
    fs::remove_dir_all(&clone).map_err(|e| format!("{}: {e}", clone.display()))
}

/// File names with their checksums.
fn sums(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        line.split_once("  ")
            .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::sums;

    #[test]
    fn lines_of_sha256sum() {
        let sums = sums("0f  a.tar.gz\n1e  b.deb\n");
        assert_eq!(sums.len(), 2);
        assert_eq!(sums["b.deb"], "1e");
    }
}
