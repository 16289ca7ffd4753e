//! CSV with a header (RFC 4180; commas, semicolons or tabs), in any order of columns.
//!
//! ```text
//! pod_uid,namespace,pod_name,node,owner,labels,container_name,container_id,source
//! 3962896b-ab69-4572-8f1d-ee756f9f3589,default,web-0,node-7,StatefulSet/web,app=web,app,a2172e8d…,kubernetes
//! ```

use super::super::error::{PodSourceError, PodSourceErrorKind};
use super::super::table::Loaded;
use super::Sink;
use super::header::{Column, record};
use alloc::string::String;
use alloc::vec::Vec;

/// The separator, if the line is a CSV header of pods. Tabs part tables as well: those with more
/// than one tab in a row are no CSV.
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
    let mut reader = Reader {
        text,
        separator,
        at: 0,
    };
    let mut fields = Vec::new();
    let header = loop {
        match reader.row(&mut fields) {
            Ok(true) if is_blank(&fields) => {}
            Ok(true) => break fields.iter().map(|field| Column::from_header(field)),
            Ok(false) => return,
            Err(error) => return loaded.skip(error),
        }
    };
    let columns: Vec<Column> = header.collect();
    if !columns.contains(&Column::Uid) && !columns.contains(&Column::ContainerIds) {
        loaded.skip(PodSourceError::at(PodSourceErrorKind::NoUidColumn, text, 0));
        return;
    }
    loop {
        let start = reader.at;
        match reader.row(&mut fields) {
            Ok(true) if is_blank(&fields) => {}
            Ok(true) if fields.len() != columns.len() => {
                loaded.skip(PodSourceError::at(PodSourceErrorKind::Columns, text, start));
            }
            Ok(true) => match record(&columns, fields.iter().map(String::as_str)) {
                Some(record) => sink(record),
                None => loaded.skip(PodSourceError::at(PodSourceErrorKind::Row, text, start)),
            },
            Ok(false) => return,
            Err(error) => return loaded.skip(error),
        }
    }
}

fn is_blank(fields: &[String]) -> bool {
    matches!(fields, [field] if field.trim().is_empty())
}

/// Cuts rows into fields.
struct Reader<'a> {
    text: &'a [u8],
    separator: u8,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Reads the next row; `false` at the end.
    fn row(&mut self, fields: &mut Vec<String>) -> Result<bool, PodSourceError> {
        fields.clear();
        if self.peek().is_none() {
            return Ok(false);
        }
        loop {
            let field = self.field()?;
            fields.push(String::from_utf8_lossy(&field).into_owned());
            match self.peek() {
                Some(byte) if byte == self.separator => self.step(),
                _ => break,
            }
        }
        if self.peek() == Some(b'\r') {
            self.step();
        }
        if self.peek() == Some(b'\n') {
            self.step();
        }
        Ok(true)
    }

    fn field(&mut self) -> Result<Vec<u8>, PodSourceError> {
        let mut field = Vec::new();
        if self.peek() == Some(b'"') {
            self.quoted(&mut field)?;
        }
        // What stands behind a closing quote belongs to the field, as spreadsheets read it.
        while let Some(byte) = self.peek() {
            let line_end = byte == b'\n'
                || (byte == b'\r' && self.text.get(self.at.saturating_add(1)) == Some(&b'\n'));
            if byte == self.separator || line_end {
                break;
            }
            field.push(byte);
            self.step();
        }
        Ok(field)
    }

    fn quoted(&mut self, field: &mut Vec<u8>) -> Result<(), PodSourceError> {
        let start = self.at;
        self.step();
        loop {
            let byte = self.peek();
            self.step();
            match byte {
                None => {
                    return Err(PodSourceError::at(
                        PodSourceErrorKind::Quote,
                        self.text,
                        start,
                    ));
                }
                Some(b'"') if self.peek() == Some(b'"') => {
                    field.push(b'"');
                    self.step();
                }
                Some(b'"') => return Ok(()),
                Some(byte) => field.push(byte),
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
        assert_eq!((error.kind, error.line), (PodSourceErrorKind::Columns, 3));
    }
}
