//! What each filter costs.

use super::host::{Filter, Host, NULL};
use super::input::Input;

/// Prints the figures of each filter; gives the native filter's throughput as a part of the empty one's.
pub(super) fn run(host: &Host, input: &Input, rounds: usize) -> Result<f64, String> {
    let identity = host.dir.join("identity.lua");
    let filters = [
        Filter {
            name: "none",
            ..Filter::default()
        },
        host.empty(),
        host.oomparse("enrich"),
        host.oomparse("events"),
        Filter {
            name: "grep",
            config: "[FILTER]\n    Name grep\n    Match *\n    Exclude log Killed process\n"
                .to_owned(),
            ..Filter::default()
        },
        host.lua("lua that does nothing", &identity, "identity"),
        host.oomparse_lua(),
    ];
    let mut times: [Vec<f64>; 7] = Default::default();
    // In turns, so that what else the machine does meets all of them.
    for _ in 0..rounds {
        for (filter, times) in filters.iter().zip(&mut times) {
            times.push(host.run(input, filter, NULL)?.0);
        }
    }
    println!(
        "\n{}: {} records, middle of {rounds} rounds\n\n\
         | filter | CPU seconds | lines per CPU second | of the empty one |\n|---|---|---|---|",
        input.name, input.lines
    );
    let [_, empty, enrich, ..] = &times;
    for (filter, times) in filters.iter().zip(&times) {
        let seconds = middle(times.iter().copied());
        println!(
            "| {} | {seconds:.2} | {:.2} M | {:.2} |",
            filter.name,
            input.lines as f64 / seconds / 1e6,
            part_of(empty, times)
        );
    }
    Ok(part_of(empty, enrich))
}

/// The throughput as a part of the empty filter's. Rounds are compared, each with itself: from one to
/// the next a busy machine's speed changes more than what is measured.
fn part_of(empty: &[f64], times: &[f64]) -> f64 {
    middle(empty.iter().zip(times).map(|(empty, time)| empty / time))
}

fn middle(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_are_of_the_same_round() {
        let (empty, times) = ([1.0, 2.0, 9.0], [2.0, 4.0, 9.0]);
        assert!((super::part_of(&empty, &times) - 0.5).abs() < 1e-9);
    }
}
