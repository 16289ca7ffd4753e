//! `--sources` and `--origin`: whose lines are read besides the kernel's.

use oomparse_core::{Accept, Daemon, Options};
use std::str::FromStr;

/// The flags that say whose lines are read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Whose lines are read beside the kernel's: `all`, or daemons by name as `systemd-oomd,kubelet`
    ///
    /// Other killers' kills come as `userspace_kill`, the kubelet's evictions as `eviction`, what bystanders say as
    /// `notice`. A line counts only from its daemon: the journal's own fields, a kmsg facility or a syslog tag
    /// name it. `all` may count fewer kills: what an Event or node-problem-detector quotes of the kernel is a kill
    /// while nobody reads that voice, and its `notice` alone where it is read.
    #[arg(long, value_name = "kernel|all|LIST")]
    sources: Option<Sources>,

    /// Whose log it is, where its lines do not say so: a daemon's name
    #[arg(long, value_name = "NAME", value_parser = daemon)]
    origin: Option<Daemon>,
}

impl SourceArgs {
    /// Selects all sources if none were named.
    pub(crate) fn all_unless_named(&mut self) {
        self.sources.get_or_insert(Sources::All);
    }

    /// Whether lines of others than the kernel are requested.
    pub(crate) fn has_daemons(&self) -> bool {
        self.origin.is_some() || self.added_to(Accept::KERNEL).has_daemons()
    }

    fn added_to(&self, accept: Accept) -> Accept {
        self.sources
            .as_ref()
            .map_or(accept, |sources| sources.added_to(accept))
    }

    /// Adds them to the parser's options.
    pub(crate) fn put_into(&self, options: &mut Options) {
        options.accept = self.added_to(options.accept);
        options.origin = self.origin;
    }
}

/// What `--sources` names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sources {
    All,
    Named(Vec<Daemon>),
}

impl Sources {
    fn added_to(&self, accept: Accept) -> Accept {
        match self {
            Self::All => accept.and_all_daemons(),
            Self::Named(daemons) => daemons
                .iter()
                .fold(accept, |accept, daemon| accept.and(*daemon)),
        }
    }
}

impl FromStr for Sources {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let names = text.split(',').filter(|name| *name != "kernel");
        names.map(daemon).collect::<Result<_, _>>().map(Self::Named)
    }
}

fn daemon(name: &str) -> Result<Daemon, String> {
    Daemon::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Daemon::ALL.iter().map(|daemon| daemon.name()).collect();
        format!(
            "no daemon of that name is known; known are {}",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_by_name() {
        let of = |text: &str| text.parse::<Sources>().map(|it| it.added_to(Accept::ANY));
        assert_eq!(of("kernel"), Ok(Accept::ANY));
        assert_eq!(of("all"), Ok(Accept::ANY.and_all_daemons()));
        let earlyoom = Ok(Accept::ANY.and(Daemon::EarlyOom));
        assert_eq!(of("earlyoom"), earlyoom);
        assert_eq!(of("kernel,earlyoom"), earlyoom);
        for text in ["", "earlyoom,", "Kernel", "all,earlyoom"] {
            assert!(of(text).unwrap_err().contains("systemd-oomd"), "{text}");
        }
    }
}
