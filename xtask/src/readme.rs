//! Checks the documents: links, the example's output, commands.

use crate::root;
use crate::steps::{Steps, cargo};
use oomparse_tests::parse_whole;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every relative link in a Markdown file leads to something.
pub(crate) fn links() -> Result<(), String> {
    let mut broken = 0;
    let files = markdown_files(&root())?;
    for file in &files {
        let text = read(file)?;
        for target in link_targets(&text) {
            let path = target.split('#').next().unwrap_or_default();
            let absolute = target.contains("://") || target.starts_with("mailto:");
            if absolute || path.is_empty() {
                continue;
            }
            if !file.parent().unwrap_or(file).join(path).exists() {
                println!("    {}: `{target}` leads nowhere", file.display());
                broken += 1;
            }
        }
    }
    match broken {
        0 => Ok(()),
        _ => Err(format!("{broken} links lead nowhere")),
    }
}

/// The README's log gives exactly the README's JSON.
pub(crate) fn example() -> Result<(), String> {
    let text = read(&root().join("README.md"))?;
    let log = block(&text, "log").ok_or("README.md has no ```log block")?;
    let json = block(&text, "json").ok_or("README.md has no ```json block")?;
    let events = parse_whole(&oomparse_core::Options::default(), log.as_bytes());
    let expected = compact(&json);
    if events == [expected.as_str()] {
        return Ok(());
    }
    Err(format!(
        "README.md shows\n    {expected}\nand the program writes\n    {}",
        events.join("\n    ")
    ))
}

/// What the README shows below each `$ oomparse` line is what the program writes.
pub(crate) fn reports() -> Result<(), String> {
    let text = read(&root().join("README.md"))?;
    let shown: Vec<(&str, &str)> = text
        .split("```console\n$ oomparse ")
        .skip(1)
        .filter_map(|rest| rest.split("```").next()?.split_once('\n'))
        .collect();
    if shown.is_empty() {
        return Err("README.md shows no output of `$ oomparse`".to_owned());
    }
    for (command, expected) in shown {
        let output = cargo(&["run", "--quiet", "--package", "oomparse-cli", "--"])
            .args(command.split(' '))
            .current_dir(root())
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "80")
            .output()
            .map_err(|e| e.to_string())?;
        let written = String::from_utf8_lossy(&output.stdout);
        if written != expected {
            return Err(format!(
                "README.md: `oomparse {command}` writes\n{written}{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    Ok(())
}

/// Every cargo command of the README's `console` blocks runs.
pub(crate) fn commands(steps: &mut Steps) {
    let text = match read(&root().join("README.md")) {
        Ok(text) => text,
        Err(sentence) => return steps.task("the README's commands", || Err(sentence)),
    };
    let commands: Vec<&str> = text
        .split("```console\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ cargo "))
        // This is what runs us.
        .filter(|command| !command.starts_with("xtask test"))
        .collect();
    if commands.is_empty() {
        let none = || Err("README.md has no `$ cargo` line in a ```console block".to_owned());
        return steps.task("the README's commands", none);
    }
    for command in commands {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("cargo {command}")])
            .current_dir(root());
        steps.command(&format!("README: cargo {command}"), &mut shell);
    }
}

pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

pub(crate) fn markdown_files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let complain = |e: std::io::Error| format!("{}: {e}", dir.display());
    for entry in fs::read_dir(dir).map_err(complain)? {
        let path = entry.map_err(complain)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            found.extend(markdown_files(&path)?);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What stands between `](` and `)`, outside code.
fn link_targets(text: &str) -> Vec<&str> {
    let mut in_code = false;
    text.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            in_code ^= fence;
            !fence && !in_code
        })
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect()
}

/// The first link of a line after this place: where its target begins, and the target.
pub(crate) fn markdown_link(line: &str, from: usize) -> Option<(usize, &str)> {
    let at = from + line.get(from..)?.find("](")? + 2;
    let target = line.get(at..)?.split([')', ' ']).next()?;
    Some((at, target))
}

/// The first block with this info string.
fn block(text: &str, info: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("```{info}\n"))?;
    Some(rest.split_once("```")?.0.to_owned())
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let was_in_string = in_string;
            match c {
                '"' if !escaped => in_string = !in_string,
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            was_in_string || !c.is_whitespace()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_keeps_what_is_in_strings() {
        assert_eq!(
            compact("{ \"a b\": \"c\\\" d\",\n  \"e\": 1 }"),
            r#"{"a b":"c\" d","e":1}"#
        );
        assert_eq!(compact(r#"["\\", 2 ]"#), r#"["\\",2]"#);
    }

    #[test]
    fn links_in_code_do_not_count() {
        let text = "[a](b.md) [c](d.md#e \"t\")\n```\n[x](y)\n```\n";
        assert_eq!(link_targets(text), ["b.md", "d.md#e"]);
    }
}
