//! The sizes of packages in the table of docs/install.md: `cargo xtask sizes` writes them, `try-packages` compares.

use super::{packages, read, write};
use crate::{VERSION, root};
use std::fs;

const PAGE: &str = "docs/install.md";

/// How the table begins.
const HEAD: &str = "| package | built by |";

/// A size that is written may be off by one part in so many: small changes of the code are not worth a change of the
/// document.
const PARTS: u64 = 50;

/// Writes the sizes of what `dist` built into the document.
pub(crate) fn set() -> Result<(), String> {
    let page = root().join(PAGE);
    let text = read(&page)?;
    let mut sized = String::new();
    for line in text.lines() {
        sized += &match row(line).filter(|_| in_table(&text, line)) {
            Some((before, names, _)) => format!("{before}| {} |\n", written(&sizes(&names)?)),
            None => format!("{line}\n"),
        };
    }
    write(&page, sized)
}

/// Every package is in the table, with about the size that it has.
pub(super) fn check() -> Result<(), String> {
    let text = read(&root().join(PAGE))?;
    let (mut wrong, mut listed) = (Vec::new(), Vec::new());
    let rows = text.lines().filter(|line| in_table(&text, line));
    for (_, names, cell) in rows.filter_map(row) {
        let sizes = sizes(&names)?;
        if !about(cell, &sizes) {
            wrong.push(format!("{}: {}", names.join(", "), written(&sizes)));
        }
        listed.extend(names);
    }
    for file in super::files(&packages())? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let package = *name != *"SHA256SUMS" && !name.ends_with(".json");
        if package && !listed.iter().any(|other| *other == name) {
            wrong.push(format!("{name} is not in the table"));
        }
    }
    match wrong.as_slice() {
        [] => Ok(()),
        wrong => Err(format!(
            "{PAGE} says otherwise, `cargo xtask sizes` sets it:\n{}",
            wrong.join("\n")
        )),
    }
}

/// Whether this line is one of the table.
fn in_table(text: &str, line: &str) -> bool {
    let table = text.split_once(HEAD).map_or("", |(_, rest)| rest);
    let table = table.split("\n\n").next().unwrap_or_default();
    table.lines().any(|other| other == line)
}

/// A row: what stands before its last cell, the files that its first cell names, and the last cell.
fn row(line: &str) -> Option<(&str, Vec<String>, &str)> {
    let rest = line.strip_prefix("| `")?;
    let first = rest.split(" | ").next()?;
    let names = first.split('`').step_by(2);
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(|name| name.replace("VERSION", VERSION))
        .collect();
    let whole = line.trim_end().strip_suffix('|')?;
    let at = whole.rfind('|')?;
    Some((whole.get(..at)?, names, whole.get(at + 1..)?.trim()))
}

fn sizes(names: &[String]) -> Result<Vec<u64>, String> {
    let size = |name: &String| {
        let file = packages().join(name);
        let about = fs::metadata(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(about.len())
    };
    names.iter().map(size).collect()
}

/// `1,234, 56,789`.
fn written(sizes: &[u64]) -> String {
    let each: Vec<String> = sizes.iter().map(|size| grouped(*size)).collect();
    each.join(", ")
}

fn grouped(size: u64) -> String {
    let digits = size.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Whether a cell has about these sizes.
fn about(cell: &str, sizes: &[u64]) -> bool {
    let listed = cell
        .split(", ")
        .map(|size| size.replace(',', "").parse::<u64>());
    let listed: Vec<u64> = listed.filter_map(Result::ok).collect();
    let near = |(listed, size): (&u64, &u64)| listed.abs_diff(*size) * PARTS <= *size;
    listed.len() == sizes.len() && listed.iter().zip(sizes).all(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_and_its_sizes() {
        let (before, names, cell) = row("| `a-VERSION.gz`, `b` | by `c` | | 1,000, 20 |").unwrap();
        assert_eq!(before, "| `a-VERSION.gz`, `b` | by `c` | ");
        assert_eq!(names, [format!("a-{VERSION}.gz"), "b".to_owned()]);
        assert_eq!(cell, "1,000, 20");
        assert_eq!(written(&[1_234_567, 89, 1_000]), "1,234,567, 89, 1,000");
        assert!(about(cell, &[1_010, 20]));
        for other in [&[1_010, 30][..], &[1_010], &[2_000, 20], &[]] {
            assert!(!about(cell, other), "{other:?}");
        }
        assert!(!about("", &[1]));
        assert!(row("| package | bytes |").is_none());
    }

    /// The table has a row for packages, and each of them ends in sizes, or in none where no `dist` was measured.
    #[test]
    fn the_table_is_one_that_can_be_set() {
        let text = read(&root().join(PAGE)).unwrap();
        let rows = text.lines().filter(|line| in_table(&text, line));
        let rows: Vec<_> = rows.filter_map(row).collect();
        assert!(rows.len() > 15, "{}", rows.len());
        for (_, names, cell) in rows {
            let listed = cell.split(", ").filter(|size| !size.is_empty());
            let count = listed.count();
            assert!(count == 0 || count == names.len(), "{names:?}: {cell}");
        }
    }
}
