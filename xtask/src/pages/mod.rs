//! The commands that the documents show: each is run, or its page says why it is not.
//!
//! Directly above a block of shell commands stands a comment, which no reader of the page sees:
//!
//! * `<!-- run -->`: every command of the block is run here, and what the block shows below it is what it prints.
//! * `<!-- run; not "oomparse watch": it waits for the next kill -->`: all but those that contain these words.
//! * `<!-- not run: REASON -->`: none of them.
//! * `<!-- tried -->`, also with `; not "WORDS": REASON`: `cargo xtask try-packages` runs them in clean roots.
//!
//! The same comments stand above tables with commands. A block without such a comment fails. `cargo xtask NAME` must be a command, whether it is run or not.

mod tables;
mod world;

use crate::readme::{markdown_files, read};
use crate::root;
use world::World;

/// The names of blocks with commands.
const SHELLS: [&str; 4] = ["sh", "bash", "console", "shell"];

/// Runs the commands of all documents, and counts them.
pub(crate) fn check() -> Result<(), String> {
    let world = World::new()?;
    let (mut ran, mut tried, mut reasons, mut pages, mut faults) = (0, 0, 0, 0, Vec::new());
    for file in markdown_files(&root())? {
        let page = file.strip_prefix(root()).unwrap_or(&file).to_string_lossy();
        let text = read(&file)?;
        let mut blocks = blocks(&text);
        blocks.extend(tables::blocks(&page, &text));
        let of_tables = tables::faults(&text).into_iter();
        faults.extend(of_tables.map(|fault| format!("{page}: {fault}")));
        pages += usize::from(!blocks.is_empty());
        for block in &blocks {
            let place = format!("{page}:{}", block.line);
            match block.steps() {
                Ok(steps) => {
                    for step in steps {
                        match step.how {
                            How::Run => {
                                ran += 1;
                                println!("    {place}: {}", step.command);
                            }
                            How::Tried => tried += 1,
                            How::Not => reasons += 1,
                        }
                        if let Err(sentence) = world.check(&page, &step) {
                            faults.push(format!("{place}: `{}`: {sentence}", step.command));
                        }
                    }
                }
                Err(sentence) => faults.push(format!("{place}: {sentence}")),
            }
        }
    }
    println!(
        "    {ran} commands run, {tried} are left to `cargo xtask try-packages`, {reasons} not run, for the reason that \
         stands above each; {pages} pages"
    );
    if faults.is_empty() && ran > 0 {
        return Ok(());
    }
    Err(format!("{} faults\n{}", faults.len(), faults.join("\n")))
}

/// A block of commands.
#[derive(Debug, PartialEq, Eq)]
struct Block<'t> {
    /// Where its first line stands, from 1.
    line: usize,
    /// The comment above it.
    mark: Option<&'t str>,
    console: bool,
    lines: Vec<&'t str>,
}

/// A command of a block, and what the block shows that it prints.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    how: How,
    prints: Option<String>,
}

/// Where a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Run,
    /// By `cargo xtask try-packages`.
    Tried,
    Not,
}

/// All blocks of commands of a page.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let (mut found, mut open, mut above) = (Vec::new(), None, None);
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        let fence = trimmed.strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let shell = SHELLS.contains(&info);
                let block = Block {
                    line: number + 1,
                    mark: above.take(),
                    console: info == "console",
                    lines: Vec::new(),
                };
                open = Some((shell, block));
            }
            (Some(_), Some(_)) => {
                if let Some((true, block)) = open.take() {
                    found.push(block);
                }
            }
            (Some((_, block)), None) => block.lines.push(line),
            (None, None) => {
                let comment = trimmed.strip_prefix("<!-- ");
                above = comment.and_then(|rest| rest.strip_suffix(" -->"));
            }
        }
    }
    found
}

