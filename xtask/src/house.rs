//! The house rules that a program can check.

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

/// A module that has parts is a folder with a `mod.rs` in it, and no file is read from another module's place.
pub(crate) fn modules() -> Result<(), String> {
    let files = files()?;
    let mut wrong = beside_their_folders(&files);
    for name in &files {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
        if text.lines().any(reads_from_elsewhere) {
            wrong.push(format!("{name} has a module with a path of its own"));
        }
    }
    match wrong.as_slice() {
        [] => Ok(()),
        wrong => Err(wrong.join(", ")),
    }
}

/// The files that stand beside the folder of their parts. A crate's own first file has none.
fn beside_their_folders(files: &[String]) -> Vec<String> {
    let is_root = |name: &str| match name.rsplit_once('/') {
        Some((dir, "main.rs" | "lib.rs")) => !dir.is_empty(),
        // Each file there is a crate.
        Some((dir, _)) => dir == "tests" || dir.ends_with("/tests") && !dir.contains("/src/"),
        None => true,
    };
    let has_folder = |name: &str| {
        let folder = format!("{}/", name.trim_end_matches(".rs"));
        files.iter().any(|other| other.starts_with(&folder))
    };
    let beside = files
        .iter()
        .filter(|name| !is_root(name) && has_folder(name));
    beside
        .map(|name| format!("{name} belongs into its folder, as mod.rs"))
        .collect()
}

/// Whether a line says where a module's file is.
fn reads_from_elsewhere(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[path ") || line.starts_with("#[cfg_attr(") && line.contains("path = ")
}

/// The repository's files of Rust.
pub(crate) fn files() -> Result<Vec<String>, String> {
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

/// Whether a file has tests alone.
pub(crate) fn is_of_tests(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

/// How many lines stand before the tests that are written into the file. Tests in a file of their own end nothing.
pub(crate) fn before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].ends_with('{');
    let tests = lines.windows(2).position(opens_tests);
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_in_their_folders() {
        let files = |names: &[&str]| -> Vec<String> { names.iter().map(|&it| it.into()).collect() };
        let found = |names: &[&str]| beside_their_folders(&files(names)).len();
        assert_eq!(found(&["a/src/json.rs", "a/src/json/text.rs"]), 1);
        assert_eq!(found(&["a/src/json/mod.rs", "a/src/json/text.rs"]), 0);
        assert_eq!(found(&["a/src/lib.rs", "a/src/lib/text.rs"]), 0);
        assert_eq!(found(&["a/tests/live.rs", "a/tests/live/pod.rs"]), 0);
        assert_eq!(found(&["a/src/tests.rs", "a/src/tests/cut.rs"]), 1);
        assert!(reads_from_elsewhere("    #[path = \"a.rs\"]"));
        assert!(reads_from_elsewhere("#[cfg_attr(x, path = \"a.rs\")]"));
        assert!(!reads_from_elsewhere("let path = 1;"));
    }

    #[test]
    fn this_repository_keeps_them() {
        assert_eq!(modules(), Ok(()));
        assert_eq!(lengths(), Ok(()));
    }

    #[test]
    fn tests_do_not_count() {
        assert_eq!(before_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(before_tests("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
        assert!(is_of_tests("oomparse-core/src/report/tests/cut.rs"));
        assert!(is_of_tests("tests/prefix.rs") && is_of_tests("oomparse-core/src/frame/tests.rs"));
        assert!(!is_of_tests("oomparse-core/src/frame/mod.rs"));
    }
}
