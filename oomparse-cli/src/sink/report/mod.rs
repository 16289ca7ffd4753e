//! Events for people: one sentence each, the figures below it, a count at the end.

mod figures;
mod layout;
mod sentence;
#[cfg(test)]
mod tests;

use super::Sink;
use crate::units::{count, number};
use layout::Page;
use oomparse_core::{EventType, OomEvent};
use std::collections::HashSet;
use std::io::{self, Write};

pub(crate) struct Report<W> {
    out: W,
    colour: bool,
    kills: u64,
    no_victim: u64,
    reports: u64,
    /// Pods that lost a process.
    pods: HashSet<String>,
    /// Kills whose pod the log does not show, or that are of no pod.
    without_pod: u64,
}

impl<W: Write> Report<W> {
    pub(crate) fn new(out: W, colour: bool) -> Self {
        Self {
            out,
            colour,
            kills: 0,
            no_victim: 0,
            reports: 0,
            pods: HashSet::new(),
            without_pod: 0,
        }
    }

    fn count(&mut self, event: &OomEvent) {
        match event.event_type {
            EventType::Kill => self.kills += 1,
            EventType::NoVictim => self.no_victim += 1,
            _ => self.reports += 1,
        }
        if event.event_type == EventType::Kill {
            match event.pod.as_ref().and_then(|pod| pod.uid.as_ref()) {
                Some(uid) if self.pods.contains(uid) => {}
                Some(uid) => {
                    self.pods.insert(uid.clone());
                }
                None => self.without_pod += 1,
            }
        }
    }

    /// `14 kills in 3 pods.`, and a line each for what was no kill.
    fn totals(&self) -> String {
        if self.kills + self.no_victim + self.reports == 0 {
            return "No OOM kill found.\n".to_owned();
        }
        let mut text = count(self.kills, "kill");
        if !self.pods.is_empty() {
            text.push_str(&format!(" in {}", count(self.pods.len() as u64, "pod")));
        }
        match self.without_pod {
            0 => {}
            all if all == self.kills => text.push_str(", in no known pod"),
            some => text.push_str(&format!(", {} of them in no known pod", number(some))),
        }
        text.push_str(".\n");
        match self.no_victim {
            0 => {}
            n => text.push_str(&format!("Nobody was killed {}.\n", count(n, "time"))),
        }
        match self.reports {
            0 => {}
            1 => text.push_str("1 report does not show whom it killed.\n"),
            n => text.push_str(&format!(
                "{} reports do not show whom they killed.\n",
                number(n)
            )),
        }
        text
    }
}

impl<W: Write> Sink for Report<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.count(event);
        let mut page = Page::new(self.colour);
        page.sentence(&sentence::sentence(event));
        figures::rows(&mut page, event);
        page.blank();
        self.out.write_all(page.into_text().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.write_all(self.totals().as_bytes())?;
        self.out.flush()
    }
}
