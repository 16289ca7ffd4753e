//! What `cargo xtask release` runs as soon as the version is set: the tests, then the build of all packages.

/// A part of the rehearsal, and the flag that leaves it out.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    what: &'static str,
    command: &'static [&'static str],
    without: &'static str,
}

const PARTS: [Part; 2] = [
    Part {
        what: "the tests",
        command: &["test", "--all"],
        without: "--skip-tests",
    },
    Part {
        what: "the build of all packages",
        command: &["dist"],
        without: "--no-build",
    },
];

/// Which parts run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rehearsal {
    left_out: Vec<&'static Part>,
}

impl Rehearsal {
    /// All parts but those that the flags leave out.
    pub(crate) fn from_flags(flags: &[&str]) -> Result<Self, String> {
        let known = |flag: &&str| PARTS.iter().any(|part| part.without == *flag);
        if let Some(flag) = flags.iter().find(|flag| !known(flag)) {
            let known = PARTS.map(|part| part.without).join(" and ");
            return Err(format!("there is no flag {flag}: there are {known}"));
        }
        let left_out = PARTS.iter().filter(|part| flags.contains(&part.without));
        Ok(Self {
            left_out: left_out.collect(),
        })
    }

    /// Whether the packages are built.
    pub(crate) fn builds(&self) -> bool {
        !self.left_out.iter().any(|part| part.command == ["dist"])
    }

    /// Runs one part after the other; the first that fails is the last, and the message says how to go on.
    pub(crate) fn run(
        &self,
        version: &str,
        mut xtask: impl FnMut(&[&str]) -> Result<(), String>,
    ) -> Result<(), String> {
        for part in PARTS.iter().filter(|part| !self.left_out.contains(part)) {
            println!("\n==> {}: {}", part.what, part.typed());
            xtask(part.command).map_err(|sentence| {
                format!(
                    "{sentence}\n{version} is written everywhere, but {} failed. Nothing is committed. Mend it, and run \
                     `cargo xtask release {version}` again: it goes on from here. `{}` runs the failed part alone.",
                    part.what,
                    part.typed()
                )
            })?;
        }
        Ok(())
    }

    /// What did not run, one line for each; empty if all did.
    pub(crate) fn left_out(&self) -> String {
        let line = |part: &&Part| {
            format!(
                "!!! NOT RUN, because of {}: {}. Before you publish: {}\n",
                part.without,
                part.what,
                part.typed()
            )
        };
        self.left_out.iter().map(line).collect()
    }
}

impl Part {
    fn typed(&self) -> String {
        format!("cargo xtask {}", self.command.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(flags: &[&str], fails: &str) -> (Vec<String>, Result<(), String>, String) {
        let rehearsal = Rehearsal::from_flags(flags).unwrap();
        let mut ran = Vec::new();
        let ended = rehearsal.run("1.2.3", |args| {
            ran.push(args.join(" "));
            match args.join(" ") == fails {
                true => Err("it broke".to_owned()),
                false => Ok(()),
            }
        });
        (ran, ended, rehearsal.left_out())
    }

    #[test]
    fn all_parts_run_and_in_their_order() {
        let (ran, ended, left_out) = ran(&[], "");
        assert_eq!(ran, ["test --all", "dist"]);
        assert_eq!((ended, left_out.as_str()), (Ok(()), ""));
    }

    #[test]
    fn the_first_failure_is_the_end_and_says_how_to_go_on() {
        let (ran, ended, _) = ran(&[], "test --all");
        assert_eq!(ran, ["test --all"]);
        let sentence = ended.unwrap_err();
        for words in [
            "it broke",
            "the tests failed",
            "`cargo xtask release 1.2.3` again",
            "`cargo xtask test --all`",
        ] {
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn what_is_left_out_is_said() {
        for (flag, runs, left) in [
            ("--skip-tests", "dist", "cargo xtask test --all"),
            ("--no-build", "test --all", "cargo xtask dist"),
        ] {
            let (ran, ended, left_out) = ran(&[flag], "");
            assert_eq!(ran, [runs]);
            assert!(ended.is_ok());
            assert!(left_out.starts_with(&format!("!!! NOT RUN, because of {flag}")));
            assert!(left_out.ends_with(&format!("{left}\n")), "{left_out}");
        }
        assert!(!Rehearsal::from_flags(&["--no-build"]).unwrap().builds());
        assert!(Rehearsal::from_flags(&[]).unwrap().builds());
        assert!(Rehearsal::from_flags(&["--no-test"]).is_err());
    }
}
