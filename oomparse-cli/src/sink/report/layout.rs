//! Text that fits the screen: words, lines, labelled rows.

use super::super::screen::{NARROWEST, Screen};
use super::super::wide::{head, width};
use anstyle::{AnsiColor, Style};
use oomparse_report::{Look, Word, Words, on_screen};
use std::fmt::Write as _;

/// Indentation of a row's label, and of all lines of a sentence after the first.
const INDENT: usize = 4;
/// Columns of a label, including the space after it.
const LABEL: usize = 11;
/// Columns for the text after a label on the narrowest screen.
pub(crate) const ROW_WIDTH: usize = NARROWEST - INDENT - LABEL;

/// The colours of a stacked bar's parts.
const COLOURS: [AnsiColor; 7] = [
    AnsiColor::Red,
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::BrightBlack,
];

/// A complete path, which may be broken after its slashes.
pub(crate) fn path(path: &str) -> Words {
    let mut words = Words::default();
    for component in path.split_inclusive('/') {
        let mut rest = component;
        // A component may have 255 bytes.
        while !rest.is_empty() {
            let piece = head(rest, ROW_WIDTH);
            words = words.tight(piece);
            rest = rest.get(piece.len()..).unwrap_or_default();
        }
    }
    words
}

/// A page under construction.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    screen: Screen,
}

impl Page {
    pub(crate) fn new(screen: Screen) -> Self {
        Self {
            text: String::new(),
            screen,
        }
    }

    /// A line of any length.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(&on_screen(line.trim_end()));
        self.text.push('\n');
    }

    /// A sentence at the margin.
    pub(crate) fn sentence(&mut self, words: &Words) {
        self.wrap(words, 0, INDENT);
    }

    /// Adds a label and its text, if there is text.
    pub(crate) fn row(&mut self, label: &str, words: &Words) {
        if words.is_empty() {
            return;
        }
        let start = INDENT + LABEL;
        let _ = write!(self.text, "{:INDENT$}", "");
        self.word(label, Look::Faint);
        let gap = LABEL.saturating_sub(width(label)).max(1);
        let _ = write!(self.text, "{:gap$}", "");
        self.wrap(words, start, start);
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Writes words from column `column` on, further lines from `indent` on.
    fn wrap(&mut self, words: &Words, mut column: usize, indent: usize) {
        let mut at_start = true;
        for Word { text, look, tight } in words.iter() {
            // Others chose the names.
            let text = on_screen(text);
            let columns = width(&text);
            let space = usize::from(!tight);
            if !at_start && column + space + columns > self.screen.width {
                let _ = write!(self.text, "\n{:indent$}", "");
                column = indent;
                at_start = true;
            }
            if !at_start && !tight {
                self.text.push(' ');
                column += 1;
            }
            self.word(&text, *look);
            column += columns;
            at_start = false;
        }
        self.text.push('\n');
    }

    fn word(&mut self, word: &str, look: Look) {
        let style = match look {
            Look::Strong => Style::new().bold(),
            Look::Faint => Style::new().dimmed(),
            Look::Part(part) => {
                let colour = COLOURS.get(part).copied().unwrap_or(AnsiColor::White);
                Style::new().fg_color(Some(colour.into()))
            }
            Look::Plain => Style::new(),
        };
        let style = if self.screen.colour {
            style
        } else {
            Style::new()
        };
        let _ = write!(self.text, "{style}{word}{style:#}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_report::list;

    const WIDTH: usize = NARROWEST;

    fn page(colour: bool, write: impl Fn(&mut Page)) -> String {
        let mut page = Page::new(Screen {
            colour,
            ..Screen::plain(WIDTH)
        });
        write(&mut page);
        page.into_text()
    }

    #[test]
    fn lines_break_between_words_before_the_edge() {
        let words = Words::default().say(&"word ".repeat(40)).mark(".");
        let text = page(false, |page| page.sentence(&words));
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("    word"))
        );
        assert!(text.ends_with("word.\n"));
    }

    #[test]
    fn rows_hang_behind_their_label() {
        let items: Vec<String> = (0..9).map(|n| format!("item number {n}")).collect();
        let text = page(false, |page| page.row("victim", &list(&items)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("    victim     item number 0, item number 1, "));
        assert!(lines[1].starts_with(&format!("{:15}item number ", "")));
        assert!(text.ends_with("item number 8\n"));
    }

    #[test]
    fn an_empty_row_is_no_row() {
        assert_eq!(page(false, |page| page.row("limit", &list(&[]))), "");
    }

    #[test]
    fn colour_changes_no_column() {
        let words = Words::default().strong("java").say(&"word ".repeat(30));
        let plain = page(false, |page| page.sentence(&words));
        let colour = page(true, |page| page.sentence(&words));
        assert!(!plain.contains('\x1b') && colour.contains("\x1b[1mjava\x1b[0m"));
        let stripped = ["\x1b[1m", "\x1b[2m", "\x1b[0m"]
            .iter()
            .fold(colour, |text, code| text.replace(code, ""));
        assert_eq!(stripped, plain);
    }

    #[test]
    fn a_path_breaks_behind_its_slashes_and_loses_nothing() {
        let path = format!(
            "/kubepods.slice/{}/{}.scope",
            "a".repeat(40),
            "b".repeat(200)
        );
        let text = page(false, |page| page.row("cgroup", &super::path(&path)));
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let (_, rest) = text.split_once("cgroup").unwrap();
        assert_eq!(rest.split_whitespace().collect::<String>(), path);
        assert!(text.lines().next().unwrap().ends_with("a/"));
    }
}
