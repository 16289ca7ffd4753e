//! What a step needs and this machine lacks, and the one command that installs all of it.

use crate::apt::apt_line;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// What is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Programs that these packages bring.
    Packages(Vec<&'static str>),
    /// What this command brings.
    Command { what: String, brings: String },
    /// What no command brings, or what the sentence says itself.
    Other(String),
}

impl Lack {
    pub(crate) fn command(what: impl Into<String>, brings: impl Into<String>) -> Self {
        Self::Command {
            what: what.into(),
            brings: brings.into(),
        }
    }

    /// A part of the toolchain that a minimal one has not.
    pub(crate) fn component(names: &str) -> Self {
        let what = format!("this toolchain has no {names}");
        Self::command(what, format!("rustup component add {names}"))
    }
}

impl Display for Lack {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packages(names) => {
                let (verb, names) = (
                    if names.len() == 1 { "is" } else { "are" },
                    names.join(", "),
                );
                write!(to, "{names} {verb} not installed")
            }
            Self::Command { what, brings } => write!(to, "{what}: {brings}"),
            Self::Other(sentence) => to.write_str(sentence),
        }
    }
}

impl From<&str> for Lack {
    fn from(sentence: &str) -> Self {
        Self::Other(sentence.to_owned())
    }
}

impl From<String> for Lack {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

/// For a task that ends there.
impl From<Lack> for String {
    fn from(lack: Lack) -> Self {
        match &lack {
            Lack::Packages(names) => format!("{lack}: {}", apt_line(names)),
            _ => lack.to_string(),
        }
    }
}

/// The line that brings all that can be brought: packages first.
pub(crate) fn line<'l>(lacks: impl Iterator<Item = &'l Lack>) -> String {
    let (mut packages, mut commands) = (BTreeSet::new(), Vec::new());
    for lack in lacks {
        match lack {
            Lack::Packages(names) => packages.extend(names.iter().copied()),
            Lack::Command { brings, .. } if !commands.contains(brings) => {
                commands.push(brings.clone());
            }
            Lack::Command { .. } | Lack::Other(_) => {}
        }
    }
    let packages: Vec<&str> = packages.into_iter().collect();
    if !packages.is_empty() {
        commands.insert(0, apt_line(&packages));
    }
    commands.join(" && ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_brings_everything_once() {
        let lacks = [
            Lack::component("clippy"),
            Lack::Packages(vec!["valgrind", "binaryen"]),
            Lack::Other("a long build".to_owned()),
            Lack::Packages(vec!["binaryen"]),
            Lack::component("clippy"),
        ];
        let line = line(lacks.iter());
        assert!(
            line.ends_with(
                "--no-install-recommends binaryen valgrind && rustup component add clippy"
            ),
            "{line}"
        );
        assert_eq!(super::line(lacks[2..3].iter()), "");
    }

    #[test]
    fn a_sentence_names_what_brings_it() {
        let sentence = String::from(Lack::Packages(vec!["gcc", "g++"]));
        assert!(
            sentence.starts_with("gcc, g++ are not installed: "),
            "{sentence}"
        );
        assert!(sentence.ends_with(" gcc g++"), "{sentence}");
        let sentence = String::from(Lack::component("rustfmt"));
        assert_eq!(
            sentence,
            "this toolchain has no rustfmt: rustup component add rustfmt"
        );
    }
}
