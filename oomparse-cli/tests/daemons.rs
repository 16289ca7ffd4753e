//! rsyslog and syslog-ng themselves, with the configurations of `integrations/`, on files in a temporary
//! folder.
//!
//! A daemon that is not installed is said to be missing: the test is then counted as ignored, and fails in CI.

mod daemon;

use daemon::log::Log;
use daemon::{Daemon, Kind, Place};
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::time::Instant;

/// Lines that each daemon is fed.
const LINES: usize = 200_000;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each daemon has the machine to itself: throughput is measured too.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    for kind in [Kind::Rsyslog, Kind::SyslogNg] {
        let missing = kind.find().is_none();
        if missing {
            println!(
                "!!! NOT RUN: {} is not installed; `cargo xtask test` names the package",
                kind.name()
            );
        }
        let in_ci =
            std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        let trial = |name: &str, test: fn(Kind) -> Result<(), Failed>| {
            Trial::test(format!("{}::{name}", kind.name()), move || test(kind))
                .with_ignored_flag(missing && !in_ci)
        };
        trials.push(trial("every_line_once_and_in_order", every_line));
        trials.push(trial("helper_killed_in_the_middle", helper_killed));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All lines at once; throughput with the program and without.
fn every_line(kind: Kind) -> Result<(), Failed> {
    let log = Log::new(LINES);
    let mut figures = Vec::new();
    for with in [true, false] {
        let place = Place::new(kind, if with { "with" } else { "without" }, &log)?;
        place.append(&log.lines)?;
        let started = Instant::now();
        let daemon = Daemon::start(kind, &place, with)?;
        let out = place.wait_for(log.lines.len(), &daemon)?;
        let seconds = started.elapsed().as_secs_f64();
        figures.push(log.lines.len() as f64 / seconds);
        daemon.stop()?;
        let found = log.compare(kind, &out, 0..log.lines.len())?;
        let expected = if with {
            (log.kills.len(), log.pods_known())
        } else {
            (0, 0)
        };
        if (found.kills, found.named) != expected {
            return Err(format!("{found:?}, but {expected:?} were expected").into());
        }
    }
    println!(
        "{}: {} lines, {} kills: {:.0} lines/s with oomparse, {:.0} lines/s without",
        kind.name(),
        log.lines.len(),
        log.kills.len(),
        figures[0],
        figures[1]
    );
    Ok(())
}

/// Lines that are on their way when the program gets SIGTERM.
const ON_THE_WAY: usize = 500;

/// The program is killed when about half of the lines went through; the daemon starts it anew.
fn helper_killed(kind: Kind) -> Result<(), Failed> {
    let log = Log::new(LINES);
    let half = LINES / 2;
    let place = Place::new(kind, "killed", &log)?;
    let daemon = Daemon::start(kind, &place, true)?;
    // syslog-ng writes ahead into a pipe. After SIGTERM a program reads what comes, but not for ever: a
    // writer that never pauses loses what stands in the pipe then. Here it pauses.
    let before = match kind {
        Kind::Rsyslog => half / 4,
        Kind::SyslogNg => half - ON_THE_WAY,
    };
    match kind {
        Kind::Rsyslog => place.append(&log.lines[..half])?,
        Kind::SyslogNg => place.append(&log.lines[..before])?,
    }
    place.wait_for(before, &daemon)?;
    let helper = daemon.helper()?;
    if kind == Kind::SyslogNg {
        place.append(&log.lines[before..half])?;
        place.wait_for(before + 1, &daemon)?;
    }
    daemon::kill(kind.signal(), helper)?;
    if kind == Kind::SyslogNg {
        place.wait_for(half, &daemon)?;
        daemon.wait_for_another(helper)?;
    }
    // rsyslog notices when it has the next message for it.
    place.append(&log.lines[half..])?;
    let out = place.wait_for(log.lines.len(), &daemon)?;
    daemon.wait_for_another(helper)?;
    daemon.stop()?;
    let found = log.compare(kind, &out, 0..log.lines.len())?;
    // The report that was being printed may have gone with the program; no other.
    if found.kills + 1 < log.kills.len() || found.named + 1 < log.pods_known() {
        return Err(format!("{found:?} of {} kills", log.kills.len()).into());
    }
    println!(
        "{}: every line came out once; {found:?} of {} kills",
        kind.name(),
        log.kills.len()
    );
    Ok(())
}
