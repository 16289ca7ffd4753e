//! Several kills of one container: what their times and sizes show together.

use crate::Lang;
use crate::facts::resident;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{EventType, OomEvent, WallTime};

/// How many kills of one container are kept; the first ones show the trend too.
const MOST: usize = 256;
/// How many usages are listed.
const LISTED: usize = 5;

/// What one kill contributes.
#[derive(Clone, Copy, Debug)]
struct Step {
    seconds: Option<i64>,
    held: Option<u64>,
    usage: Option<u64>,
    limit: Option<u64>,
}

/// The kills of one container in the order of the log, with the figures that show their trend.
#[derive(Clone, Debug, Default)]
pub struct Course {
    steps: Vec<Step>,
}

/// What the kills of one container show together, in the order of the log; empty for fewer than three.
#[must_use]
pub fn course(kills: &[&OomEvent], lang: Lang) -> Vec<String> {
    let mut course = Course::default();
    for event in kills {
        course.add(event);
    }
    course.says(lang)
}

impl Course {
    /// Takes a kill; other events, and kills after the first 256, are ignored.
    pub fn add(&mut self, event: &OomEvent) {
        if event.event_type != EventType::Kill || self.steps.len() >= MOST {
            return;
        }
        let memory = event.memory.as_ref();
        self.steps.push(Step {
            seconds: seconds(event),
            held: event.victim.as_ref().and_then(resident),
            usage: memory.and_then(|memory| memory.usage_bytes),
            limit: memory.and_then(|memory| memory.limit_bytes),
        });
    }

