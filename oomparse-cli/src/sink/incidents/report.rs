//! Incidents for a person: first those that Kubernetes never reported, then each with its testimonies on a
//! timeline.

use super::table::{place, victim};
use crate::sink::report::Page;
use crate::sink::screen::Screen;
use oomparse_report::incident::{Incident, Kubernetes, Testified, because, says, voice};
use oomparse_report::{Lang, Words, clock, sentence};

/// A report under construction.
pub(super) struct Report {
    screen: Screen,
    /// What nobody would know who asked Kubernetes alone, and how many kills that is.
    silent: Page,
    silent_count: u64,
    /// Each with its voices.
    all: Page,
    count: u64,
}

impl Report {
    pub(super) fn new(screen: Screen) -> Self {
        Self {
            screen,
            silent: Page::new(screen),
            silent_count: 0,
            all: Page::new(screen),
            count: 0,
        }
    }

    pub(super) fn add(&mut self, incident: &Incident) {
        self.count += 1;
        if matches!(incident.kubernetes, Kubernetes::Silent(_)) {
            self.silent_count += 1;
            silent(&mut self.silent, incident);
        }
        one(&mut self.all, incident);
        self.all.blank();
    }

    pub(super) fn finish(self, repeated: u64) -> String {
        let mut head = Page::new(self.screen);
        let silent = match self.silent_count {
            0 => None,
            1 => Some("Kubernetes never reported 1 kill:".to_owned()),
            n => Some(format!("Kubernetes never reported {n} kills:")),
        };
        let mut list = self.silent;
        if let Some(words) = silent {
            head.sentence(&Words::default().strong(words));
            list.blank();
        }
        let mut all = self.all;
        all.line(&totals(self.count, repeated));
        [head, list, all].map(Page::into_text).concat()
    }
}

fn silent(page: &mut Page, incident: &Incident) {
    let who = incident.best_event().map(victim).unwrap_or_default();
    let words = Words::default().strong(who).say(&place(incident)).mark(":");
    page.row(
        &short_time(incident.testimonies.first()),
        &words.say(&because(incident.kubernetes, Lang::En)),
    );
}

fn one(page: &mut Page, incident: &Incident) {
    if let Some(event) = incident.best_event() {
        page.sentence(&sentence(event, Lang::En));
    }
    for testified in &incident.testimonies {
        let words = Words::default().strong(voice(&testified.event));
        let words = words.say(&says(&testified.event, Lang::En));
        let words = match testified.joined_by.says(Lang::En) {
            "" => words,
            joined => words.say(&format!("({joined})")),
        };
        page.row(&short_time(Some(testified)), &words);
    }
    if incident.proven().any(|event| event.pod.is_some()) {
        let words = Words::default().say(&because(incident.kubernetes, Lang::En));
        page.row("Kubernetes", &words);
    }
}

/// `02:12:02.1`, in UTC if the time zone is known.
fn short_time(testified: Option<&Testified>) -> String {
    let time = testified.and_then(|it| {
        let known = it.time_us.and_then(|micros| u64::try_from(micros).ok());
        let known = known.and_then(oomparse_core::WallTime::from_unix_micros);
        known.or_else(|| Some(it.event.time?.or(Some(2000), Some(0))))
    });
    time.map_or_else(String::new, |time| {
        clock(&time)
            .chars()
            .skip(11)
            .take(10)
            .filter(|sign| *sign != 'Z')
            .collect()
    })
}

fn totals(incidents: u64, repeated: u64) -> String {
    let mut text = match incidents {
        0 => "No OOM kill found.".to_owned(),
        1 => "1 incident.".to_owned(),
        n => format!("{n} incidents."),
    };
    match repeated {
        0 => {}
        1 => text.push_str(" 1 event was reported again."),
        n => text.push_str(&format!(" {n} events were reported again.")),
    }
    text
}
