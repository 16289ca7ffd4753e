//! Counts of kills by name and over time, of bounded size however many kills there are.

use super::bar::Bars;
use super::layout::Page;
use crate::sink::wide::{cut, pad};
use oomparse_core::WallTime;
use oomparse_report::units::number;
use std::collections::{BTreeMap, HashMap};

/// How many names are counted one by one; kills of further names are counted together.
const MAX_NAMES: usize = 4096;

/// Names that are shown.
const SHOWN: usize = 5;

/// Kills by name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    kills: HashMap<String, u64>,
    /// Kills of further names.
    beyond: u64,
}

impl Names {
    pub(crate) fn add(&mut self, name: &str) {
        if let Some(kills) = self.kills.get_mut(name) {
            *kills += 1;
        } else if self.kills.len() < MAX_NAMES {
            self.kills.insert(name.to_owned(), 1);
        } else {
            self.beyond += 1;
        }
    }

    /// How many names there are, and whether there are more than that.
    pub(crate) fn len(&self) -> (u64, bool) {
        (self.kills.len() as u64, self.beyond > 0)
    }

    /// Writes the names with most kills; the last line counts the others.
    pub(crate) fn write(&self, page: &mut Page, bars: Bars, width: usize, label: &str) {
        let mut all: Vec<(&str, u64)> = self
            .kills
            .iter()
            .map(|(name, kills)| (name.as_str(), *kills))
            .collect();
        // Equal counts are sorted by name, so that the same log always gives the same text.
        all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let most = all.first().map_or(0, |(_, kills)| *kills);
        let room = bars.width / 2;
        let name_width = width.saturating_sub(4 + 14 + 1 + 7 + 1 + room);
        let shown = all.get(..SHOWN.min(all.len())).unwrap_or_default();
        for (index, (name, kills)) in shown.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let bar = bars.length(*kills, most, room);
            let name = pad(&cut(name, name_width), name_width);
            page.line(&format!("    {label:14}{name} {:>7} {bar}", number(*kills)));
        }
        let rest = all.get(shown.len()..).unwrap_or_default();
        let kills = rest.iter().map(|(_, kills)| kills).sum::<u64>() + self.beyond;
        if kills > 0 {
            let more = if self.beyond > 0 { "more than " } else { "" };
            let others = if rest.len() == 1 { "other" } else { "others" };
            let text = format!("{more}{} {others}", number(rest.len() as u64));
            page.line(&format!(
                "    {:14}{text:name_width$} {:>7}",
                "",
                number(kills)
            ));
        }
    }
}

/// Lengths of a column in seconds; each divides the next.
const STEPS: [i64; 12] = [
    1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800, 2_419_200,
];
/// Maximum number of columns.
const COLUMNS: i64 = 60;

/// The clock of a time; clocks are not mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// With its zone.
    Wall,
    /// Without a zone, or without a year.
    Local,
    Boot,
}

/// Kills over time.
#[derive(Debug, Default)]
pub(crate) struct Times {
    clock: Option<Clock>,
    step: usize,
    columns: BTreeMap<i64, u64>,
    first: Option<(i64, String)>,
    last: Option<(i64, String)>,
    /// Kills with another clock, or without any.
    others: u64,
}

impl Times {
    /// Counts a kill at this time, shown as `text`.
    pub(crate) fn add(&mut self, wall: Option<WallTime>, boot_us: Option<u64>, text: &str) {
        let (clock, seconds) = match (wall.and_then(seconds), boot_us) {
            (Some((clock, seconds)), _) => (clock, seconds),
            (None, Some(us)) => (Clock::Boot, i64::try_from(us / 1_000_000).unwrap_or(0)),
            (None, None) => {
                self.others += 1;
                return;
            }
        };
        if *self.clock.get_or_insert(clock) != clock {
            self.others += 1;
            return;
        }
        if self
            .first
            .as_ref()
            .is_none_or(|(first, _)| seconds < *first)
        {
            self.first = Some((seconds, text.to_owned()));
        }
        if self.last.as_ref().is_none_or(|(last, _)| seconds >= *last) {
            self.last = Some((seconds, text.to_owned()));
        }
        *self
            .columns
            .entry(seconds.div_euclid(self.length()))
            .or_default() += 1;
        while self.span() > COLUMNS && self.step + 1 < STEPS.len() {
            let before = self.length();
            self.step += 1;
            let ratio = self.length() / before;
            let old = std::mem::take(&mut self.columns);
            for (column, kills) in old {
                *self.columns.entry(column.div_euclid(ratio)).or_default() += kills;
            }
        }
    }

