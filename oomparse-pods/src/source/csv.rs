//! CSV with a header (RFC 4180; commas, semicolons or tabs), in any order of columns.
//!
//! ```text
//! pod_uid,namespace,pod_name,node,owner,labels,container_name,container_id,source
//! 3962896b-ab69-4572-8f1d-ee756f9f3589,default,web-0,node-7,StatefulSet/web,app=web,app,a2172e8d…,kubernetes
//! ```
//!
//! A file written by [`PodTable::to_csv`](crate::PodTable::to_csv), which its header shows, restores exactly the
//! same names; in any other file, `null` or `-` stands for an empty field.

use super::super::error::{PodSourceError, PodSourceErrorKind as Kind};
use super::super::spelling::HEADER;
use super::Loaded;
use super::Sink;
use super::header::{Column, Spelling, record};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The separator, if the line is a CSV header of pods. Tables also use tabs: those with more than one tab in a
/// row are not CSV.
pub(super) fn separator(line: &[u8]) -> Option<u8> {
    let header = core::str::from_utf8(line).ok()?;
    [b',', b';', b'\t'].into_iter().find(|&separator| {
        let fields: Vec<&str> = header.split(char::from(separator)).collect();
        fields.len() > 1
            && !fields.iter().any(|field| field.is_empty())
            && fields
                .iter()
                .filter(|field| Column::from_header(field).is_known())
                .count()
                > 1
    })
}

/// Reads a CSV text.
pub(super) fn read(text: &[u8], separator: u8, loaded: &mut Loaded, sink: Sink<'_>) {
    let mut rows = Rows::new(text, separator);
    let header = match rows.next() {
        Some(Ok((_, header))) => header,
        Some(Err(start)) => return loaded.skip(|| PodSourceError::at(Kind::Quote, text, start)),
        None => return,
    };
    let columns: Vec<Column> = header.iter().map(|it| Column::from_header(it)).collect();
    let spelling = if header.iter().eq(HEADER) {
        Spelling::Own
    } else {
        Spelling::Any
    };
    if !columns.contains(&Column::Uid) && !columns.contains(&Column::ContainerIds) {
        return loaded.skip(|| PodSourceError::at(Kind::NoUidColumn, text, 0));
    }
    while let Some(row) = rows.next() {
        let (kind, start) = match row {
            Err(start) => (Kind::Quote, start),
            Ok((start, fields)) if fields.len() != columns.len() => (Kind::Columns, start),
            Ok((start, fields)) => {
                let fields = fields.iter().map(Cow::as_ref);
                match record(&columns, fields, spelling) {
                    Some(record) => {
                        sink(record);
                        continue;
                    }
                    None => (Kind::Row, start),
                }
            }
        };
        // Only the first error is reported: its line is not counted for the others.
        loaded.skip(|| PodSourceError::at(kind, text, start));
    }
}

/// Where a row begins, and its fields; only where it begins, if a quoted field in it is not closed.
type Row<'r> = Result<(usize, Vec<Cow<'r, str>>), usize>;

/// Splits a text into rows.
struct Rows<'a> {
    reader: csv_core::Reader,
    text: &'a [u8],
    at: usize,
    /// The fields of the last row, one after the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Rows<'a> {
    fn new(text: &'a [u8], separator: u8) -> Self {
        Self {
            reader: csv_core::ReaderBuilder::new().delimiter(separator).build(),
            text,
            at: 0,
            fields: vec![0; 1024],
            ends: vec![0; 16],
        }
    }

    /// The next row that is not blank.
    fn next(&mut self) -> Option<Row<'_>> {
        let (start, count) = loop {
            let line_ends = self.text.get(self.at..)?.iter();
            let line_ends = line_ends.take_while(|byte| matches!(byte, b'\r' | b'\n'));
            self.at = self.at.saturating_add(line_ends.count());
            let start = self.at;
            let (len, count) = self.read()?;
            let row = self.text.get(start..self.at)?;
            let quotes = || memchr::memchr_iter(b'"', row).count();
            if self.at == self.text.len() && quotes() % 2 == 1 {
                return Some(Err(start));
            }
            if count != 1 || !self.fields.get(..len)?.trim_ascii().is_empty() {
                break (start, count);
            }
        };
        let ends = self.ends.get(..count)?.iter();
        let fields = ends.scan(0, |start, end| {
            let field = self.fields.get(*start..*end)?;
            *start = *end;
            Some(String::from_utf8_lossy(field))
        });
        Some(Ok((start, fields.collect())))
    }

    /// Reads a row; returns how many bytes its fields have, and how many fields there are.
    fn read(&mut self) -> Option<(usize, usize)> {
        use csv_core::ReadRecordResult as Read;
        let (mut len, mut count) = (0usize, 0usize);
        loop {
            let input = self.text.get(self.at..).unwrap_or_default();
            let (fields, ends) = (self.fields.get_mut(len..)?, self.ends.get_mut(count..)?);
            let (result, read, written, ended) = self.reader.read_record(input, fields, ends);
            self.at = self.at.saturating_add(read);
            len = len.saturating_add(written);
            count = count.saturating_add(ended);
            match result {
                Read::InputEmpty => {}
                Read::OutputFull => self.fields.resize(self.fields.len().saturating_mul(2), 0),
                Read::OutputEndsFull => self.ends.resize(self.ends.len().saturating_mul(2), 0),
                Read::Record => return Some((len, count)),
                Read::End => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

    #[test]
    fn any_order_quotes_and_separators() {
        for separator in [",", ";", "\t"] {
            let text = std::format!(
                "Pod Name,\"PodUID\",namespace,note\r\n\"web-0\",{UID},default,\"a \"\"b\"\"\r\nc\"\r\n\r\nweb-1,{UID},default,\r\n"
            )
            .replace(',', separator);
            let (records, loaded) = read_all(text.as_bytes());
            assert_eq!(loaded.error, None, "{separator:?}");
            assert_eq!(records.len(), 2);
            assert_eq!(records[0].name.as_deref(), Some("web-0"));
            assert_eq!(records[0].uid.as_deref(), Some(UID));
            assert_eq!(records[1].namespace.as_deref(), Some("default"));
        }
    }

    #[test]
    fn broken_rows_are_left_out_and_said() {
        let text = std::format!("uid,name\n{UID},web-0\n{UID}\n{UID},web-1\n\"{UID},web-2\n");
        let (records, loaded) = read_all(text.as_bytes());
        assert_eq!(records.len(), 2);
        assert_eq!(loaded.skipped, 2);
        let error = loaded.error.unwrap();
        assert_eq!((error.kind, error.line), (Kind::Columns, 3));
    }
}
