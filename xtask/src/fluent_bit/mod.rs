//! `try-fluent-bit`: the filters in a real Fluent Bit given by the user.
//!
//! Generated logs go through `tail` and each filter. First all output is written and compared record by record
//! with the output without a filter (`compare.rs`); then each filter runs to `null` and its CPU time is measured
//! (`table.rs`).

mod chunk;
mod compare;
mod host;
mod input;
mod modules;
mod running;
mod shipped;
mod table;

use crate::steps::{self, cargo};
use crate::{system, target_dir};
use host::{Host, NULL};
use input::Input;
use std::fs;
use std::path::PathBuf;

/// What the user asks for.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// The Fluent Bit.
    bin: PathBuf,
    /// Lines of the logs, about.
    lines: u64,
    /// How often each filter runs; the middle counts, for the machine does other things too.
    rounds: usize,
    /// Only what the filters cost, and of those only the ones that must not cost more than so much.
    only_cost: bool,
}

impl Trial {
    /// Reads what follows `try-fluent-bit`.
    pub(crate) fn from_args(args: &[&str]) -> Result<Self, String> {
        let mut trial = Self {
            bin: PathBuf::new(),
            lines: 1_000_000,
            rounds: 15,
            only_cost: false,
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("{} needs a value", pair.join(" ")));
            };
            let number = || {
                let number = value.parse::<u64>().ok().filter(|number| *number > 0);
                number.ok_or_else(|| format!("`{value}` is not a number of {name}"))
            };
            match *name {
                "--bin" => trial.bin = PathBuf::from(value),
                "--lines" => trial.lines = number()?,
                "--rounds" => trial.rounds = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--part" => match *value {
                    "all" => trial.only_cost = false,
                    "cost" => trial.only_cost = true,
                    _ => return Err(format!("`{value}` is not a part: `all` or `cost`")),
                },
                other => return Err(format!("unknown option {other}")),
            }
        }
        if trial.bin.as_os_str().is_empty() {
            return Err("--bin PATH is missing: the fluent-bit program".to_owned());
        }
        if !trial.bin.is_file() && system::find(&trial.bin.to_string_lossy()).is_none() {
            return Err(format!("{}: no such program", trial.bin.display()));
        }
        Ok(trial)
    }

    /// Runs the filters and prints what came of it.
    pub(crate) fn run(&self) -> Result<(), String> {
        let dir = target_dir().join("try-fluent-bit");
        _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let host = Host::prepare(&self.bin, &dir)?;
        println!("\n{}", host.version()?);
        let not_run = if self.only_cost {
            Vec::new()
        } else {
            self.compare(&host)?
        };
        self.cost(&host)?;
        for sentence in &not_run {
            println!("!!! {sentence}");
        }
        if crate::in_ci() && !not_run.is_empty() {
            return Err(not_run.join("; "));
        }
        Ok(())
    }

    /// Every record, every kill; returns what could not run.
    fn compare(&self, host: &Host) -> Result<Vec<String>, String> {
        refuses(host)?;
        let not_run = shipped::run(host)?;
        for input in [
            Input::storm(&host.dir, 1_000)?,
            Input::mixed(&host.dir, self.lines)?,
            Input::records(&host.dir, self.lines / 20)?,
            Input::plain(&host.dir, self.lines / 10)?,
        ] {
            compare::run(host, &input)?;
        }
        Ok(not_run)
    }

    /// What the filters cost; an error if that is too much.
    fn cost(&self, host: &Host) -> Result<(), String> {
        let ordinary = Input::ordinary(&host.dir, self.lines)?;
        let mixed = Input::mixed(&host.dir, self.lines)?;
        let parts = table::run(host, &ordinary, self.rounds, self.only_cost)?;
        let of_mixed = table::run(host, &mixed, self.rounds, self.only_cost)?;
        println!(
            "\nwithout OOM lines: the native filter has {:.3} of the empty one's throughput, the module \
             {:.3} of a module's that does nothing and takes records of any size\n\
             mixed lines: the native filter has {:.3}, the module {:.3} of the host's without a filter",
            parts.native, parts.module, of_mixed.native_of_none, of_mixed.module_of_none
        );
        // What was measured less what a busy machine takes from one of two runs.
        if parts.native < 0.93 || parts.module < 0.8 {
            return Err(
                "that is less than 0.93 or 0.8; is the machine busy? Try --rounds 40".to_owned(),
            );
        }
        if of_mixed.native_of_none < 0.68 || of_mixed.module_of_none < 0.11 {
            return Err(
                "with mixed lines that is less than 0.68 or 0.11; is the machine busy? Try --rounds 40"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// A wrong option stops the real host with a sentence.
fn refuses(host: &Host) -> Result<(), String> {
    let input = Input::empty(&host.dir)?;
    let mut filter = host.oomparse("enrich");
    filter.config.push_str("    Mdoe events\n");
    match host.run(&input, &filter, NULL) {
        Err(said) if said.contains("is not an option of this filter") => {
            println!("\nan unknown option is refused at the start");
            Ok(())
        }
        Err(said) => Err(format!("refused, but with other words: {said}")),
        Ok(_) => Err("an unknown option was taken".to_owned()),
    }
}

/// Copies the built filter to the name that Fluent Bit wants.
pub(crate) fn filter() -> Result<PathBuf, String> {
    steps::run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "oomparse-fluent-bit",
    ]))?;
    let release = target_dir().join("release");
    let named = release.join("flb-filter_oomparse.so");
    fs::copy(release.join("libflb_filter_oomparse.so"), &named)
        .map_err(|error| format!("{}: {error}", named.display()))?;
    println!("    {}", named.display());
    Ok(named)
}

/// Writes a small file.
fn write(path: &std::path::Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::Trial;

    #[test]
    fn what_is_missing_is_said() {
        for (args, said) in [
            (&[][..], "--bin PATH is missing"),
            (&["--bin"], "--bin needs a value"),
            (&["--bin", "/nowhere/fluent-bit"], "no such program"),
            (&["--bin", "sh", "--lines", "0"], "`0` is not a number"),
            (&["--bin", "sh", "--round", "1"], "unknown option --round"),
            (&["--bin", "sh", "--part", "x"], "`x` is not a part"),
        ] {
            let sentence = Trial::from_args(args).unwrap_err();
            assert!(sentence.contains(said), "{sentence}");
        }
        let trial = Trial::from_args(&["--bin", "sh", "--rounds", "3"]).unwrap();
        assert_eq!((trial.rounds, trial.lines), (3, 1_000_000));
    }
}
