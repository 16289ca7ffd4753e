//! What each filter costs.

use super::host::{Filter, Host, NULL};
use super::input::Input;

/// One filter's CPU seconds, round by round.
type Row = (Filter, Vec<f64>);

/// Throughput as parts of others'.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The native filter's of the empty native one's.
    pub(super) native: f64,
    /// The module's of one that does nothing and takes records of any size.
    pub(super) module: f64,
    /// The native filter's of the host's without a filter.
    pub(super) native_of_none: f64,
    /// The module's of that.
    pub(super) module_of_none: f64,
}

/// What people do without us.
fn grep() -> Filter {
    Filter {
        name: "grep".to_owned(),
        config: "[FILTER]\n    Name grep\n    Match *\n    Exclude log Killed process\n".to_owned(),
        ..Filter::default()
    }
}

/// Prints the figures of each filter, or of those alone of which a part is given.
pub(super) fn run(
    host: &Host,
    input: &Input,
    rounds: usize,
    only_parts: bool,
) -> Result<Parts, String> {
    let none = Filter {
        name: "none".to_owned(),
        ..Filter::default()
    };
    let do_nothing = host.dir.join("identity.lua");
    let row = |filter| (filter, Vec::new());
    let mut none = row(none);
    let mut empty = row(host.empty());
    let mut native = row(host.oomparse("enrich"));
    let mut events = row(host.oomparse("events"));
    let mut identity = row(host.wasm_identity());
    let mut with_malloc = row(host.wasm_identity_with_malloc());
    let mut module = row(host.oomparse_wasm("oomparse_filter"));
    let mut any = row(host.oomparse_wasm("oomparse_filter_any"));
    let mut grep = row(grep());
    let mut lua_identity = row(host.lua("lua that does nothing", &do_nothing, "identity"));
    let mut lua = row(host.oomparse_lua());
    let mut rows = vec![
        &mut none,
        &mut empty,
        &mut native,
        &mut with_malloc,
        &mut module,
    ];
    if !only_parts {
        rows.extend([
            &mut events,
            &mut identity,
            &mut any,
            &mut grep,
            &mut lua_identity,
            &mut lua,
        ]);
    }
    // In turns, so that what else the machine does meets all of them.
    for _ in 0..rounds {
        for (filter, times) in &mut rows {
            times.push(host.run(input, filter, NULL)?.0);
        }
    }
    print_seconds(input, rounds, &rows);
    let part = |of: &Row, row: &Row| {
        let part = part_of(&of.1, &row.1);
        println!("- {}: {part:.3} of `{}`", row.0.name, of.0.name);
        part
    };
    println!("\nthroughput as a part of another filter's, the middle of the rounds' parts:\n");
    if !only_parts {
        part(&empty, &events);
        part(&identity, &any);
        part(&with_malloc, &any);
        part(&identity, &module);
        part(&lua, &module);
        part(&lua_identity, &lua);
    }
    Ok(Parts {
        native: part(&empty, &native),
        module: part(&with_malloc, &module),
        native_of_none: part(&none, &native),
        module_of_none: part(&none, &module),
    })
}

fn print_seconds(input: &Input, rounds: usize, rows: &[&mut Row]) {
    println!(
        "\n{}: {} records, middle of {rounds} rounds\n\n\
         | filter | CPU seconds | least of them | lines per CPU second |\n|---|---|---|---|",
        input.name, input.lines
    );
    for (filter, times) in rows {
        let seconds = middle(times.iter().copied());
        let least = least(times);
        let lines = input.lines as f64 / least / 1e6;
        println!(
            "| {} | {seconds:.2} | {least:.2} | {lines:.2} M |",
            filter.name
        );
    }
}

/// The throughput as a part of another filter's: the middle of the rounds' parts. What slows the machine for a while
/// slows both filters of a round, and leaves their part as it is.
fn part_of(other: &[f64], times: &[f64]) -> f64 {
    middle(other.iter().zip(times).map(|(other, time)| other / time))
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::NAN, f64::min)
}

fn middle(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_part_is_the_middle_of_the_rounds() {
        // The second round is on a machine half as fast, the third meets something else.
        let (empty, times) = ([1.0, 2.0, 1.0], [2.0, 4.0, 9.0]);
        assert!((super::part_of(&empty, &times) - 0.5).abs() < 1e-9);
        assert!(super::part_of(&[], &times).is_nan());
    }
}
