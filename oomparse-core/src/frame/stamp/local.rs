//! Dates in languages other than English.

use super::{Clock, clock, short_number, two_digits};
use crate::frame::scan::number;
use crate::time::WallTime;

/// `date`'s format in another language.
pub(super) fn local_ctime(input: &[u8]) -> Option<Option<WallTime>> {
    let date = LocalDate::read(input)?;
    let (day, (of_day, fraction), year) = (date.day?, date.of_day?, date.year?);
    Some(date.month().and_then(|month| {
        let day = u8::try_from(day).ok()?;
        WallTime::new(Some(year), (month, day), of_day, fraction, None)
    }))
}

/// `дек 06 14:58:14`, `Di 2022-12-06 14:58:14`, `06.12.2022 14:58:14`: a date in any language, then a clock.
/// `None` if the date is not understood.
pub(in crate::frame) fn local(input: &[u8]) -> Option<WallTime> {
    let date = LocalDate::read(input)?;
    let (of_day, fraction) = date.of_day?;
    let day = u8::try_from(date.day?).ok()?;
    WallTime::new(date.year, (date.month()?, day), of_day, fraction, None)
}

/// The meaning of a date's words.
#[derive(Default)]
struct LocalDate {
    day: Option<u16>,
    month: Option<u8>,
    of_day: Option<Clock>,
    year: Option<u16>,
    is_half_day: bool,
}

impl LocalDate {
    /// Reads a date of at most seven words.
    fn read(input: &[u8]) -> Option<Self> {
        let mut words = input.split(|byte| *byte == b' ').filter(|w| !w.is_empty());
        let (mut date, mut before) = (Self::default(), None);
        for _ in 0..7 {
            let Some(word) = words.next() else { break };
            date.word(word, before);
            before = Some(word);
        }
        words.next().is_none().then_some(date)
    }

    fn word(&mut self, word: &[u8], before: Option<&[u8]>) {
        self.is_half_day |= word.eq_ignore_ascii_case(b"am") || word.eq_ignore_ascii_case(b"pm");
        // The bytes after a year and a day are 年, 년 and 日, 일.
        if self.of_day.is_none()
            && let Some((clock, _, [])) = clock(word)
        {
            self.of_day = Some(clock);
        } else if self.day.is_none()
            && let Some((number, [] | b"." | b"\xe6\x97\xa5" | b"\xec\x9d\xbc")) =
                short_number(word, 2)
        {
            self.day = Some(number);
            self.month = before.and_then(month_by_name);
        } else if self.year.is_none()
            && let Some((number @ 1970..=9999, [] | b"\xe5\xb9\xb4" | b"\xeb\x85\x84")) =
                short_number(word, 4)
        {
            self.year = Some(number);
        } else if self.day.is_none()
            && let Some((year, month, day)) = in_numbers(word)
        {
            (self.year, self.month, self.day) = (Some(year), Some(month), Some(day.into()));
        } else if self.day.is_some()
            && (self.month.is_none() || before.is_some_and(|before| self.is_day(before)))
            && let Some(month) = month_by_name(word)
        {
            // `mar. 06 déc.`: what looked like a month before the day was Tuesday.
            self.month = Some(month);
        }
    }

    fn is_day(&self, word: &[u8]) -> bool {
        short_number(word, 2).is_some_and(|(number, _)| Some(number) == self.day)
    }

    /// The month, unless the half of the day is written, which is not understood in every language.
    fn month(&self) -> Option<u8> {
        self.month.filter(|_| !self.is_half_day)
    }
}

/// `2022-12-06` or `06.12.2022`. With slashes, day and month cannot be distinguished.
fn in_numbers(word: &[u8]) -> Option<(u16, u8, u8)> {
    let word = word.strip_suffix(b",").unwrap_or(word);
    if let Some((year, rest)) = short_number(word, 4).filter(|(year, _)| *year > 1900) {
        let (month, rest) = two_digits(rest.strip_prefix(b"-")?)?;
        let (day, rest) = two_digits(rest.strip_prefix(b"-")?)?;
        return rest.is_empty().then_some((year, month, day));
    }
    let (day, rest) = short_number(word, 2)?;
    let (month, rest) = short_number(rest.strip_prefix(b".")?, 2)?;
    let (year, rest) = short_number(rest.strip_prefix(b".")?, 4)?;
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    (year > 1900 && rest.is_empty()).then_some((year, month, day))
}