    fn length(&self) -> i64 {
        STEPS.get(self.step).copied().unwrap_or(1)
    }

    fn span(&self) -> i64 {
        let first = self.columns.first_key_value();
        let last = self.columns.last_key_value();
        match (first, last) {
            (Some((first, _)), Some((last, _))) => last - first + 1,
            _ => 0,
        }
    }

    /// Writes the sparkline and the time that it spans, unless all kills came at once.
    pub(crate) fn write(&self, page: &mut Page, bars: Bars) {
        let (Some((first, from)), Some((last, to))) = (&self.first, &self.last) else {
            return;
        };
        if first == last || self.span() > 4 * COLUMNS {
            return;
        }
        let start = self
            .columns
            .first_key_value()
            .map_or(0, |(column, _)| *column);
        let columns: Vec<u64> = (start..start + self.span())
            .map(|column| self.columns.get(&column).copied().unwrap_or(0))
            .collect();
        page.line(&format!("    {:14}{}", "over time", bars.spark(&columns)));
        page.line(&format!("    {:14}{from} to {to}", ""));
        page.line(&format!(
            "    {:14}one column is {}",
            "",
            length(self.length())
        ));
        if self.others > 0 {
            page.line(&format!(
                "    {:14}{} more at times that the log does not show so",
                "",
                number(self.others)
            ));
        }
    }
}

/// Seconds since 1970 on the wall clock; for a time without a year, since the year's start.
fn seconds(time: WallTime) -> Option<(Clock, i64)> {
    let date = jiff::civil::date(i16::try_from(time.year.unwrap_or(1972)).ok()?, 1, 1);
    let month = i8::try_from(time.month).ok()?;
    let day = i8::try_from(time.day).ok()?;
    let date = date.with().month(month).day(day).build().ok()?;
    let days = i64::from(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days());
    let of_day = (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60 + i64::from(time.second);
    let offset = i64::from(time.offset_minutes.unwrap_or(0)) * 60;
    let clock = if time.is_complete() {
        Clock::Wall
    } else {
        Clock::Local
    };
    Some((clock, days * 86_400 + of_day - offset))
}

fn length(seconds: i64) -> String {
    let (number, unit) = match seconds {
        ..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        _ if seconds == 86_400 => (1, "day"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::super::super::screen::Screen;
    use super::*;

    fn shown(write: impl Fn(&mut Page, Bars)) -> String {
        let screen = Screen::plain(80);
        let mut page = Page::new(screen);
        write(&mut page, Bars::new(screen));
        page.into_text()
    }

    #[test]
    fn names_past_the_bound_are_counted_together() {
        let mut names = Names::default();
        for index in 0..MAX_NAMES + 10 {
            names.add(&format!("pod-{index:05}"));
        }
        names.add("pod-00000");
        assert_eq!(names.len(), (MAX_NAMES as u64, true));
        let text = shown(|page, bars| names.write(page, bars, 80, "by pod"));
        assert!(text.starts_with("    by pod        pod-00000 "), "{text}");
        assert!(text.contains("more than 4,091 others"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }

    #[test]
    fn time_takes_the_step_that_fits() {
        let mut times = Times::default();
        for minute in [0u64, 1, 1, 59] {
            times.add(None, Some(minute * 60_000_000), &format!("{minute}"));
        }
        let text = shown(|page, bars| times.write(page, bars));
        assert!(text.contains("one column is 1 min"), "{text}");
        assert!(text.contains("0 to 59"), "{text}");
        assert_eq!(times.columns.len(), 3);
        times.add(None, Some(u64::MAX), "late");
        assert!(times.columns.len() <= 4);
    }

    #[test]
    fn one_moment_is_no_line() {
        let mut times = Times::default();
        times.add(None, Some(5), "5");
        times.add(None, None, "");
        assert_eq!(shown(|page, bars| times.write(page, bars)), "");
    }
}
