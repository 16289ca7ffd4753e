//! A kill for a ticket.

use crate::{
    CgroupMemory, Lang, advice, hints, machine, process, resident, rows_by_size, sentence, units,
};
use oomparse_core::{Counter, OomEvent};
use std::fmt::Write as _;

/// How many processes a ticket lists.
const LARGEST: usize = 5;

/// An event as Markdown: the sentence, the figures in a table, the largest processes, what could be done.
///
/// Text from a workload is shown as text: nothing in a name acts as markup.
#[must_use]
pub fn markdown(event: &OomEvent, lang: Lang) -> String {
    let mut text = format!("{}\n", escape(&sentence(event, lang).text()));
    let figures = figures(event, lang);
    if !figures.is_empty() {
        let _ = write!(text, "\n| | |\n|---|---:|\n");
        for (name, value) in figures {
            let _ = writeln!(text, "| {} | {} |", escape(&name), escape(&value));
        }
    }
    processes(&mut text, event, lang);
    for hint in hints(event, lang) {
        let _ = write!(text, "\n> {}\n", escape(&hint));
    }
    if let Some(advice) = advice(event, lang) {
        text.push('\n');
        for says in advice.sentences() {
            let _ = writeln!(text, "* {}", escape(says));
        }
        if let Some(limit) = &advice.limit {
            let _ = writeln!(text, "* {}", escape(&limit.reckoned));
        }
        for change in &advice.changes {
            let _ = write!(
                text,
                "\n```{}\n{}\n```\n",
                change.language,
                change.text.trim_end()
            );
        }
    }
    text
}

fn figures(event: &OomEvent, lang: Lang) -> Vec<(String, String)> {
    let mut figures = Vec::new();
    for (key, counter) in [
        ("figure_memory", event.memory),
        ("figure_memory_swap", event.memory_swap),
        ("figure_swap", event.swap),
    ] {
        if let Some(text) = counter.as_ref().and_then(|counter| usage(counter, lang)) {
            figures.push((lang.label(key).to_owned(), text));
        }
    }
    if let Some(memory) = CgroupMemory::of(event) {
        for (key, size) in memory.breakdown(None).parts {
            figures.push((lang.label(key).to_owned(), units::bytes(size)));
        }
    }
    if let Some(meminfo) = &event.meminfo {
        for (key, pages) in machine(meminfo).parts {
            figures.push((lang.label(key).to_owned(), lang.pages(pages)));
        }
        let (free, total) = (meminfo.free_swap_bytes, meminfo.total_swap_bytes);
        if let (Some(free), Some(total)) = (free, total) {
            let mut swap = Counter::default();
            (swap.usage_bytes, swap.limit_bytes) = (Some(total.saturating_sub(free)), Some(total));
            let text = match total {
                0 => Some(lang.label("figure_none").to_owned()),
                _ => usage(&swap, lang),
            };
            figures.extend(text.map(|text| (lang.label("figure_machine_swap").to_owned(), text)));
        }
    }
    if let Some(size) = event.victim.as_ref().and_then(resident) {
        figures.push((lang.label("figure_victim").to_owned(), units::bytes(size)));
    }
    figures
}

fn usage(counter: &Counter, lang: Lang) -> Option<String> {
    let usage = counter.usage_bytes.map(units::bytes);
    let limit = counter.limit_bytes.map(units::bytes);
    Some(match (usage, limit) {
        (Some(_), Some(_)) if counter.limit_bytes == Some(0) => {
            lang.label("figure_not_allowed").to_owned()
        }
        (Some(usage), Some(limit)) => {
            let values = [("usage", usage.into()), ("limit", limit.into())];
            lang.say("figure_of", &values).text()
        }
        (one, other) => one.or(other)?,
    })
}

fn processes(text: &mut String, event: &OomEvent, lang: Lang) {
    let rows = rows_by_size(&event.tasks);
    if rows.is_empty() {
        return;
    }
    let (name, size) = (lang.label("figure_process"), lang.label("figure_pages"));
    let _ = write!(
        text,
        "\n| {name} | {size} | oom_score_adj |\n|---|---:|---:|\n"
    );
    for (row, pages) in rows.iter().take(LARGEST) {
        let who = process(row.comm.as_ref(), Some(row.pid), lang);
        let adj = row
            .oom_score_adj
            .map_or_else(String::new, |adj| adj.to_string());
        let _ = writeln!(
            text,
            "| {} | {} | {adj} |",
            escape(&who),
            units::number(*pages)
        );
    }
    if let Some(others) = rows.get(LARGEST..).filter(|others| !others.is_empty()) {
        let sum = others
            .iter()
            .fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        let more = lang.count("figure_more_one", "figure_more_many", others.len() as u64);
        let _ = writeln!(text, "| {more} | {} | |", units::number(sum));
    }
}

/// Text in which Markdown finds no markup: no link, no picture, no HTML, no end of a row, no mention.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            // No character reference, no mention of a person.
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\n' | '\r' => out.push(' '),
            letter => out.push(letter),
        }
    }
    // What trackers and forges turn into links.
    out.replace("://", ":&#47;&#47;")
        .replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_says_is_text() {
        let log = b"[1.0] Killed process 7 (<img src=x>) total-vm:8kB, anon-rss:4kB\n\
                    [2.0] Killed process 8 (a|[b](http://c)) total-vm:8kB, anon-rss:4kB\n";
        let events: Vec<OomEvent> =
            oomparse_core::parse_all(log, &oomparse_core::Options::new()).collect();
        let text: String = events
            .iter()
            .map(|event| markdown(event, Lang::En))
            .collect();
        assert!(text.contains(r"\<img src=x\> (pid 7)"), "{text}");
        assert!(text.contains(r"a\|\[b\](http:&#47;&#47;c"), "{text}");
        assert!(!text.replace(r"\<", "").contains('<'), "{text}");
    }

    #[test]
    fn a_machine_has_its_figures_and_a_limit_of_nothing_its_words() {
        let log = b"[1.0] memory: usage 8kB, limit 8kB, failcnt 1\n\
            [1.0] swap: usage 0kB, limit 0kB, failcnt 0\n\
            [1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=j,pid=7,uid=0\n\
            [1.1] Memory cgroup out of memory: Killed process 7 (j) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n\
            [2.0] j invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
            [2.0] Mem-Info:\n\
            [2.0] active_anon:300 inactive_anon:40 isolated_anon:0\n\
            [2.0] Free swap  = 4kB\n\
            [2.0] Total swap = 12kB\n\
            [2.0] 500 pages RAM\n\
            [2.0] 60 pages reserved\n\
            [2.1] Out of memory: Killed process 8 (j) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n";
        let texts: Vec<String> = oomparse_core::parse_all(log, &oomparse_core::Options::new())
            .map(|event| markdown(&event, Lang::En))
            .collect();
        assert!(
            texts[0].contains("| swap, of its limit | not allowed |"),
            "{}",
            texts[0]
        );
        for row in [
            "| anon and shmem | 340 pages |",
            "| reserved at boot | 60 pages |",
            "| swap of the machine | 8.0 KiB of 12.0 KiB |",
        ] {
            assert!(texts[1].contains(row), "{row}: {}", texts[1]);
        }
    }

    #[test]
    fn marks_of_markup_are_escaped() {
        assert_eq!(escape("a_b *c* @d &lt;"), r"a\_b \*c\* &#64;d &amp;lt;");
    }
}
