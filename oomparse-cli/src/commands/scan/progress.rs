//! A progress bar on stderr during long work, if stderr is a terminal.

use super::options::{Output, ScanOptions};
use crate::input::Input;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Shorter work needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bar, once the work takes long enough; none without a terminal.
#[derive(Clone)]
pub(super) struct Progress(Option<Arc<Shown>>);

struct Shown {
    bar: ProgressBar,
    since: Instant,
    visible: AtomicBool,
}

impl Progress {
    /// A bar over the bytes of all inputs, if they are files and a person waits for them.
    pub(super) fn new(options: &ScanOptions) -> Self {
        if !io::stderr().is_terminal() || options.output == Output::Nothing {
            return Self(None);
        }
        let sizes = options.inputs.iter().map(|input| match input {
            Input::File(path) => fs::metadata(path).ok().filter(fs::Metadata::is_file),
            Input::Stdin => None,
        });
        let Some(total) = sizes.map(|file| Some(file?.len())).sum::<Option<u64>>() else {
            return Self(None);
        };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bytes} of {total_bytes} {wide_bar} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(Some(Arc::new(Shown {
            bar,
            since: Instant::now(),
            visible: AtomicBool::new(false),
        })))
    }

    /// This many more bytes were read.
    pub(super) fn advance(&self, bytes: u64) {
        let Some(shown) = &self.0 else { return };
        shown.bar.inc(bytes);
        if shown.since.elapsed() >= PATIENCE && !shown.visible.swap(true, Ordering::Relaxed) {
            shown
                .bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }

    /// Writes to the terminal while the bar is hidden.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(shown) if shown.visible.load(Ordering::Relaxed) => shown.bar.suspend(write),
            _ => write(),
        }
    }

    /// Removes the bar.
    pub(super) fn end(&self) {
        if let Some(shown) = &self.0 {
            shown.bar.finish_and_clear();
        }
    }
}
