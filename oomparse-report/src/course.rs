//! Several kills of one container: what their times and sizes show together.

use crate::Lang;
use crate::facts::resident;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{EventType, OomEvent, WallTime};

/// What the kills of one container show together, in the order of the log; nothing for fewer than three.
#[must_use]
pub fn course(kills: &[&OomEvent], lang: Lang) -> Vec<String> {
    let kills: Vec<&OomEvent> = kills
        .iter()
        .copied()
        .filter(|event| event.event_type == EventType::Kill)
        .collect();
    if kills.len() < 3 {
        return Vec::new();
    }
    [pace(&kills, lang), sizes(&kills, lang)]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether the kills come at one pace: so a steady growth would show, and a limit too small for the start.
fn pace(kills: &[&OomEvent], lang: Lang) -> Option<String> {
    let times: Vec<i64> = kills.iter().filter_map(|event| seconds(event)).collect();
    if times.len() != kills.len() {
        return None;
    }
    let steps: Vec<i64> = times
        .iter()
        .zip(times.iter().skip(1))
        .map(|(before, after)| after - before)
        .collect();
    let (shortest, longest) = (steps.iter().min()?, steps.iter().max()?);
    if *shortest < 0 {
        return None;
    }
    let mut sorted = steps.clone();
    sorted.sort_unstable();
    let middle = *sorted.get(sorted.len() / 2)?;
    let values = |key| {
        let values = [
            ("n", Words::from(number(kills.len() as u64))),
            ("shortest", span(*shortest).into()),
            ("middle", span(middle).into()),
            ("longest", span(*longest).into()),
        ];
        Some(lang.say(key, &values).text())
    };
    match () {
        () if middle <= 60 => values("course_at_start"),
        // From the start to the limit in about the same time, again and again.
        () if *longest <= shortest.saturating_mul(2) => values("course_steady"),
        () => values("course_irregular"),
    }
}

/// Whether the victims were larger from kill to kill.
fn sizes(kills: &[&OomEvent], lang: Lang) -> Option<String> {
    let of = |event: &&OomEvent| event.victim.as_ref().and_then(resident);
    let sizes: Option<Vec<u64>> = kills.iter().map(of).collect();
    let sizes = sizes?;
    let (first, last) = (*sizes.first()?, *sizes.last()?);
    let grows = sizes.iter().zip(sizes.iter().skip(1)).all(|(a, b)| a < b);
    let key = if grows {
        "course_grows"
    } else {
        "course_sizes"
    };
    let values = [
        ("first", Words::from(bytes(first))),
        ("last", bytes(last).into()),
        ("least", bytes(*sizes.iter().min()?).into()),
        ("most", bytes(*sizes.iter().max()?).into()),
    ];
    Some(lang.say(key, &values).text())
}

/// Seconds by the wall, else since boot; only with its zone is a wall's time comparable over months.
fn seconds(event: &OomEvent) -> Option<i64> {
    match event.time {
        Some(time) => unix_seconds(&time),
        None => i64::try_from(event.kernel_time_us? / 1_000_000).ok(),
    }
}

/// Seconds since 1970 in UTC; as the wall shows them where the zone is missing. Nothing without a year.
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
    fn seconds_of_dates() {
        let time = WallTime::new(Some(2023), (1, 5), (2, 12, 2), (0, 0), Some(480));
        assert_eq!(time.as_ref().and_then(unix_seconds), Some(1_672_855_922));
        let time = WallTime::new(Some(2024), (2, 29), (0, 0, 0), (0, 0), Some(0));
        assert_eq!(time.as_ref().and_then(unix_seconds), Some(1_709_164_800));
    }
}
