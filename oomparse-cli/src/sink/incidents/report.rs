//! Incidents for a person: first those that Kubernetes never reported, then each with its testimonies on a
//! timeline.

use super::table::{place, victim};
use crate::sink::report::Page;
use crate::sink::screen::Screen;
use oomparse_report::incident::{Incident, Kubernetes, Testified, because, says, voice};
use oomparse_report::{Lang, Words, clock, sentence};
use std::io::{self, Write};

pub(super) fn write(
    out: &mut impl Write,
    screen: Screen,
    incidents: &[Incident],
    repeated: u64,
) -> io::Result<()> {
    let mut page = Page::new(screen);
    silent(&mut page, incidents);
    for incident in incidents {
        one(&mut page, incident);
        page.blank();
    }
    page.line(&totals(incidents, repeated));
    out.write_all(page.into_text().as_bytes())
}

/// What Kubernetes alone would not show.
fn silent(page: &mut Page, incidents: &[Incident]) {
    let is_silent = |incident: &&Incident| matches!(incident.kubernetes, Kubernetes::Silent(_));
    let silent: Vec<&Incident> = incidents.iter().filter(is_silent).collect();
    let head = match silent.len() {
        0 => return,
        1 => "Kubernetes never reported 1 kill:".to_owned(),
        n => format!("Kubernetes never reported {n} kills:"),
    };
    page.sentence(&Words::default().strong(head));
    for incident in silent {
        let who = incident.told_best().map(victim).unwrap_or_default();
        let words = Words::default().strong(who).say(&place(incident)).mark(":");
        page.row(
            &short_time(incident.testimonies.first()),
            &words.say(&because(incident.kubernetes, Lang::En)),
        );
    }
    page.blank();
}

fn one(page: &mut Page, incident: &Incident) {
    if let Some(event) = incident.told_best() {
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

fn totals(incidents: &[Incident], repeated: u64) -> String {
    let mut text = match incidents.len() {
        0 => "No OOM kill found.".to_owned(),
        1 => "1 incident.".to_owned(),
        n => format!("{n} incidents."),
    };
    match repeated {
        0 => {}
        1 => text.push_str(" 1 event was told again."),
        n => text.push_str(&format!(" {n} events were told again.")),
    }
    text
}
