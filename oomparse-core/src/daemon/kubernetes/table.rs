//! Rows of kubectl's tables of Events.
//!
//! ```text
//! LAST SEEN   TYPE      REASON      OBJECT     MESSAGE                                               kubectl get events
//! 2m          Warning   SystemOOM   node/n1    System OOM encountered, victim process: a, pid: 7
//! NAMESPACE   LAST SEEN   TYPE   REASON   OBJECT   [SUBOBJECT]   SOURCE   MESSAGE   FIRST SEEN   COUNT   NAME     -A, -o wide
//! LAST SEEN   FIRST SEEN   COUNT   NAME   KIND   SUBOBJECT   TYPE   REASON   SOURCE   MESSAGE        up to 1.13
//!   Type     Reason     Age   From         Message                                                   kubectl describe
//!   Warning  SystemOOM  17m   kubelet, n1  System OOM encountered
//!   FirstSeen LastSeen Count From SubObjectPath Type Reason Message                                  up to 1.8
//! ```
//!
//! Columns are at least two blanks apart. Ages are not times. The cells before the type must have the form of
//! their columns: a line with any other prefix, such as a container log's or a program's, is not a row.

use super::describe::Described;
use super::event::{Row, is_reason};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// How many cells before a message are read: the widest table has ten.
const MAX_CELLS: usize = 12;

/// The Event in a row.
pub(super) fn row(line: &[u8], described: Option<&Described>) -> Option<Value> {
    const TYPES: [&[u8]; 2] = [b"Warning ", b"Normal "];
    let is_typed = |word: &[u8]| memchr::memmem::find(line, word).is_some();
    if !TYPES.into_iter().any(is_typed) {
        return None;
    }
    let line = core::str::from_utf8(line).ok()?.trim_end();
    let cells = cells(line);
    let type_at = cells
        .iter()
        .position(|(cell, _)| matches!(*cell, "Warning" | "Normal"))?;
    let row = Cells {
        line,
        cells: &cells,
        type_at,
    };
    if !begins_row(cells.get(..type_at)?) {
        return None;
    }
    let reason = row.next(1).filter(|reason| is_reason(reason))?;
    let object = row.next(2)?;
    if matches!(type_at, 1 | 2)
        && !object.contains(", ")
        && let Some((kind, name)) = object.split_once('/')
    {
        return row.of_today(reason, kind, name);
    }
    if type_at == 0 {
        let age = row.cell(2).filter(|age| is_age(age))?;
        return of_description(reason, age, row.cell(3)?, row.rest(4)?, described);
    }
    let is_kind = |at: &usize| row.cell(*at).is_some_and(|it| matches!(it, "Node" | "Pod"));
    let before = (1..=2).filter_map(|by| type_at.checked_sub(by));
    if let Some(kind_at) = before.into_iter().find(is_kind) {
        return row.of_older(reason, kind_at);
    }
    let from = row.cell(3).filter(|_| type_at >= 4)?;
    let message = row.rest(type_at.saturating_add(2))?;
    of_description(reason, "", from, message, described)
}

/// A line's cells, and which of them is the type.
struct Cells<'a> {
    line: &'a str,
    cells: &'a [(&'a str, usize)],
    type_at: usize,
}

