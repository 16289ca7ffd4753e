//! Events for people: one sentence each, the figures below it, and counts at the end.

mod advised;
mod bar;
mod courses;
mod figures;
mod layout;
mod tally;
#[cfg(test)]
mod tests;

use super::Sink;
use super::screen::Screen;
use super::seen::Seen;
use bar::Bars;
use courses::Courses;
pub(super) use layout::Page;
use oomparse_core::{EventType, OomEvent};
use oomparse_report::units::{count, number, uptime};
use oomparse_report::{Lang, Words, clock, cut_id, pod_name, printable, sentence, term, terms_of};
use std::io::{self, Write};
use tally::{Names, Times};

pub(crate) struct Report<W> {
    out: W,
    screen: Screen,
    /// Whether the terms that occurred are explained at the end.
    pub(crate) explain: bool,
    terms: Vec<&'static str>,
    /// Events that are included in the totals.
    seen: Seen,
    kills: u64,
    no_victim: u64,
    reports: u64,
    /// Kills by others than the kernel, evictions, reports of bystanders.
    others: [u64; 3],
    /// Kills whose pod the log does not show, or that belong to no pod.
    without_pod: u64,
    /// Events whose time has no year or no zone.
    half_times: bool,
    pods: Names,
    containers: Names,
    comms: Names,
    times: Times,
    courses: Courses,
    /// The report that was written last, for its other victims.
    last_report: Option<String>,
}

impl<W: Write> Report<W> {
    pub(crate) fn new(out: W, screen: Screen) -> Self {
        Self {
            out,
            screen,
            explain: false,
            terms: Vec::new(),
            seen: Seen::default(),
            kills: 0,
            no_victim: 0,
            reports: 0,
            others: [0; 3],
            without_pod: 0,
            half_times: false,
            pods: Names::default(),
            containers: Names::default(),
            comms: Names::default(),
            times: Times::default(),
            courses: Courses::default(),
            last_report: None,
        }
    }

    fn count(&mut self, event: &OomEvent) {
        if !self.seen.is_new(event) {
            return;
        }
        self.half_times |= event.time.is_some_and(|time| !time.is_complete());
        match event.event_type {
            EventType::Kill => self.kills += 1,
            EventType::NoVictim => self.no_victim += 1,
            EventType::UserspaceKill => self.others[0] += 1,
            EventType::Eviction => self.others[1] += 1,
            EventType::Notice => self.others[2] += 1,
            _ => self.reports += 1,
        }
        if event.event_type != EventType::Kill {
            return;
        }
        match pod_name(event) {
            Some(name) => self.pods.add(&name),
            None => self.without_pod += 1,
        }
        if let Some(container) = &event.container
            && let Some(name) = container.name.as_deref().map(printable).or_else(|| {
                let id = container.id.as_deref()?;
                Some(cut_id(id).to_owned())
            })
        {
            self.containers.add(&name);
        }
        if let Some(comm) = event
            .victim
            .as_ref()
            .and_then(|victim| victim.comm.as_ref())
        {
            self.comms.add(&comm.to_string());
        }
        let boot = event.kernel_time_us;
        let text = match (event.time, boot) {
            (Some(time), _) => clock(&time),
            (None, Some(us)) => uptime(us),
            (None, None) => String::new(),
        };
        self.times.add(event.time, boot, &text);
        self.courses.add(event);
    }

    /// Whether there was no event yet.
    fn is_empty(&self) -> bool {
        let others: u64 = self.others.iter().sum();
        self.kills + self.no_victim + self.reports + others == 0
    }

    /// `14 kills in 3 pods.`, and one line for each kind of event that is not a kill.
    fn totals(&self) -> String {
        if self.is_empty() {
            return "No OOM kill found.\n".to_owned();
        }
        let mut text = count(self.kills, "kill");
        match self.pods.len() {
            (0, _) => {}
            (pods, false) => text.push_str(&format!(" in {}", count(pods, "pod"))),
            (pods, true) => text.push_str(&format!(" in more than {}", count(pods, "pod"))),
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
        let [userspace, evictions, notices] = self.others;
        for (number, what) in [
            (userspace, "kill by another killer than the kernel"),
            (evictions, "pod evicted for memory"),
            (notices, "word of a bystander"),
        ] {
            match number {
                0 => {}
                1 => text.push_str(&format!("1 {what}.\n")),
                n => text.push_str(&format!("{}.\n", counted(n, what))),
            }
        }
        if self.half_times {
            text.push_str(
                "Times are as the log shows them; --year and --timezone complete them.\n",
            );
        }
        text
    }

    /// The meaning of the terms that occurred.
    fn terms(&self) -> String {
        let mut page = Page::new(self.screen);
        for (index, name) in self.terms.iter().enumerate() {
            if index == 0 {
                page.blank();
            }
            let meaning = term(name, Lang::En).unwrap_or_default();
            page.sentence(&Words::default().strong(*name).mark(":").say(meaning));
        }
        page.into_text()
    }

    /// Who lost processes, and when; for a single kill its own sentence says it.
    fn tables(&self) -> String {
        let mut page = Page::new(self.screen);
        if self.kills < 2 {
            return String::new();
        }
        let bars = Bars::new(self.screen);
        let width = self.screen.width;
        self.pods.write(&mut page, bars, width, "by pod");
        self.containers
            .write(&mut page, bars, width, "by container");
        self.comms.write(&mut page, bars, width, "by comm");
        self.times.write(&mut page, bars);
        self.courses.write(&mut page);
        page.into_text()
    }
}

/// `2 pods evicted for memory`: the first word in the plural.
fn counted(n: u64, what: &str) -> String {
    let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
    format!("{} {rest}", count(n, word))
}

impl<W: Write> Sink for Report<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        let is_first = self.is_empty();
        self.count(event);
        if self.explain {
            for name in terms_of(event) {
                if !self.terms.contains(&name) {
                    self.terms.push(name);
                }
            }
        }
        let mut page = Page::new(self.screen);
        let same_report = event.event_type == EventType::Kill
            && event.report_id.is_some()
            && self.last_report == event.report_id;
        if same_report {
            figures::member(&mut page, event);
        } else {
            if !is_first {
                page.blank();
            }
            page.sentence(&sentence(event, Lang::En));
            figures::rows(&mut page, Bars::new(self.screen), event);
            advised::rows(&mut page, event, self.explain);
            self.last_report.clone_from(&event.report_id);
        }
        self.out.write_all(page.into_text().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.kills + self.no_victim + self.reports > 0 {
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(self.totals().as_bytes())?;
        self.out.write_all(self.tables().as_bytes())?;
        self.out.write_all(self.terms().as_bytes())?;
        self.out.flush()
    }
}
