//! No two modules use each other, nor more of them in a circle: what stands beside what is a question of order.
//!
//! A module and its own parts may use each other, as Rust's files do. Of modules that stand side by side, at any
//! level of a crate, one is below the other. Tests may use everything.

use crate::house::{before_tests, files, is_of_tests};
use crate::root;
use std::collections::{BTreeMap, BTreeSet};

/// Folders whose modules may use each other in a circle.
const MAY: [(&str, &str); 2] = [
    // A carrier holds another: a JSON record a line of syslog, and that line a record.
    ("oomparse-core", "frame"),
    // One state of the open report, which each rule reads and some change.
    ("oomparse-core", "report"),
];

/// Looks at every crate of the repository.
pub(crate) fn check() -> Result<(), String> {
    let files = files()?;
    let mut found = Vec::new();
    for first in &files {
        let Some(src) = ["/lib.rs", "/main.rs"]
            .iter()
            .find_map(|name| first.strip_suffix(name))
            .filter(|src| src.ends_with("/src"))
        else {
            continue;
        };
        let mut modules = BTreeMap::new();
        for name in files.iter().filter(|name| !is_of_tests(name)) {
            if let Some(path) = name.strip_prefix(src).and_then(module_of) {
                let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
                modules.insert(path, text);
            }
        }
        let name = src.trim_end_matches("/src");
        for (folder, circle) in circles(&modules) {
            if !MAY.contains(&(name, folder.as_str())) {
                found.push(format!("{name}, in `{folder}`: {circle}"));
            }
        }
    }
    match found.as_slice() {
        [] => Ok(()),
        found => Err(format!(
            "these modules use each other: {}; what both need goes into a module below them",
            found.join("; ")
        )),
    }
}

/// The path of a file's module: `/a/b.rs` and `/a/b/mod.rs` are `a`, `b`; the crate's first file has no name.
fn module_of(file: &str) -> Option<Vec<String>> {
    let mut path: Vec<String> = file
        .strip_prefix('/')?
        .strip_suffix(".rs")?
        .split('/')
        .map(str::to_owned)
        .collect();
    let is_first = path.len() == 1 && matches!(path[0].as_str(), "lib" | "main");
    if is_first || path.last().is_some_and(|name| name == "mod") {
        path.pop();
    }
    Some(path)
}

/// The folders in which modules use each other in a circle, with what uses what.
fn circles(modules: &BTreeMap<Vec<String>, String>) -> Vec<(String, String)> {
    let mut uses: BTreeMap<Vec<String>, BTreeSet<(String, String)>> = BTreeMap::new();
    for (module, text) in modules {
        for path in paths(text) {
            let Some(used) = resolved(module, &path, modules) else {
                continue;
            };
            let common = module.iter().zip(&used).take_while(|(a, b)| a == b).count();
            // Else one of them is a part of the other.
            if let (Some(from), Some(to)) = (module.get(common), used.get(common)) {
                let folder = uses.entry(module[..common].to_vec()).or_default();
                folder.insert((from.clone(), to.clone()));
            }
        }
    }
    let circles = uses.into_iter().filter_map(|(folder, mut uses)| {
        // What uses nothing that is left, or is used by nothing that is left, is in no circle.
        loop {
            let before = uses.len();
            let (from, to): (BTreeSet<_>, BTreeSet<_>) = uses.iter().cloned().unzip();
            uses.retain(|(user, used)| to.contains(user) && from.contains(used));
            if uses.len() == before {
                break;
            }
        }
        let arrows: Vec<String> = uses
            .iter()
            .map(|(user, used)| format!("{user} → {used}"))
            .collect();
        (!arrows.is_empty()).then(|| (folder.join("::"), arrows.join(", ")))
    });
    circles.collect()
}

/// The module that a path leads to, if it is one of the crate.
fn resolved(
    module: &[String],
    path: &[String],
    modules: &BTreeMap<Vec<String>, String>,
) -> Option<Vec<String>> {
    let mut steps = path.iter().peekable();
    let mut at = match steps.next()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module.split_last()?.1.to_vec(),
        _ => return None,
    };
    while steps.next_if(|step| *step == "super").is_some() {
        at.pop();
    }
    for step in steps {
        at.push(step.clone());
        if !modules.contains_key(&at) {
            at.pop();
            break;
        }
    }
    Some(at)
}

/// The paths of a file that begin with `crate`, `self` or `super`, with every branch of `{…}`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().take(before_tests(text));
    let code: Vec<&str> = lines
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let words = words(&code);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let is_first = at == 0 || words[at - 1] != "::";
        if is_first
            && matches!(*word, "crate" | "self" | "super")
            && words.get(at + 1) == Some(&"::")
        {
            at = branch(&words, at, &mut Vec::new(), &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Follows one path from its first word; returns the place after it.
fn branch(
    words: &[&str],
    mut at: usize,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    let length = path.len();
    loop {
        match words.get(at) {
            Some(&"{") => {
                at += 1;
                while !matches!(words.get(at), None | Some(&"}")) {
                    at = branch(words, at, path, found);
                    // `as other`, and the comma.
                    while !matches!(words.get(at), None | Some(&"," | &"}")) {
                        at += 1;
                    }
                    at += usize::from(words.get(at) == Some(&","));
                }
                at += 1;
                break;
            }
            Some(word)
                if word.starts_with(|first: char| first.is_alphanumeric() || first == '_') =>
            {
                path.push((*word).to_owned());
                at += 1;
                if words.get(at) != Some(&"::") {
                    found.push(path.clone());
                    break;
                }
                at += 1;
            }
            // `*`, `<`, or the end.
            _ => {
                found.push(path.clone());
                at += 1;
                break;
            }
        }
    }
    path.truncate(length);
    at
}

/// Names, `::`, and every other character that is not a blank.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        let len = if is_of_name(first) {
            rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(len);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let modules = files
            .iter()
            .map(|(file, text)| (module_of(file).unwrap(), (*text).to_owned()));
        circles(&modules.collect())
    }

    #[test]
    fn this_repository_has_none() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn two_that_use_each_other_are_a_circle() {
        let circle = found(&[
            ("/lib.rs", "mod a; mod b; mod c;"),
            ("/a.rs", "use crate::b::{self, B as Other};\nuse std::fmt;"),
            ("/b.rs", "fn b() { super::a::f(1) }"),
            ("/c.rs", "use crate::{a::A, b};"),
        ]);
        assert_eq!(circle, [(String::new(), "a → b, b → a".to_owned())]);
    }

    #[test]
    fn a_longer_circle_is_found_below_folders() {
        let circle = found(&[
            ("/main.rs", ""),
            ("/x/mod.rs", "mod a; mod b; mod c;"),
            ("/x/a/mod.rs", "mod part;"),
            ("/x/a/part.rs", "use crate::x::{b::{B, C}, d};"),
            ("/x/b.rs", "use super::c::*;"),
            ("/x/c.rs", "use super::{\n    a::part::f,\n};"),
            ("/x/d.rs", ""),
        ]);
        assert_eq!(circle, [("x".to_owned(), "a → b, b → c, c → a".to_owned())]);
    }

    #[test]
    fn parts_and_tests_and_comments_are_none() {
        let circle = found(&[
            ("/lib.rs", "mod a; use a::A;"),
            (
                "/a/mod.rs",
                "mod part; use part::P; use crate::Root;\n// crate::b::B",
            ),
            ("/a/part.rs", "use super::A; use crate::b::B;"),
            (
                "/b.rs",
                "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}",
            ),
        ]);
        assert_eq!(circle, []);
    }
}
