//! The house rules that a machine can check.

use crate::root;
use std::process::Command;

/// A file has one idea: so many lines at most before its tests. Files of tests are exempt.
const MOST_LINES: usize = 400;

/// No file of code is too long.
pub(crate) fn lengths() -> Result<(), String> {
    let long: Vec<String> = files()?
        .into_iter()
        .filter(|name| !is_of_tests(name))
        .filter_map(|name| {
            let text = std::fs::read_to_string(root().join(&name)).ok()?;
            let lines = before_tests(&text);
            (lines > MOST_LINES).then(|| format!("{name} has {lines}"))
        })
        .collect();
    match long.as_slice() {
        [] => Ok(()),
        long => Err(format!(
            "more than {MOST_LINES} lines before the tests: {}; split what has an idea of its own",
            long.join(", ")
        )),
    }
}

/// The repository's files of Rust.
fn files() -> Result<Vec<String>, String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
        ])
        .current_dir(root())
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let files: Vec<String> = text.lines().map(str::to_owned).collect();
    match files.is_empty() {
        true => Err("git lists no files of Rust".to_owned()),
        false => Ok(files),
    }
}

fn is_of_tests(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

fn before_tests(text: &str) -> usize {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_count() {
        assert_eq!(before_tests("a\nb\n#[cfg(test)]\nmod tests {}\n"), 2);
        assert!(is_of_tests("oomparse-core/src/report/tests/cut.rs"));
        assert!(is_of_tests("tests/prefix.rs") && is_of_tests("oomparse-core/src/frame/tests.rs"));
        assert!(!is_of_tests("oomparse-core/src/frame/mod.rs"));
    }
}
