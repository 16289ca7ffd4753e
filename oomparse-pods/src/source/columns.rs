//! Tables of `kubectl get pods -o custom-columns=…`, in any order of columns.
//!
//! ```text
//! namespace   podName                        podIP        podStatus   nodeIP        Pod_ID                                 ContainerName
//! default     memory-request-limit-54ff657644-wm7pj   10.0.0.7     Running     192.168.0.4   0f5eb28f-6722-4cf5-ab0f-b62748c018d4   a,b
//! ```
//!
//! kubectl pads columns with three blanks. Tables pasted elsewhere lose some of them, so a row is split at two or
//! more blanks, at every blank, or where the header's words begin: by the first of these that results in as many
//! fields as the header has.

use super::super::error::PodSourceErrorKind;
use super::Loaded;
use super::header::{Column, Spelling, record};
use super::{Sink, rows};
use crate::limits::MAX_POD_COLUMNS;
use alloc::vec::Vec;

/// Whether the line is a table's header, and if so, whether it has a column for the pod's uid or the containers'
/// ids.
pub(super) fn is_header(line: &[u8]) -> Option<bool> {
    let columns = columns(core::str::from_utf8(line).ok()?);
    // Each row is split at every column.
    if columns.len() > MAX_POD_COLUMNS {
        return None;
    }
    let names = columns.contains(&Column::Name);
    let uid = columns.contains(&Column::Uid) || columns.contains(&Column::ContainerIds);
    let known = columns.iter().filter(|column| column.is_known()).count();
    ((names || uid) && known >= 2 || names && columns.len() >= 4).then_some(uid)
}

/// Whether a column of the table may contain line breaks, which kubectl prints unchanged: then a row may be a
/// pod's own text that imitates one.
pub(super) fn may_break(line: &[u8]) -> bool {
    let header = core::str::from_utf8(line).unwrap_or_default();
    let mut words = split_header(header).into_iter();
    !words.all(|word| Column::from_header(word).holds_no_break(word))
}

fn columns(header: &str) -> Vec<Column> {
    split_header(header)
        .into_iter()
        .map(Column::from_header)
        .collect()
}

/// Two blanks or a tab separate headers; if there are none, every blank does.
fn split_header(header: &str) -> Vec<&str> {
    let wide = split_wide(header);
    if wide.len() > 1 {
        wide
    } else {
        header.split_ascii_whitespace().collect()
    }
}

fn split_wide(line: &str) -> Vec<&str> {
    line.split('\t')
        .flat_map(|part| part.split("  "))
        .map(str::trim)
        .filter(|field| !field.is_empty())
        .collect()
}

/// Reads a table; its header is the first line that is not blank.
pub(super) fn read(text: &[u8], loaded: &mut Loaded, sink: Sink<'_>) {
    let mut rows = rows(text);
    let Some(header) = rows.next() else {
        return;
    };
    let header = core::str::from_utf8(header.text).unwrap_or_default();
    let columns = columns(header);
    let starts = starts(header);
    for row in rows {
        let Ok(line) = core::str::from_utf8(row.text) else {
            loaded.skip(|| row.error(PodSourceErrorKind::Encoding));
            continue;
        };
        let Some(fields) = fields(line, columns.len(), &starts) else {
            loaded.skip(|| row.error(PodSourceErrorKind::Columns));
            continue;
        };
        match record(&columns, fields.into_iter(), Spelling::Any) {
            Some(record) => sink(record),
            None => loaded.skip(|| row.error(PodSourceErrorKind::Row)),
        }
    }
}

fn fields<'l>(line: &'l str, count: usize, starts: &[usize]) -> Option<Vec<&'l str>> {
    let wide = split_wide(line);
    if wide.len() == count {
        return Some(wide);
    }
    let every: Vec<&str> = line.split_ascii_whitespace().collect();
    if every.len() == count {
        return Some(every);
    }
    at_starts(line, starts).filter(|fields| fields.len() == count)
}

/// Where the header's words begin.
fn starts(header: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut from = 0usize;
    for word in split_header(header) {
        let Some(at) = header.get(from..).and_then(|rest| rest.find(word)) else {
            break;
        };
        let at = from.saturating_add(at);
        starts.push(at);
        from = at.saturating_add(word.len());
    }
    starts
}

