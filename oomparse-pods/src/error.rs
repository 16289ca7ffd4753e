//! Errors in a listing of pods.

use core::fmt;

/// Why a listing, or a row of it, could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PodSourceErrorKind {
    /// Not a known format of pod listings.
    UnknownFormat,
    /// YAML; only JSON is read.
    Yaml,
    /// UTF-16, as PowerShell's `>` writes it, or invalid UTF-8.
    Encoding,
    /// Not JSON, or JSON of another shape.
    Json,
    /// JSON that stops in the middle.
    JsonEnd,
    /// A table without a column for the pod's uid.
    NoUidColumn,
    /// A row whose columns do not match the header's.
    Columns,
    /// A row without a valid uid or name.
    Row,
    /// A table with a column that may contain line breaks, after which anybody's text may look like a row.
    LineBreaks,
    /// A quoted CSV field without its closing quote.
    Quote,
}

/// An error in a listing of pods, and its position.
///
/// Everything before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PodSourceError {
    /// What is wrong.
    pub kind: PodSourceErrorKind,
    /// Line, counted from 1.
    pub line: usize,
    /// Offset in bytes from the start.
    pub offset: usize,
}

impl PodSourceError {
    pub(super) fn new(kind: PodSourceErrorKind, line: usize, offset: usize) -> Self {
        Self { kind, line, offset }
    }

    /// An error at an offset of the text.
    pub(super) fn at(kind: PodSourceErrorKind, text: &[u8], offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = memchr::memchr_iter(b'\n', before).count().saturating_add(1);
        Self { kind, line, offset }
    }
}

impl fmt::Display for PodSourceErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownFormat => {
                "expected a listing of pods: JSON of kubectl, crictl or the kubelet, a kubectl \
                 table with a column for the uid, CSV with a header, NDJSON, or names of pod log \
                 directories"
            }
            Self::Yaml => "expected JSON but found YAML; use `kubectl get pods -A -o json`",
            Self::Encoding => "expected UTF-8; PowerShell's `>` may have written UTF-16",
            Self::Json => "expected the JSON of a listing of pods",
            Self::JsonEnd => "the JSON stops in the middle",
            Self::NoUidColumn => {
                "expected a column for the pod's uid; add UID:.metadata.uid to custom-columns"
            }
            Self::Columns => "expected as many columns as the header has",
            Self::Row => "expected a pod's uid and name",
            Self::LineBreaks => {
                "a column may hold line breaks, and then what looks like a row may be a pod's own text; \
                 leave it out of custom-columns or use -o json"
            }
            Self::Quote => "expected a closing quote",
        })
    }
}

impl fmt::Display for PodSourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (line {}, byte {})",
            self.kind, self.line, self.offset
        )
    }
}

impl core::error::Error for PodSourceError {}