impl Block<'_> {
    /// Its commands, by what the comment above it says.
    fn steps(&self) -> Result<Vec<Step>, String> {
        let mark = self
            .mark
            .ok_or("no `<!-- run -->` or `<!-- not run: REASON -->` stands above these commands")?;
        let mut steps = self.commands();
        if steps.is_empty() {
            return Err("this block has no command".to_owned());
        }
        let reason = |text: &str| {
            if text.trim().len() < 8 {
                return Err(format!("`{mark}` gives no reason"));
            }
            Ok(())
        };
        if let Some(why) = mark.strip_prefix("not run: ") {
            steps.iter_mut().for_each(|step| step.how = How::Not);
            return reason(why).map(|()| steps);
        }
        let mut parts = mark.split("; not ");
        let how = match parts.next() {
            Some("run") => How::Run,
            Some("tried") => How::Tried,
            _ => return Err(format!("`{mark}` is not a mark for commands")),
        };
        steps.iter_mut().for_each(|step| step.how = how);
        for part in parts {
            let (words, why) = part
                .strip_prefix('"')
                .and_then(|rest| rest.split_once("\": "))
                .ok_or_else(|| format!("`{part}` is not `\"WORDS\": REASON`"))?;
            reason(why)?;
            let mut meant = steps
                .iter_mut()
                .filter(|step| step.command.contains(words))
                .peekable();
            if meant.peek().is_none() {
                return Err(format!("no command here contains `{words}`"));
            }
            meant.for_each(|step| step.how = How::Not);
        }
        Ok(steps)
    }

    /// Each line is a command; in a console it begins with `$ ` or `# `, and below it stands what it prints.
    fn commands(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in &self.lines {
            let line = *line;
            let begins = match self.console {
                true => line.strip_prefix("$ ").or_else(|| line.strip_prefix("# ")),
                false => {
                    Some(line.trim()).filter(|line| !line.is_empty() && !line.starts_with('#'))
                }
            };
            match (goes_on, steps.last_mut(), begins) {
                (true, Some(step), _) => {
                    step.command.push('\n');
                    step.command.push_str(line);
                    goes_on = line.ends_with('\\');
                }
                (_, _, Some(command)) => {
                    goes_on = command.ends_with('\\');
                    steps.push(Step {
                        command: command.to_owned(),
                        how: How::Run,
                        prints: None,
                    });
                }
                (_, Some(step), None) if self.console => {
                    let prints = step.prints.get_or_insert_with(String::new);
                    prints.push_str(line);
                    prints.push('\n');
                }
                _ => {}
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n<!-- run; not \"watch\": it waits for the next kill -->\n```sh\noomparse scan a   # b\n\noomparse watch\n```\n\
                        ```json\n{}\n```\n<!-- run -->\n```console\n$ oomparse who \\\n    x\nshop/web-0\n```\n```sh\nls\n```\n";

    #[test]
    fn commands_and_what_they_print() {
        let blocks = blocks(PAGE);
        assert_eq!(blocks.len(), 3);
        let steps = blocks[0].steps().unwrap();
        let runs: Vec<(&str, How)> = steps
            .iter()
            .map(|step| (step.command.as_str(), step.how))
            .collect();
        assert_eq!(
            runs,
            [
                ("oomparse scan a   # b", How::Run),
                ("oomparse watch", How::Not)
            ]
        );
        let steps = blocks[1].steps().unwrap();
        assert_eq!(steps[0].command, "oomparse who \\\n    x");
        assert_eq!(steps[0].prints.as_deref(), Some("shop/web-0\n"));
        assert_eq!(blocks[2].line, 19);
        let sentence = blocks[2].steps().unwrap_err();
        assert!(
            sentence.contains("stands above these commands"),
            "{sentence}"
        );
    }

    #[test]
    fn a_mark_gives_a_reason_and_means_a_command() {
        for (mark, fault) in [
            ("not run: no", "gives no reason"),
            ("run; not \"pwd\": there is no such thing", "contains `pwd`"),
            ("run; not pwd: there is no such thing", "is not"),
            ("to do", "is not a mark"),
        ] {
            let text = format!("<!-- {mark} -->\n```sh\nls\n```\n");
            let sentence = blocks(&text)[0].steps().unwrap_err();
            assert!(sentence.contains(fault), "{sentence}");
        }
        let text = "<!-- not run: it needs a cluster -->\n```sh\nls\n```\n";
        assert_eq!(blocks(text)[0].steps().unwrap()[0].how, How::Not);
        let text = "<!-- tried -->\n```sh\nls\n```\n";
        assert_eq!(blocks(text)[0].steps().unwrap()[0].how, How::Tried);
    }
}
