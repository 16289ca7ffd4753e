//! What could be done about a kill, below its figures.

use super::layout::Page;
use oomparse_core::OomEvent;
use oomparse_report::{Lang, Words, advice};

/// Writes what the figures suggest, the limit that would have been enough, and the command that sets it; with
/// `all` also what the figures do not show, and YAML.
pub(crate) fn rows(page: &mut Page, event: &OomEvent, all: bool) {
    let Some(advice) = advice(event, Lang::En) else {
        return;
    };
    let known = usize::from(!advice.knows_the_cause());
    let caveats = advice.caveats.iter().filter(|_| all);
    let says = advice.says.iter().skip(known).chain(caveats);
    for (index, says) in says.enumerate() {
        let label = if index == 0 { "advice" } else { "" };
        page.row(label, &Words::default().say(says));
    }
    if let Some(limit) = &advice.limit {
        page.row("would hold", &Words::default().say(&limit.reckoned));
    }
    for change in &advice.changes {
        match change.language {
            "shell" => page.row("command", &Words::default().say(&change.text)),
            _ if all => {
                page.row(change.language, &Words::default().say(&change.title));
                for line in change.text.lines() {
                    page.line(&format!("               {line}"));
                }
            }
            _ => {}
        }
    }
}
