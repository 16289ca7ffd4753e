//! Whether the user's Fluent Bit was built with optimisation: without it, what a filter costs as a part of the
//! host's own work says nothing.
//!
//! The program does not say how it was built, so it is measured. For a module in WebAssembly the host converts each record to JSON and
//! back, in C, which an unoptimised build makes three times slower; its interpreter of Lua is written in assembly
//! and is as fast in every build. So the one, counted in turns of a loop of the other, tells how the C was compiled, on
//! a slow machine as on a fast one.

use super::host::{Filter, Host, NULL};
use super::input::Input;
use super::write;

/// Records for the module that does nothing.
const RECORDS: u64 = 200_000;

/// Turns of the loop in Lua.
const TURNS: u64 = 200_000_000;

/// In how many turns a record may pass the module: 460 were measured with `-O2`, 1,230 without optimisation.
const MOST: f64 = 750.0;

/// Runs of each, of which the quickest counts.
const RUNS: usize = 3;

/// Refuses a host that was built without optimisation.
pub(super) fn check(host: &Host) -> Result<(), String> {
    let script = host.dir.join("spin.lua");
    write(&script, &spin())?;
    let spin = host.lua("spin", &script, "spin");
    let one = Input::empty(&host.dir)?;
    let many = Input::ordinary(&host.dir, RECORDS)?;
    let nothing = Filter::default();
    let turns = cpu(host, &one, &spin)? - cpu(host, &one, &nothing)?;
    let module = host.wasm_identity_with_malloc();
    let records = cpu(host, &many, &module)? - cpu(host, &many, &nothing)?;
    judge(records / many.lines as f64, turns / TURNS as f64)
}

/// A loop that is interpreted: nothing is compiled as it runs.
fn spin() -> String {
    format!(
        "if jit then jit.off() end\n\
         function spin(tag, time, record)\n    local sum = 0\n    \
         for left = {TURNS}, 1, -1 do sum = sum + left end\n    return 0, sum, 0\nend\n"
    )
}

fn cpu(host: &Host, input: &Input, filter: &Filter) -> Result<f64, String> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        least = least.min(host.run(input, filter, NULL)?.0);
    }
    Ok(least)
}

/// `record` and `turn` are seconds.
fn judge(record: f64, turn: f64) -> Result<(), String> {
    let turns = record / turn;
    println!(
        "\na record takes a module that does nothing {:.2} µs, as long as {turns:.0} turns of a loop in Lua",
        record * 1e6
    );
    if turns < MOST {
        return Ok(());
    }
    Err(format!(
        "this Fluent Bit was built without optimisation ({turns:.0} turns, not less than {MOST}): what filters cost \
         cannot be judged with it. Take a package, or build it with -DFLB_RELEASE=On"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_optimisation_is_refused() {
        assert_eq!(judge(1.3e-6, 2.85e-9), Ok(()));
        let sentence = judge(3.5e-6, 2.85e-9).unwrap_err();
        assert!(
            sentence.contains("built without optimisation"),
            "{sentence}"
        );
        judge(f64::NAN, 2.85e-9).unwrap_err();
    }
}
