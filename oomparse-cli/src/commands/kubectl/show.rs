//! The table in kubectl's style, and formats for programs.

use super::kill::Kill;
use crate::sink::wide::{pad, width};
use oomparse_report::on_screen;
use std::io::{self, Write as _};

/// How kills are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Look {
    /// A line for each kill
    #[value(skip)]
    Table,
    /// The same with node, victim and message
    Wide,
    /// A list, as kubectl's
    Json,
    /// The same in YAML
    Yaml,
}

impl Look {
    pub(super) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// Writes kills.
#[derive(Debug)]
pub(super) struct Show {
    look: Look,
    namespaces: bool,
    now: i64,
    widths: Vec<usize>,
}

impl Show {
    /// `now` in seconds since 1970.
    pub(super) fn new(look: Look, namespaces: bool, now: i64) -> Self {
        Self {
            look,
            namespaces,
            now,
            widths: Vec::new(),
        }
    }

    /// Writes the list.
    pub(super) fn all(&mut self, kills: &[Kill]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.look {
            Look::Json | Look::Yaml => out.write_all(list(self.look, kills).as_bytes())?,
            Look::Table | Look::Wide if kills.is_empty() => {}
            Look::Table | Look::Wide => {
                let mut rows = vec![self.head()];
                rows.extend(kills.iter().map(|kill| self.row(kill)));
                self.measure(&rows);
                for row in &rows {
                    writeln!(out, "{}", self.line(row))?;
                }
            }
        }
        out.flush()
    }

    /// Writes one that came later.
    pub(super) fn one(&mut self, kill: &Kill) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.look {
            Look::Json => writeln!(out, "{}", kill.to_json())?,
            Look::Yaml => write!(out, "---\n{}", yaml(kill, ""))?,
            Look::Table | Look::Wide => {
                // The first one gets a heading.
                let row = self.row(kill);
                if self.widths.is_empty() {
                    let rows = [self.head(), row.clone()];
                    self.measure(&rows);
                    writeln!(out, "{}", self.line(&self.head()))?;
                }
                writeln!(out, "{}", self.line(&row))?;
            }
        }
        out.flush()
    }

    fn head(&self) -> Vec<String> {
        let names = [
            "NAMESPACE",
            "POD",
            "CONTAINER",
            "AGE",
            "KILLS",
            "LIMIT",
            "USAGE",
            "REPORTED BY",
            "ADVICE",
            "NODE",
            "VICTIM",
            "MESSAGE",
        ];
        self.columns(names.map(str::to_owned))
    }

    fn row(&self, kill: &Kill) -> Vec<String> {
        let age = kill.at.map(|at| age(self.now.saturating_sub(at)));
        self.columns([
            kill.namespace.clone(),
            kill.pod.clone(),
            kill.container.clone(),
            age.unwrap_or_default(),
            kill.count.to_string(),
            kill.limit.clone(),
            kill.usage.clone(),
            kill.reported_by().to_owned(),
            kill.advice.clone(),
            kill.node.clone(),
            kill.victim.clone(),
            kill.message.clone(),
        ])
    }

    /// The columns that are shown; an unknown value is `-`.
    fn columns(&self, all: [String; 12]) -> Vec<String> {
        let from = usize::from(!self.namespaces);
        let to = if self.look == Look::Wide { 12 } else { 9 };
        let cells = all.into_iter().take(to).skip(from);
        // Others chose the names.
        let known = |cell: String| match cell.is_empty() {
            true => "-".to_owned(),
            false => on_screen(&cell).into_owned(),
        };
        cells.map(known).collect()
    }

    fn measure(&mut self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        };
        self.widths = (0..columns).map(widest).collect();
    }

    /// Three blanks between columns, like kubectl.
    fn line(&self, row: &[String]) -> String {
        let cells = row.iter().zip(&self.widths);
        let cells: Vec<String> = cells.map(|(cell, width)| pad(cell, *width)).collect();
        cells.join("   ").trim_end().to_owned()
    }
}

/// `45s`, `12m`, `5h`, `3d`, as kubectl rounds them.
fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{}s", seconds.max(0)),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn list(look: Look, kills: &[Kill]) -> String {
    if look == Look::Yaml {
        let items = kills.iter().map(|kill| yaml(kill, "  "));
        let items: String = items.map(|item| item.replacen("  ", "- ", 1)).collect();
        return match items.is_empty() {
            true => "items: []\nkind: List\n".to_owned(),
            false => format!("items:\n{items}kind: List\n"),
        };
    }
    let items: Vec<_> = kills.iter().map(Kill::to_json).collect();
    let all = serde_json::json!({"kind": "List", "items": items});
    let text = serde_json::to_string_pretty(&all).unwrap_or_default();
    format!("{text}\n")
}

/// Keys with values in JSON syntax, which is valid YAML; null values are omitted.
fn yaml(kill: &Kill, indent: &str) -> String {
    let value = kill.to_json();
    let entries = value.as_object().into_iter().flatten();
    let known = entries.filter(|(_, value)| !value.is_null());
    known
        .map(|(key, value)| format!("{indent}{key}: {value}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_kubectls() {
        assert_eq!(
            [0, 119, 120, 7_199, 7_200, 172_800, -5].map(age),
            ["0s", "119s", "2m", "119m", "2h", "2d", "0s"]
        );
    }

    #[test]
    fn yaml_of_a_hostile_name_stays_one_value() {
        let kill = Kill {
            pod: "a\n- b: c".to_owned(),
            ..Kill::default()
        };
        let text = list(Look::Yaml, &[kill]);
        assert!(text.contains("  pod: \"a\\n- b: c\"\n"), "{text}");
        assert!(text.starts_with("items:\n- "), "{text}");
    }
}