impl<'a> Cells<'a> {
    fn cell(&self, at: usize) -> Option<&'a str> {
        self.cells.get(at).map(|(cell, _)| *cell)
    }

    /// The cell so many columns after the type.
    fn next(&self, by: usize) -> Option<&'a str> {
        self.cell(self.type_at.saturating_add(by))
    }

    /// The line from a cell on.
    fn rest(&self, at: usize) -> Option<&'a str> {
        self.cells
            .get(at)
            .and_then(|(_, from)| self.line.get(*from..))
    }

    /// A row with `OBJECT`, as kubectl prints it since 1.14.
    fn of_today(&self, reason: &str, kind: &str, name: &str) -> Option<Value> {
        let wide = wide_end(self.line);
        let is_source_at = |by: &usize| self.next(*by).is_some_and(is_source);
        let source = (3..=4).find(is_source_at).filter(|_| wide.is_some());
        let message_at = source.map_or(3, |by| by.saturating_add(1));
        let message = self.rest(self.type_at.saturating_add(message_at))?;
        let (component, host) = source
            .and_then(|by| self.next(by))
            .map_or((None, None), of_source);
        let (message, count) = match wide {
            Some((end, count)) => {
                let from = self.line.len().checked_sub(message.len())?;
                (self.line.get(from..end)?.trim_end(), Some(count))
            }
            None => (message, None),
        };
        let row = Row {
            reason,
            message,
            kind: capital(kind),
            name,
            namespace: self.type_at.checked_sub(2).and_then(|at| self.cell(at)),
            component,
            host,
            count,
            field_path: self.next(3).filter(|it| it.starts_with("spec.")),
        };
        Some(row.into_value())
    }

    /// A row of the older tables: age, age, count, and then the object.
    fn of_older(&self, reason: &str, kind_at: usize) -> Option<Value> {
        let before = |at: usize, by: usize| at.checked_sub(by).and_then(|at| self.cell(at));
        let source = self.next(2).filter(|it| is_source(it));
        let (component, host) = of_source(source.unwrap_or_default());
        let name = before(kind_at, 1)?;
        let row = Row {
            reason,
            message: self.rest(self.type_at.saturating_add(3))?,
            kind: self.cell(kind_at)?.into(),
            name: name.rsplit_once('.').map_or(name, |(name, _)| name),
            namespace: before(kind_at, 5),
            component,
            host,
            count: before(kind_at, 2)?.parse().ok(),
            field_path: before(self.type_at, 1).filter(|it| it.starts_with("spec.")),
        };
        Some(row.into_value())
    }
}

/// Whether the cells before the type are those of a row: a namespace, if any, and an age; in the older tables
/// followed by another age and a count.
fn begins_row(cells: &[(&str, usize)]) -> bool {
    let cell = |at: usize| cells.get(at).map(|(cell, _)| *cell);
    let is_after = |first: usize| {
        cell(first).is_some_and(is_age)
            && (cells.len() == first.saturating_add(1)
                || cell(first.saturating_add(1)).is_some_and(is_age)
                    && cell(first.saturating_add(2)).is_some_and(is_count))
    };
    cells.is_empty() || is_after(0) || cell(0).is_some_and(is_label) && is_after(1)
}

/// `2m`, `3d4h`, `2m (x3 over 5m)`, `<unknown>`.
fn is_age(cell: &str) -> bool {
    if let Some((age, times)) = cell.split_once(" (x") {
        let times = times
            .strip_suffix(')')
            .and_then(|it| it.split_once(" over "));
        return times.is_some_and(|(count, over)| is_count(count) && is_age(over)) && is_age(age);
    }
    let is_unit = |byte: u8| matches!(byte, b's' | b'm' | b'h' | b'd' | b'y');
    let bytes = cell.as_bytes();
    let is_plain = bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.last().copied().is_some_and(is_unit)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || is_unit(*byte));
    is_plain || matches!(cell, "<unknown>" | "<invalid>")
}

fn is_count(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a cell can be a namespace.
fn is_label(cell: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&cell.len()) && cell.bytes().all(is_part)
}

/// A row of the Events in a description.
fn of_description(
    reason: &str,
    age: &str,
    from: &str,
    message: &str,
    described: Option<&Described>,
) -> Option<Value> {
    let (component, host) = of_source(from);
    let is_nodes = described.map_or_else(
        || matches!(reason, "SystemOOM" | "OOMKilling"),
        |described| described.is_node(),
    );
    let name = described.map_or(host.unwrap_or_default(), |described| described.name());
    let count = age
        .split_once("(x")
        .and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok());
    Some(
        Row {
            reason,
            message,
            kind: if is_nodes { "Node" } else { "Pod" }.into(),
            name,
            namespace: described.and_then(Described::namespace),
            component: Some(component?),
            host: host.or_else(|| described.and_then(Described::node)),
            count,
            field_path: None,
        }
        .into_value(),
    )
}

