//! The capabilities of the output: columns, colour, and characters beyond ASCII.

use std::env;
use std::io;
use terminal_size::Width;

/// Columns of a line if the width is unknown; no line is shorter than this.
pub(crate) const NARROWEST: usize = 80;
/// Lines longer than this are hard to follow.
const WIDEST: usize = 200;

/// The properties of the output that decide how text for people looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) width: usize,
    pub(crate) colour: bool,
    /// Whether block elements may be used for bars.
    pub(crate) unicode: bool,
    /// Whether a person reads it: lines that do not fit may be cut.
    pub(crate) terminal: bool,
}

impl Screen {
    /// Standard output, as the terminal and the environment describe it.
    pub(crate) fn of_stdout() -> Self {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let width = columns.or(terminal.map(|(Width(width), _)| usize::from(width)));
        Self {
            width: width.unwrap_or(NARROWEST).clamp(NARROWEST, WIDEST),
            // Only on a terminal, and only if neither NO_COLOR nor TERM=dumb is set.
            colour: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
            unicode: speaks_utf8(),
            terminal: columns.is_some() || terminal.is_some(),
        }
    }
}

/// Whether the locale uses UTF-8; without a locale the output is plain ASCII.
fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    set.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

#[cfg(test)]
impl Screen {
    /// Plain text of this width.
    pub(crate) fn plain(width: usize) -> Self {
        Self {
            width,
            colour: false,
            unicode: true,
            terminal: false,
        }
    }
}