/// Splits a line where the columns begin, if every split is at the start of a field.
fn at_starts<'l>(line: &'l str, starts: &[usize]) -> Option<Vec<&'l str>> {
    let mut fields = Vec::new();
    for (number, &start) in starts.iter().enumerate() {
        let next = starts.get(number.saturating_add(1)).copied();
        let end = next.unwrap_or(line.len()).min(line.len());
        let field = line.get(start.min(end)..end)?;
        if start > 0 && start < line.len() && !line.get(..start)?.ends_with(' ') {
            return None;
        }
        fields.push(field.trim());
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    const UID: &str = "0f5eb28f-6722-4cf5-ab0f-b62748c018d4";

    #[test]
    fn seven_columns() {
        let (records, loaded) = read_all(
            b"namespace     podName                                 podIP        podStatus   nodeIP        Pod_ID                                 ContainerName\n\
              default       memory-request-limit-54ff657644-wm7pj   10.0.0.7     Running     192.168.0.4   0f5eb28f-6722-4cf5-ab0f-b62748c018d4   a,b\n\
              kube-system   etcd-node-7                             <none>       Pending     <none>        3962896b-ab69-4572-8f1d-ee756f9f3589   etcd\n",
        );
        assert_eq!(loaded.error, None);
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].uid.as_deref(), Some(UID));
        assert_eq!(records[0].namespace.as_deref(), Some("default"));
        assert_eq!(
            records[0].name.as_deref(),
            Some("memory-request-limit-54ff657644-wm7pj")
        );
        assert_eq!(records[1].name.as_deref(), Some("etcd-node-7"));
    }

    #[test]
    fn two_columns_pasted_with_single_blanks() {
        let text = std::format!("PodName PodUID\nweb-0 {UID}\r\nbroken\n");
        let (records, loaded) = read_all(text.as_bytes());
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].name.as_deref(), Some("web-0"));
        assert_eq!(records[0].uid.as_deref(), Some(UID));
        let error = loaded.error.unwrap();
        assert_eq!((error.kind, error.line), (PodSourceErrorKind::Row, 3));
        assert_eq!(loaded.skipped, 1);
    }

    #[test]
    fn empty_field_is_found_by_the_header() {
        let text = std::format!(
            "UID                                    NODE     NAME    CONTAINERID   CONTAINER\n\
             {UID}            web-0   e73db8bee8e7\n\
             3962896b-ab69-4572-8f1d-ee756f9f3589   node-7   web-1   e73db8bee8e7,e73db8bee8e8   a,b\n"
        );
        let (records, loaded) = read_all(text.as_bytes());
        assert_eq!(loaded.error, None);
        assert_eq!(records[0].name.as_deref(), Some("web-0"));
        assert_eq!(records[0].node, None);
        assert_eq!(records[1].node.as_deref(), Some("node-7"));
        assert_eq!(records[1].containers[1].name.as_deref(), Some("b"));
    }

    #[test]
    fn a_column_that_may_hold_line_breaks_makes_no_rows() {
        for header in [
            "NOTE",
            "IMAGE",
            "OWNER",
            "MESSAGE",
            ".metadata.annotations.x",
        ] {
            let text = std::format!(
                "NAMESPACE   NAME    UID                                    {header}\n\
                 default     web-0   {UID}   x\n\
                 kube-system   dns   3962896b-ab69-4572-8f1d-ee756f9f3589   y\n"
            );
            let (records, loaded) = read_all(text.as_bytes());
            assert!(records.is_empty(), "{header}");
            let error = loaded.error.unwrap();
            assert_eq!(
                (error.kind, error.line),
                (PodSourceErrorKind::LineBreaks, 1)
            );
        }
    }

    #[test]
    fn row_without_uid_is_left_out() {
        let text = "NS   NAME    UID\ndefault   web-0   <none>\n";
        let (records, loaded) = read_all(text.as_bytes());
        assert!(records.is_empty());
        assert_eq!(loaded.error.unwrap().kind, PodSourceErrorKind::Row);
    }
}
