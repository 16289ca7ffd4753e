//! The page with events in it: `oomparse report --html`.

use super::Sink;
use oomparse_core::OomEvent;
use oomparse_report::Tail;
use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod built_in {
    include!(concat!(env!("OUT_DIR"), "/page.rs"));
}

/// The lines on which each event is based: found while its log is read, and taken when it is written, in the same
/// order.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    tail: Tail,
    found: VecDeque<Vec<u8>>,
}

impl Lines {
    /// Another log begins.
    pub(crate) fn begin(&mut self) {
        self.tail = Tail::default();
    }

    /// Takes the next bytes of the log.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.tail.push(bytes);
    }

    /// Finds the lines of an event that was just completed.
    pub(crate) fn find(&mut self, event: &OomEvent) {
        let range = self.tail.find(event).unwrap_or(0..0);
        let lines = self.tail.text(&range).unwrap_or_default();
        self.found.push_back(lines.to_vec());
    }
}

/// The lines, also after a thread that held them panicked.
pub(crate) fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the events go in the page.
const PLACE: &str = "<!--events-->";

/// The name of the page's file next to the program.
const NAME: &str = "oomparse.html";

/// The page in one file: the one that the user named, the one that was built in, or the one next to the program.
///
/// # Errors A message that says what to do if there is none.
pub(crate) fn page(named: Option<&Path>) -> Result<String, String> {
    let read = |path: &Path| match fs::read_to_string(path) {
        Ok(page) if page.contains(PLACE) => Ok(page),
        Ok(_) => Err(format!("{}: is not oomparse's page", path.display())),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    if let Some(path) = named {
        return read(path);
    }
    if let Some(page) = built_in::PAGE {
        return Ok(page.to_owned());
    }
    match beside().into_iter().find(|path| path.is_file()) {
        Some(path) => read(&path),
        None => Err(format!(
            "there is no page to put them in: `cargo xtask page` builds dist/{NAME}; name it with --page"
        )),
    }
}

/// Where a package installs it, and where it is in the repository.
fn beside() -> Vec<PathBuf> {
    let program = env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent);
    let folder = folder.map(Path::to_path_buf).unwrap_or_default();
    vec![
        folder.join(NAME),
        folder.join("../share/oomparse").join(NAME),
        folder.join("../../dist").join(NAME),
    ]
}

/// Writes the page, with the events in their place.
pub(crate) struct Html<W> {
    out: W,
    before: Option<String>,
    after: String,
    lines: Arc<Mutex<Lines>>,
}

impl<W: Write> Html<W> {
    pub(crate) fn new(out: W, page: &str, name: &str, lines: Arc<Mutex<Lines>>) -> Self {
        let (before, after) = page.split_once(PLACE).unwrap_or((page, ""));
        let name = attribute(name);
        Self {
            out,
            before: Some(format!(
                "{before}<script type=\"application/x-ndjson\" id=\"events\" data-name=\"{name}\">\n"
            )),
            after: format!("</script>{after}"),
            lines,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        match self.before.take() {
            Some(before) => self.out.write_all(before.as_bytes()),
            None => Ok(()),
        }
    }
}

impl<W: Write> Sink for Html<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.begin()?;
        let lines = lock(&self.lines).found.pop_front().unwrap_or_default();
        let lines = serde_json::Value::from(String::from_utf8_lossy(&lines));
        let line = format!("{{\"event\":{},\"lines\":{lines}}}\n", event.to_json());
        self.out.write_all(no_markup(&line).as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.write_all(self.after.as_bytes())?;
        self.out.flush()
    }
}

/// JSON that can neither end the script that contains it nor begin a comment.
fn no_markup(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Text for a quoted attribute.
fn attribute(text: &str) -> String {
    let escaped = |letter| match letter {
        '&' | '<' | '>' | '"' => format!("&#{};", u32::from(letter)),
        letter => String::from(letter),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_script_that_holds_it() {
        let log = b"[1.0] Killed process 7 (</script><b>) total-vm:8kB, anon-rss:4kB\n";
        let event = oomparse_core::parse_all(log, &oomparse_core::Options::new())
            .next()
            .unwrap();
        let lines = Arc::new(Mutex::new(Lines::default()));
        lock(&lines).push(log);
        lock(&lines).find(&event);
        let mut out = Vec::new();
        let mut sink = Html::new(&mut out, "<p><!--events--></p>", "a\"<b", lines);
        sink.event(&event).unwrap();
        sink.finish().unwrap();
        let page = String::from_utf8(out).unwrap();
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        assert!(page.starts_with(
            "<p><script type=\"application/x-ndjson\" id=\"events\" data-name=\"a&#34;&#60;b\">\n{"
        ));
        assert!(page.ends_with("}\n</script></p>"), "{page}");
        let json = page.lines().nth(1).unwrap();
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["event"]["victim"]["comm"], "</script><b>");
        assert_eq!(value["lines"], String::from_utf8_lossy(log).trim_end());
    }
}
