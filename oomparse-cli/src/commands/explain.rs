//! `oomparse explain`: the meaning of a field of the events, from the schema's own table.

use crate::Found;
use crate::sink;
use oomparse_report::{Lang, gfp_flags, term, term_names};
use std::io::{self, Write as _};

/// Say what a field of the events means.
///
/// FIELD is a key as it stands in an event, with the objects it is in: `victim.anon_rss_bytes`. A part
/// of it explains every field that has it: `limit`. A mask of an allocation is taken apart: `0x201da`. Without FIELD
/// all are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the field is known, 1 it is not.")]
pub(crate) struct ExplainArgs {
    /// A field or a part of its name, or a mask: `victim.anon_rss_bytes`, `limit`, `0x201da`
    #[arg(value_name = "FIELD")]
    pub(crate) field: Option<String>,
}

/// The document that defines the record. The file beside `src` is a link to it, which a package
/// follows, so that the program can be built from the package alone.
const SCHEMA: &str = include_str!("../../schema.md");

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    field: &'a str,
    kind: &'a str,
    unit: &'a str,
    meaning: &'a str,
    line: &'a str,
}

/// Writes the rows that match the argument.
pub(crate) fn run(args: &ExplainArgs) -> io::Result<Found> {
    let mut out = sink::stdout();
    let Some(wanted) = &args.field else {
        for row in rows() {
            writeln!(out, "{}", row.field)?;
        }
        for name in term_names() {
            writeln!(out, "{name}")?;
        }
        out.flush()?;
        return Ok(Found::Some);
    };
    if let Some(text) = mask(wanted) {
        out.write_all(text.as_bytes())?;
        out.flush()?;
        return Ok(Found::Some);
    }
    let mut found = 0;
    if let Some((name, meaning)) = term_of(wanted) {
        found += 1;
        out.write_all(text(name, &[("meaning", meaning)]).as_bytes())?;
    }
    for row in find(wanted) {
        if found > 0 {
            writeln!(out)?;
        }
        found += 1;
        out.write_all(row.to_text().as_bytes())?;
    }
    if found == 0 {
        out.flush()?;
        let hint = "`oomparse explain` lists the fields";
        let _ = crate::write_line(
            io::stderr(),
            &format!("oomparse: no field has `{wanted}` in its name; {hint}"),
        );
        return Ok(Found::Nothing);
    }
    out.flush()?;
    Ok(Found::Some)
}

/// A mask of an allocation, alone or with the names after it: `0x201da`, `gfp_mask=0xcc0(GFP_KERNEL)`.
fn mask(wanted: &str) -> Option<String> {
    let wanted = wanted.strip_prefix("gfp_mask=").unwrap_or(wanted);
    let wanted = wanted.trim_end_matches(',');
    let (mask, names) = wanted.split_once('(').unwrap_or((wanted, ""));
    let flags = gfp_flags(mask, None)?;
    let printed: Vec<&str> = names.trim_end_matches(')').split('|').collect();
    let (names, says) = match names {
        "" => (flags.names.clone(), flags.says(Lang::En)),
        _ => (printed, "the names that the kernel printed".to_owned()),
    };
    let mut all = text(mask, &[("flags", &names.join("|")), ("from", &says)]);
    for name in names {
        let meaning = term(name, Lang::En).unwrap_or("a flag of this kernel");
        all.push('\n');
        all.push_str(&text(name, &[("meaning", meaning)]));
    }
    Some(all)
}

/// A term of the reports by its name, ignoring case.
fn term_of(wanted: &str) -> Option<(&'static str, &'static str)> {
    let mut names = term_names().into_iter();
    let name = names.find(|name| name.eq_ignore_ascii_case(wanted))?;
    Some((name, term(name, Lang::En)?))
}

fn rows() -> impl Iterator<Item = Row<'static>> {
    SCHEMA.lines().filter_map(row)
}

/// ``| `field` | type | unit | meaning | kernel line |``
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
    Some(Row {
        field: cells.next()?.strip_suffix('`')?,
        kind: cells.next()?,
        unit: cells.next()?,
        meaning: cells.next()?,
        line: cells.next()?,
    })
}

/// The field itself, else every field whose name contains this. `tasks[0].comm` and `tasks.comm` mean
/// `tasks[].comm`.
fn find(wanted: &str) -> Vec<Row<'static>> {
    let plain = |name: &str| -> String {
        let letters = name
            .chars()
            .filter(|letter| !"[]0123456789".contains(*letter));
        letters.collect::<String>().to_ascii_lowercase()
    };
    let wanted = plain(wanted);
    let mut found: Vec<Row<'_>> = rows().filter(|row| plain(row.field) == wanted).collect();
    if found.is_empty() && !wanted.is_empty() {
        found = rows()
            .filter(|row| plain(row.field).contains(&wanted))
            .collect();
    }
    found
}

impl Row<'_> {
    /// The field, then one line for each fact about it.
    fn to_text(&self) -> String {
        // Some fields have no meaning beyond their name; then the kernel's line shows their subject.
        let said = [
            ("type", self.kind),
            ("unit", self.unit),
            ("meaning", self.meaning),
            ("from", self.line),
        ];
        text(self.field, &said)
    }
}

/// A name, then one line for each fact about it.
fn text(name: &str, said: &[(&str, &str)]) -> String {
    let mut text = format!("{name}\n");
    for (label, value) in said.iter().filter(|(_, value)| !value.is_empty()) {
        let mut line = format!("    {label:9}");
        let mut column = line.len();
        for word in value.replace('`', "").split_whitespace() {
            let width = word.chars().count() + 1;
            if column + width > 80 && column > 13 {
                line.push_str("\n             ");
                column = 13;
            }
            line.push(' ');
            line.push_str(word);
            column += width;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let of_table = SCHEMA
            .lines()
            .filter(|line| line.starts_with("| `"))
            .count();
        assert_eq!(rows().count(), of_table);
        assert!(of_table > 100, "{of_table}");
        assert_eq!(rows().next().map(|row| row.field), Some("schema"));
        assert_eq!(find("victim.pgtables_bytes")[0].line, "`pgtables:`");
    }

    #[test]
    fn fields_by_their_whole_name_first() {
        let fields =
            |wanted: &str| -> Vec<&str> { find(wanted).iter().map(|row| row.field).collect() };
        assert_eq!(fields("time"), ["time"]);
        assert_eq!(fields("tasks[3].comm"), ["tasks[].comm"]);
        assert_eq!(fields("failcnt").len(), 4);
        assert!(fields("no such field").is_empty());
    }

    #[test]
    fn a_mask_is_taken_apart() {
        let old = mask("gfp_mask=0x280da,").unwrap();
        assert!(
            old.starts_with("0x280da\n    flags     GFP_HIGHUSER_MOVABLE|__GFP_ZERO\n"),
            "{old}"
        );
        assert!(
            old.contains("up to 4.3")
                && old.contains("\n__GFP_ZERO\n    meaning   Filled with zeros.\n"),
            "{old}"
        );
        let new = mask("0xcc0(GFP_KERNEL)").unwrap();
        assert!(
            new.contains("\nGFP_KERNEL\n    meaning   An ordinary"),
            "{new}"
        );
        assert_eq!(mask("failcnt"), None);
        assert_eq!(mask("0xyz"), None);
    }

    #[test]
    fn lines_fit_the_terminal() {
        for row in rows() {
            let text = row.to_text();
            assert!(
                text.lines().all(|line| line.chars().count() <= 80),
                "{text}"
            );
        }
    }
}