    /// How many kills there are.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.steps.len()
    }

    /// What they show together; empty for fewer than three.
    #[must_use]
    pub fn says(&self, lang: Lang) -> Vec<String> {
        if self.steps.len() < 3 {
            return Vec::new();
        }
        [
            self.pace(lang),
            self.sizes(lang),
            self.raised(lang),
            self.each(lang),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// One figure of every kill; `None` if one kill does not show it.
    fn all<T>(&self, of: impl Fn(&Step) -> Option<T>) -> Option<Vec<T>> {
        self.steps.iter().map(of).collect()
    }

    /// Whether the kills come at regular intervals: a steady growth would show like this, and so would a limit
    /// too small for the start.
    fn pace(&self, lang: Lang) -> Option<String> {
        let times: Vec<i64> = self.all(|step| step.seconds)?;
        let mut steps: Vec<i64> = times
            .iter()
            .zip(times.iter().skip(1))
            .map(|(before, after)| after - before)
            .collect();
        steps.sort_unstable();
        let (shortest, longest) = (*steps.first()?, *steps.last()?);
        if shortest < 0 {
            return None;
        }
        let middle = *steps.get(steps.len() / 2)?;
        let values = [
            ("n", Words::from(number(times.len() as u64))),
            ("shortest", span(shortest).into()),
            ("middle", span(middle).into()),
            ("longest", span(longest).into()),
        ];
        let key = match () {
            () if middle <= 60 => "course_at_start",
            // From the start to the limit in about the same time, again and again.
            () if longest <= shortest.saturating_mul(2) => "course_steady",
            () => "course_irregular",
        };
        Some(lang.say(key, &values).text())
    }

    /// Whether the victims were larger from kill to kill.
    fn sizes(&self, lang: Lang) -> Option<String> {
        let sizes: Vec<u64> = self.all(|step| step.held)?;
        let key = if grow(&sizes) {
            "course_grows"
        } else {
            "course_sizes"
        };
        let values = [
            ("first", Words::from(bytes(*sizes.first()?))),
            ("last", bytes(*sizes.last()?).into()),
            ("least", bytes(*sizes.iter().min()?).into()),
            ("most", bytes(*sizes.iter().max()?).into()),
        ];
        Some(lang.say(key, &values).text())
    }

    /// A limit that was raised between the kills and reached again.
    fn raised(&self, lang: Lang) -> Option<String> {
        let mut limits: Vec<u64> = self.all(|step| step.limit)?;
        limits.dedup();
        if limits.len() < 2 || !grow(&limits) {
            return None;
        }
        let values = [
            ("first", Words::from(bytes(*limits.first()?))),
            ("last", bytes(*limits.last()?).into()),
        ];
        Some(lang.say("course_raised", &values).text())
    }

    /// The memory in use at each of the last kills, if it was not always the same.
    fn each(&self, lang: Lang) -> Option<String> {
        let usages: Vec<u64> = self.all(|step| step.usage)?;
        if usages.iter().all(|usage| Some(usage) == usages.first()) {
            return None;
        }
        let last = usages.get(usages.len().saturating_sub(LISTED)..)?;
        let dots = (usages.len() > LISTED).then(|| "\u{2026}".to_owned());
        let listed = dots.into_iter().chain(last.iter().map(|it| bytes(*it)));
        let usages = Words::from(lang.join(listed.collect()));
        Some(lang.say("course_each", &[("usages", usages)]).text())
    }
}

fn grow(sizes: &[u64]) -> bool {
    sizes.iter().zip(sizes.iter().skip(1)).all(|(a, b)| a < b)
}

/// Seconds on the wall clock, or else since boot; a wall-clock time is comparable over months only with its time
/// zone.
fn seconds(event: &OomEvent) -> Option<i64> {
    match event.time {
        Some(time) => unix_seconds(&time),
        None => i64::try_from(event.kernel_time_us? / 1_000_000).ok(),
    }
}

/// Seconds since 1970 in UTC; on the local clock if the time zone is missing. `None` without a year.
#[must_use]
pub fn unix_seconds(time: &WallTime) -> Option<i64> {
    let (year, month, day) = (
        i64::from(time.year?),
        i64::from(time.month),
        i64::from(time.day),
    );
    // Days of the civil calendar, with March as the first month.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let of_day = (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60 + i64::from(time.second);
    Some(days * 86_400 + of_day - i64::from(time.offset_minutes.unwrap_or(0)) * 60)
}

/// `40 s`, `12 min`, `5 h`, `3 d`.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::Victim;

    fn kill(second: u64, anon: u64) -> OomEvent {
        let mut event = OomEvent::default();
        event.event_type = EventType::Kill;
        event.kernel_time_us = Some(second * 1_000_000);
        let mut victim = Victim::default();
        victim.anon_rss_bytes = Some(anon << 20);
        event.victim = Some(victim);
        event
    }

    fn said(kills: &[(u64, u64)]) -> Vec<String> {
        let kills: Vec<OomEvent> = kills.iter().map(|(at, mib)| kill(*at, *mib)).collect();
        course(&kills.iter().collect::<Vec<_>>(), Lang::En)
    }

    #[test]
    fn two_kills_show_no_course() {
        assert!(said(&[(1, 100), (3600, 100)]).is_empty());
    }

    #[test]
    fn steady_kills_fit_a_leak_and_quick_ones_a_limit_too_small() {
        let steady = said(&[(0, 100), (3600, 101), (7000, 99)]);
        assert!(steady[0].contains("fits a leak"), "{steady:?}");
        let quick = said(&[(0, 100), (20, 101), (45, 102)]);
        assert!(quick[0].contains("soon after its start"), "{quick:?}");
        assert!(quick[1].contains("grew from kill to kill"), "{quick:?}");
        let odd = said(&[(0, 100), (3600, 101), (90_000, 99)]);
        assert!(odd[0].contains("no steady pace"), "{odd:?}");
    }

    #[test]
    fn a_limit_that_was_raised_and_reached_again_did_not_end_it() {
        let at = |second: u64, limit: u64| {
            let mut event = kill(second, limit - 20);
            let mut memory = oomparse_core::Counter::default();
            memory.usage_bytes = Some(limit << 20);
            memory.limit_bytes = Some(limit << 20);
            event.memory = Some(memory);
            event
        };
        let said = |limits: &[u64]| {
            let kills: Vec<OomEvent> = (0..).zip(limits).map(|(n, l)| at(n * 3600, *l)).collect();
            course(&kills.iter().collect::<Vec<_>>(), Lang::En).join(" ")
        };
        let raised = said(&[100, 100, 200]);
        assert!(raised.contains("from 100.0 MiB to 200.0 MiB and was reached again"));
        assert!(raised.contains("Used at each: 100.0 MiB, 100.0 MiB, 200.0 MiB."));
        assert!(!said(&[100, 100, 100]).contains("reached again"));
        assert!(!said(&[200, 100, 100]).contains("reached again"));
        assert!(
            said(&[1 << 9, 2 << 9, 3 << 9, 4 << 9, 5 << 9, 6 << 9]).contains(": \u{2026}, 1.0")
        );
    }

    #[test]
    fn a_storm_keeps_a_bounded_number_of_kills() {
        let mut course = Course::default();
        for second in 0..10_000 {
            course.add(&kill(second, 1));
        }
        assert_eq!(course.kills(), MOST);
    }

    #[test]
    fn seconds_of_dates() {
        let time = WallTime::new(Some(2023), (1, 5), (2, 12, 2), (0, 0), Some(480));
        assert_eq!(time.as_ref().and_then(unix_seconds), Some(1_672_855_922));
        let time = WallTime::new(Some(2024), (2, 29), (0, 0, 0), (0, 0), Some(0));
        assert_eq!(time.as_ref().and_then(unix_seconds), Some(1_709_164_800));
    }
}