/// A month's number from its abbreviated name, or from a number before `月` or `월`.
fn month_by_name(name: &[u8]) -> Option<u8> {
    if let Some((number, "月" | "월")) =
        number(name).and_then(|(number, rest)| Some((number, core::str::from_utf8(rest).ok()?)))
    {
        return u8::try_from(number).ok();
    }
    let name = core::str::from_utf8(name).ok()?;
    let starts = |beginning: &&str| {
        let mut letters = name.chars().map(lower);
        beginning.chars().all(|c| letters.next() == Some(c))
    };
    let found = MONTHS
        .iter()
        .position(|names| names.split(' ').any(|beginning| starts(&beginning)))?;
    u8::try_from(found).ok()?.checked_add(1)
}

/// The lower-case letter for a letter in a month's name: Latin and Cyrillic, without the tables for other
/// scripts.
fn lower(letter: char) -> char {
    let code = u32::from(letter);
    let by = match code {
        0x41..=0x5a | 0xc0..=0xde | 0x410..=0x42f => 0x20,
        // In this range the capitals are odd, elsewhere in this block even.
        0x139..=0x148 | 0x179..=0x17e => code & 1,
        0x100..=0x177 => (code & 1) ^ 1,
        _ => 0,
    };
    char::from_u32(code.saturating_add(by)).unwrap_or(letter)
}

/// The first letters of the months' names in English, German, French, Spanish, Portuguese, Italian, Dutch,
/// Polish, Czech, Russian, the Nordic languages and Turkish, unless two months share them.
const MONTHS: [&str; 12] = [
    "jan gen ene янв sty led oca",
    "feb fev fév fév lut úno фев şub",
    "mar mär mrt maa мар bře",
    "apr avr abr kwi апр dub nis",
    "may mai maj mei mag мая май kvě",
    "jun juin giu cze июн čvn haz kes",
    "jul juil lug lip июл čvc tem",
    "aug aoû aou ago sie авг srp ağu",
    "sep set wrz сен zář eyl",
    "oct okt out ott paź окт říj eki",
    "nov lis ноя kas",
    "dec déc dez dic des gru дек pro ara",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_months_have_their_small_ones() {
        for month in MONTHS.iter().flat_map(|names| names.chars()) {
            let mut capitals = month.to_uppercase();
            assert_eq!(capitals.next().map(lower), Some(month));
            assert_eq!(lower(month), month);
        }
    }

    #[test]
    fn dates_in_numbers_and_names() {
        for (word, date) in [
            ("2022-12-06", Some((2022, 12, 6))),
            ("06.12.2022,", Some((2022, 12, 6))),
            ("6.1.2022", Some((2022, 1, 6))),
            ("06.12.2022x", None),
            ("06.12.1200", None),
            // A clock that was not set.
            ("1900-12-06", None),
            ("06.12.1900", None),
            ("2022-12-06x", None),
            ("12/06/2022", None),
        ] {
            assert_eq!(in_numbers(word.as_bytes()), date, "{word}");
        }
        for text in [
            "дек 06 14:58:14 2022",
            "6 дек 2022 14:58:14 MSK",
            "Di 06. Dez 2022 14:58:14 CET",
            // French, Spanish and Italian: on Tuesdays the day's name is also March's.
            "mar. 06 déc. 2022 14:58:14 CET",
            "mar 06 dic 2022 14:58:14 CET",
            // A zone's name after the year.
            "Tue Dec 06 14:58:14 2022 MART",
        ] {
            let wall = local(text.as_bytes()).unwrap();
            assert_eq!((wall.year, wall.month, wall.day), (Some(2022), 12, 6));
        }
    }
}
