//! What the filters may cost.

use super::host::Host;
use super::input::Input;
use super::table::{self, Parts};

/// Below these parts of another filter's throughput a filter costs too much.
const BOUNDS: Bounds = Bounds {
    native: 0.97,
    module: 0.85,
    native_of_none: 0.68,
    module_of_none: 0.12,
};

/// The least parts that are accepted.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Without OOM lines: the native filter's of an empty native one's.
    native: f64,
    /// Without OOM lines: the module's of one that does nothing and takes records of any size.
    module: f64,
    /// Mixed lines: the native filter's of the host's without a filter.
    native_of_none: f64,
    /// Mixed lines: the module's of that.
    module_of_none: f64,
}

/// Measures the filters; an error if one costs too much.
pub(super) fn run(host: &Host, lines: u64, rounds: usize, only_parts: bool) -> Result<(), String> {
    let ordinary = Input::ordinary(&host.dir, lines)?;
    let mixed = Input::mixed(&host.dir, lines)?;
    let plain = table::run(host, &ordinary, rounds, only_parts)?;
    let mixed = table::run(host, &mixed, rounds, only_parts)?;
    println!(
        "\nwithout OOM lines: the native filter has {:.3} of the empty one's throughput, the module \
         {:.3} of a module's that does nothing and takes records of any size\n\
         mixed lines: the native filter has {:.3}, the module {:.3} of the host's without a filter",
        plain.native, plain.module, mixed.native_of_none, mixed.module_of_none
    );
    judge(&plain, &mixed)
}

/// Holds what was measured to the bounds.
fn judge(plain: &Parts, mixed: &Parts) -> Result<(), String> {
    let rows = [
        ("native, no OOM lines", plain.native, BOUNDS.native),
        ("module, no OOM lines", plain.module, BOUNDS.module),
        (
            "native, mixed lines",
            mixed.native_of_none,
            BOUNDS.native_of_none,
        ),
        (
            "module, mixed lines",
            mixed.module_of_none,
            BOUNDS.module_of_none,
        ),
    ];
    let less: Vec<String> = rows
        .iter()
        // What is not a number is not enough either.
        .filter(|(_, part, least)| part.is_nan() || part < least)
        .map(|(what, part, least)| format!("{what}: {part:.3} is less than {least}"))
        .collect();
    if less.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}; is the machine busy? Try --rounds 40",
        less.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_bound() {
        let enough = Parts {
            native: 0.97,
            module: 0.85,
            native_of_none: 0.68,
            module_of_none: 0.12,
        };
        assert_eq!(judge(&enough, &enough), Ok(()));
        let less = |change: &dyn Fn(&mut Parts)| {
            let mut less = enough;
            change(&mut less);
            less
        };
        for (plain, mixed, said) in [
            (
                less(&|parts| parts.native = 0.969),
                enough,
                "0.969 is less than 0.97",
            ),
            (
                less(&|parts| parts.module = 0.849),
                enough,
                "0.849 is less than 0.85",
            ),
            (
                enough,
                less(&|parts| parts.native_of_none = 0.679),
                "0.679 is less than 0.68",
            ),
            (
                enough,
                less(&|parts| parts.module_of_none = 0.119),
                "0.119 is less than 0.12",
            ),
            (less(&|parts| parts.native = f64::NAN), enough, "NaN"),
        ] {
            let sentence = judge(&plain, &mixed).unwrap_err();
            assert!(sentence.contains(said), "{sentence}");
            assert_eq!(sentence.matches("less than").count(), 1, "{sentence}");
        }
    }
}
