//! Commands that stand in a page's tables, as code.
//!
//! Above a table that has some stands the same comment as above a block; on the pages of [`MARKED`] it must. In all
//! tables, a command of this repository's own must be one that there is.

use super::{Block, world};
use crate::root;

/// The pages whose tables tell people what to type.
const MARKED: [&str; 2] = ["README.md", "docs/install.md"];

/// With which a command begins; such a word alone is a name.
const PROGRAMS: [&str; 22] = [
    "apt-get",
    "cargo",
    "curl",
    "dmesg",
    "docker",
    "dpkg",
    "fluent-bit",
    "git",
    "helm",
    "journalctl",
    "kubectl",
    "node",
    "npm",
    "oomparse",
    "pip",
    "pkg-config",
    "podman",
    "python3",
    "rpm",
    "rustup",
    "systemctl",
    "tar",
];

/// The tables of a page that have commands and must say, or do say, how they are tried.
pub(super) fn blocks<'t>(page: &str, text: &'t str) -> Vec<Block<'t>> {
    let all = tables(text).into_iter();
    all.filter(|table| !table.lines.is_empty())
        .filter(|table| table.mark.is_some() || MARKED.contains(&page))
        .collect()
}

/// What is wrong with the commands of all tables, whether they are marked or not.
pub(super) fn faults(text: &str) -> Vec<String> {
    let tables = tables(text);
    let commands = tables.iter().flat_map(|table| &table.lines);
    commands
        .filter_map(|command| {
            let wrong = world::known(command)
                .and_then(|()| has_tests(command))
                .err()?;
            Some(format!("`{command}`: {wrong}"))
        })
        .collect()
}

/// All tables, each with its commands.
fn tables(text: &str) -> Vec<Block<'_>> {
    let (mut found, mut above, mut in_code) = (Vec::<Block>::new(), None, false);
    let mut in_table = false;
    for (number, line) in (1..).zip(text.lines()) {
        in_code ^= line.trim_start().starts_with("```");
        let row = !in_code && line.starts_with('|');
        if row && !in_table {
            found.push(Block {
                line: number,
                mark: above,
                console: false,
                lines: Vec::new(),
            });
        }
        in_table = row;
        if let (true, Some(table)) = (row, found.last_mut()) {
            table.lines.extend(commands(line));
        }
        let comment = line.strip_prefix("<!-- ");
        above = comment.and_then(|rest| rest.strip_suffix(" -->"));
    }
    found
}

/// What stands as code in a row and begins with a program.
fn commands(row: &str) -> impl Iterator<Item = &str> {
    row.split('`').skip(1).step_by(2).filter(|code| {
        let program = code.split_once(' ').map(|(program, _)| program);
        program.is_some_and(|program| PROGRAMS.contains(&program))
    })
}

/// `cargo test -p PACKAGE --test NAME`: there are such tests.
fn has_tests(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let after = |flag: &'static str| {
        let pairs = words.windows(2).filter(move |pair| pair[0] == flag);
        pairs.map(|pair| pair[1])
    };
    let Some(package) = after("-p")
        .next()
        .filter(|_| command.starts_with("cargo test"))
    else {
        return Ok(());
    };
    let folder = match package {
        "oomparse-tests" => root(),
        "oomparse-fluent-bit" => root().join("integrations/fluent-bit/native"),
        other => root().join(other),
    };
    for name in after("--test") {
        let file = folder.join("tests").join(name);
        if !file.with_extension("rs").is_file() && !file.join("main.rs").is_file() {
            return Err(format!("{package} has no tests `{name}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist;
    use crate::pages::How;
    use crate::readme::{markdown_files, read};

    const PAGE: &str = "# A\n\n<!-- tried; not \"helm\": it needs a cluster -->\n| a | b |\n|---|---|\n\
                        | `x` | `oomparse` by `pip install x`, or `helm install y` |\n\nText\n\n\
                        | a |\n|---|\n| `dpkg -i z` |\n```sh\n| `npm install x` |\n```\n";

    #[test]
    fn commands_of_tables_and_their_marks() {
        let tables = blocks("README.md", PAGE);
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].lines, ["pip install x", "helm install y"]);
        assert_eq!(tables[1].lines, ["dpkg -i z"]);
        assert_eq!((tables[0].line, tables[1].line), (4, 10));
        assert!(tables[0].steps().is_ok());
        assert!(tables[1].steps().is_err(), "no command without a word");
        assert_eq!(blocks("docs/other.md", PAGE).len(), 1);
    }

    #[test]
    fn own_commands_are_ones_that_there_are() {
        let row = |command: &str| faults(&format!("| `{command}` |\n"));
        assert_eq!(row("cargo xtask dist").len(), 0);
        assert_eq!(row("cargo xtask dost").len(), 1);
        assert_eq!(
            row("cargo test -p oomparse-cli --test npd --test kubectl_oom").len(),
            0
        );
        assert_eq!(row("cargo test -p oomparse-cli --test no_such").len(), 1);
    }

    /// Which commands are run where: no command of the tables is without an answer.
    #[test]
    fn every_command_of_the_tables_is_accounted_for() {
        let mut tried = 0;
        for page in MARKED {
            let text = read(&root().join(page)).unwrap();
            for table in blocks(page, &text) {
                let place = format!("{page}:{}", table.line);
                for step in table.steps().unwrap_or_else(|why| panic!("{place}: {why}")) {
                    if step.how == How::Tried {
                        assert!(
                            dist::tries(page, &step.command),
                            "{place}: {}",
                            step.command
                        );
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 15, "only {tried}");
        for file in markdown_files(&root()).unwrap() {
            let wrong = faults(&read(&file).unwrap());
            assert!(wrong.is_empty(), "{}: {wrong:?}", file.display());
        }
    }
}
