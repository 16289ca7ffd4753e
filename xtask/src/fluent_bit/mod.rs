//! `try-fluent-bit`: the filters in a real Fluent Bit given by the user.
//!
//! Generated logs go through `tail` and each filter. First all output is written and compared record by record
//! with the output without a filter (`compare.rs`); then each filter runs to `null` and its CPU time is measured
//! (`table.rs`) and held to its bound (`cost.rs`), if the program was built with optimisation (`speed.rs`).

mod chunk;
mod compare;
mod cost;
mod host;
mod input;
mod modules;
mod running;
mod shipped;
mod speed;
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
    /// What of it is wanted.
    part: Part,
}

/// A part of the trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    All,
    /// Every record and every kill, but not what the filters cost.
    Records,
    /// Only what the filters cost, and of those only the ones that must not cost more than so much.
    Cost,
}

impl Trial {
    /// Reads what follows `try-fluent-bit`.
    pub(crate) fn from_args(args: &[&str]) -> Result<Self, String> {
        let mut trial = Self {
            bin: PathBuf::new(),
            lines: 1_000_000,
            rounds: 15,
            part: Part::All,
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
                    "all" => trial.part = Part::All,
                    "records" => trial.part = Part::Records,
                    "cost" => trial.part = Part::Cost,
                    _ => return Err(format!("`{value}` is not a part: all, records or cost")),
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
        let not_run = if self.part == Part::Cost {
            Vec::new()
        } else {
            self.compare(&host)?
        };
        if self.part != Part::Records {
            speed::check(&host)?;
            cost::run(&host, self.lines, self.rounds, self.part == Part::Cost)?;
        }
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
    use super::{Part, Trial};

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
        assert_eq!(trial.part, Part::All);
        let trial = Trial::from_args(&["--bin", "sh", "--part", "records"]).unwrap();
        assert_eq!(trial.part, Part::Records);
    }
}
