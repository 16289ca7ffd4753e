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
    let mut best = [f64::INFINITY; 7];
    // In turns, so that what else the machine does meets all of them.
    for _ in 0..rounds {
        for (filter, best) in filters.iter().zip(&mut best) {
            *best = best.min(host.run(input, filter, NULL)?.0);
        }
    }
    println!(
        "\n{}: {} records, best of {rounds} rounds\n\n\
         | filter | CPU seconds | lines per CPU second | of the empty one |\n|---|---|---|---|",
        input.name, input.lines
    );
    let [_, empty, enrich, events, ..] = best;
    for (filter, seconds) in filters.iter().zip(best) {
        println!(
            "| {} | {seconds:.2} | {:.2} M | {:.2} |",
            filter.name,
            input.lines as f64 / seconds / 1e6,
            empty / seconds
        );
    }
    Ok(empty / enrich.max(events))
}