/// The cells of a line and their positions. The last cell extends to the end of the line, for callers that need
/// the rest.
fn cells(line: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut from = 0usize;
    while found.len() < MAX_CELLS {
        let rest = line.get(from..).unwrap_or_default();
        let blanks = rest
            .len()
            .saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let begin = from.saturating_add(blanks);
        let rest = line.get(begin..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let end = rest.find("  ").into_iter().chain(rest.find('\t')).min();
        let end = end.unwrap_or(rest.len());
        found.push((rest.get(..end).unwrap_or_default(), begin));
        from = begin.saturating_add(end);
    }
    found
}

/// Whether a cell is `kubelet, n1` or `kubelet`.
fn is_source(cell: &str) -> bool {
    let (component, host) = cell.split_once(", ").unwrap_or((cell, ""));
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    !component.is_empty() && is_name(component) && is_name(host)
}

fn of_source(cell: &str) -> (Option<&str>, Option<&str>) {
    let (component, host) = cell.split_once(", ").unwrap_or((cell, ""));
    let some = |text: &'_ str| !text.is_empty();
    (
        Some(component).filter(|it| some(it)),
        Some(host).filter(|it| some(it)),
    )
}

/// Where the message of a wide table ends, before `FIRST SEEN   COUNT   NAME`, and the count.
fn wide_end(line: &str) -> Option<(usize, u64)> {
    let (rest, name) = line.rsplit_once("  ")?;
    let (_, hash) = name.trim().rsplit_once('.')?;
    let is_hash = hash.len() >= 14 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (rest, count) = rest.trim_end().rsplit_once("  ")?;
    let count = count.trim().parse().ok().filter(|_| is_hash)?;
    let (rest, age) = rest.trim_end().rsplit_once("  ")?;
    let is_age = age.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    is_age.then(|| (rest.trim_end().len(), count))
}

/// The kind's own name, `Node`, for `node` in kubectl's tables.
fn capital(kind: &str) -> String {
    match kind {
        "node" => "Node".into(),
        "pod" => "Pod".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_stands_in_front_of_a_row_is_its_columns_or_it_is_none() {
        const NEW: &str = "Warning   SystemOOM   node/n1   System OOM encountered";
        const OLD: &str = "n1.17d0a1b2c3d4e5f6   Node      Warning   SystemOOM   kubelet, n1   System OOM encountered";
        for front in [
            "2m",
            "3d4h",
            "<unknown>",
            "5m (x2 over 6m)",
            "kube-system   9s",
        ] {
            let line = alloc::format!("{front}   {NEW}");
            assert!(row(line.as_bytes(), None).is_some(), "{line}");
        }
        for front in ["2m   5m   3", "shop   2m   5m   3"] {
            let line = alloc::format!("{front}   {OLD}");
            assert!(row(line.as_bytes(), None).is_some(), "{line}");
        }
        for front in [
            "2026-01-05T02:12:02.000000000Z stdout F 2m",
            "2026-01-05T02:12:02.000000000Z stdout F   2m",
            "2026-01-05T02:12:02.000000000Z stdout F shop   2m",
            "Jan  5 02:12:02 n1 app[7]: 2m",
            "Jan  5 02:12:02 n1 app[7]:   2m",
            "2026-01-05T02:12:02Z n1 app[7]:   2m",
            "web-1  | 2m",
            "web-1  |   2m",
            "[pod/web-0/app] 2m",
            "x y   2m   5m   3   n1.17d0a1b2c3d4e5f6   Node",
            "app:   2m   5m   3   n1.17d0a1b2c3d4e5f6   Node",
            "2m   x   3",
            "2m   5m   x",
            "2m (x over 5m)",
            "2m (x3 under 5m)",
            "2",
            "m",
            "2m-",
        ] {
            for rest in [NEW, OLD] {
                let line = alloc::format!("{front}   {rest}");
                assert!(row(line.as_bytes(), None).is_none(), "{line}");
            }
        }
        for line in [
            "  Warning  SystemOOM  then  kubelet, n1  System OOM encountered",
            "app: Warning  SystemOOM  2m  kubelet, n1  System OOM encountered",
        ] {
            assert!(row(line.as_bytes(), None).is_none(), "{line}");
        }
    }

    #[test]
    fn rows_of_all_tables() {
        let message = "System OOM encountered, victim process: a  b, pid: 7";
        for (line, count) in [
            (
                alloc::format!("2m   Warning   SystemOOM   node/n1   {message}"),
                json!(null),
            ),
            (
                alloc::format!("default   2m   Warning   SystemOOM   node/n1   {message}"),
                json!(null),
            ),
            (
                alloc::format!(
                    "2m   Warning   SystemOOM   node/n1      kubelet, n1   {message}   5m   3   n1.17d0a1b2c3d4e5f6"
                ),
                json!(3),
            ),
            (
                alloc::format!(
                    "2m   5m   3   n1.17d0a1b2c3d4e5f6   Node      Warning   SystemOOM   kubelet, n1   {message}"
                ),
                json!(3),
            ),
            (
                alloc::format!("  Warning  SystemOOM  2m (x3 over 5m)  kubelet, n1  {message}"),
                json!(3),
            ),
            (
                alloc::format!("  5m  2m  3  kubelet, n1    Warning  SystemOOM  {message}"),
                json!(null),
            ),
        ] {
            let row = row(line.as_bytes(), None).unwrap();
            assert_eq!(row["message"], json!(message), "{line}");
            assert_eq!(row["involvedObject"]["kind"], json!("Node"), "{line}");
            assert_eq!(row["involvedObject"]["name"], json!("n1"), "{line}");
            assert_eq!(row["count"], count, "{line}");
        }
        for line in [
            "2m   Warning   BackOff   pod/web-0   Back-off restarting",
            "Warning: SystemOOM  x  y",
            "  Type     Reason     Age   From   Message",
            "",
        ] {
            assert!(row(line.as_bytes(), None).is_none(), "{line}");
        }
    }

    #[test]
    fn what_a_cell_can_be() {
        for (cell, is_one) in [
            ("2m", true),
            ("3d4h", true),
            ("<unknown>", true),
            ("<invalid>", true),
            ("5m (x2 over 6m)", true),
            ("5m (x2 over x)", false),
            ("x (x2 over 6m)", false),
            ("5m (x over 6m)", false),
            ("m2", false),
            ("2mx4h", false),
            ("2 m", false),
            ("", false),
        ] {
            assert_eq!(is_age(cell), is_one, "age {cell}");
        }
        for (cell, is_one) in [("3", true), ("", false), ("3x", false), ("x", false)] {
            assert_eq!(is_count(cell), is_one, "count {cell}");
        }
        let longest = "a".repeat(63);
        let longer = "a".repeat(64);
        for (cell, is_one) in [
            ("shop-1", true),
            (&*longest, true),
            (&*longer, false),
            ("Shop", false),
            ("a.b", false),
            ("", false),
        ] {
            assert_eq!(is_label(cell), is_one, "label {cell}");
        }
        for (cell, is_one) in [
            ("kubelet, n1", true),
            ("kubelet", true),
            ("kubelet, ip-10.a_b", true),
            (", n1", false),
            ("a b, n1", false),
            ("kubelet, n 1", false),
            ("", false),
        ] {
            assert_eq!(is_source(cell), is_one, "source {cell}");
        }
        assert_eq!(of_source("kubelet, n1"), (Some("kubelet"), Some("n1")));
        assert_eq!(
            (of_source("kubelet"), of_source("")),
            ((Some("kubelet"), None), (None, None))
        );
    }

    #[test]
    fn the_end_of_a_wide_row() {
        let name = "n1.17d0a1b2c3d4e5f6";
        for (end, count) in [
            (alloc::format!("x   5m   3   {name}"), Some(3)),
            (alloc::format!("x   m   3   {name}"), None),
            (alloc::format!("x   5m   y   {name}"), None),
            ("x   5m   3   n1.17d0a1b2c3d4e".into(), None),
            ("x   5m   3   n1.17d0a1b2c3d4e5".into(), Some(3)),
            ("x   5m   3   n1.17d0a1b2c3d4eg".into(), None),
            ("x   5m   3   n1".into(), None),
        ] {
            assert_eq!(wide_end(&end), count.map(|count| (1, count)), "{end}");
        }
    }

    #[test]
    fn a_row_has_so_many_cells() {
        let line = "a  ".repeat(MAX_CELLS + 3);
        let found = cells(&line);
        assert_eq!(
            (found.len(), found[0], found[1]),
            (MAX_CELLS, ("a", 0), ("a", 3))
        );
        assert_eq!(cells("a\tb  c d "), [("a", 0), ("b", 2), ("c d ", 5)]);
    }

    #[test]
    fn a_described_row_is_about_what_is_described() {
        let row = |line: &str, described: Option<&Described>| {
            let row = row(line.as_bytes(), described)?;
            let of = |path: &str| row.pointer(path).and_then(Value::as_str).map(String::from);
            Some((
                of("/involvedObject/kind")?,
                of("/involvedObject/name")?,
                of("/involvedObject/namespace"),
                of("/source/host"),
            ))
        };
        let failed = "  Warning  Failed  2m  kubelet, n1  Error";
        let whole = |kind: &str, name: &str, namespace: Option<&str>, host: Option<&str>| {
            Some((
                kind.into(),
                name.into(),
                namespace.map(String::from),
                host.map(String::from),
            ))
        };
        assert_eq!(row(failed, None), whole("Pod", "n1", None, Some("n1")));
        let mut pod = super::super::describe::opens(b"Name:         web-0").unwrap();
        for line in ["Namespace:    shop", "Node:         n2/10.0.0.1"] {
            assert!(pod.line(line.as_bytes()));
        }
        assert_eq!(
            row(failed, Some(&pod)),
            whole("Pod", "web-0", Some("shop"), Some("n1"))
        );
        let silent = "  Warning  Failed  2m  kubelet  Error";
        assert_eq!(
            row(silent, Some(&pod)),
            whole("Pod", "web-0", Some("shop"), Some("n2"))
        );
        let mut node = super::super::describe::opens(b"Name:         n3").unwrap();
        assert!(node.line(b"Roles:        <none>"));
        assert_eq!(row(silent, Some(&node)), whole("Node", "n3", None, None));
        for reason in ["SystemOOM", "OOMKilling"] {
            let line = failed.replace("Failed", reason);
            assert_eq!(
                row(&line, None),
                whole("Node", "n1", None, Some("n1")),
                "{reason}"
            );
        }
    }

    /// The cells of the old tables, each in its place.
    #[test]
    fn an_old_rows_cells() {
        let line = "shop   2m   5m   3   web-0.17d0a1b2c3d4e5f6   Pod   spec.containers{app}   Warning   Failed   kubelet, n1   Error: x";
        let found = row(line.as_bytes(), None).unwrap();
        let object = json!({"kind": "Pod", "name": "web-0", "namespace": "shop", "fieldPath": "spec.containers{app}"});
        assert_eq!(found["involvedObject"], object);
        assert_eq!(
            (&found["count"], &found["source"]["host"]),
            (&json!(3), &json!("n1"))
        );
        let line = "2m   Warning   Failed   pod/web-0   spec.containers{app}   kubelet, n1   Error: x   5m   3   web-0.17d0a1b2c3d4e5f6";
        let found = row(line.as_bytes(), None).unwrap();
        assert_eq!(
            found["involvedObject"]["fieldPath"],
            json!("spec.containers{app}")
        );
        assert_eq!(
            (&found["message"], &found["source"]["component"]),
            (&json!("Error: x"), &json!("kubelet"))
        );
        let narrow = row(b"2m   Warning   Failed   pod/web-0   kubelet, n1", None).unwrap();
        assert_eq!(
            (&narrow["message"], &narrow["source"]["component"]),
            (&json!("kubelet, n1"), &json!(null))
        );
        assert!(row(b"5m  2m  3  Warning  SystemOOM  x", None).is_none());
    }
}
