//! Figures in a form for people.

/// A size in bytes: `0 B`, `56.0 KiB`, `120.0 MiB`, `1.5 GiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, rounded; one that rounds up to 1024 is shown in the next unit.
    let mut tenths = tenth_of_kib(bytes);
    for unit in UNITS {
        if tenths < 10_240 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        tenths = (tenths + 512) / 1024;
    }
    format!("{} EiB", tenths.div_ceil(10))
}

fn tenth_of_kib(bytes: u64) -> u64 {
    let rounded = (u128::from(bytes) * 10 + 512) / 1024;
    u64::try_from(rounded).unwrap_or(u64::MAX)
}

/// A number with commas: `1,234,567`.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 kill`, `2 kills`.
#[must_use]
pub fn count(n: u64, thing: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {thing}{s}", number(n))
}

/// `12345.678901 s` from microseconds since boot.
#[must_use]
pub fn uptime(micros: u64) -> String {
    format!("{}.{:06} s", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_the_unit_that_fits() {
        for (size, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (57_344, "56.0 KiB"),
            (125_829_120, "120.0 MiB"),
            (1_610_612_736, "1.5 GiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn sizes_that_round_up_take_the_next_unit() {
        assert_eq!(bytes((1 << 20) - 1), "1.0 MiB");
        assert_eq!(bytes((1 << 20) - 60), "1023.9 KiB");
        assert_eq!(bytes((1 << 30) - (1 << 14)), "1.0 GiB");
    }

    #[test]
    fn numbers_have_commas() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(n), text);
        }
        assert_eq!(count(2000, "kill"), "2,000 kills");
        assert_eq!(uptime(12_345_000_001), "12345.000001 s");
    }
}
