//! The flags of `oomparse filter`.

use super::names::Names;
use crate::cgroups::CgroupArgs;
use crate::pods::PodArgs;
use crate::sources::SourceArgs;
use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;
use oomparse_core::{Accept, Options};
use oomparse_host::Key;
use std::ffi::OsString;

const EXAMPLES: &str = "\
Examples:
  journalctl -kf -o json | oomparse filter           all records; kills with `oom`
  tail -F app.ndjson | oomparse filter --names otel  and k8s.pod.name beside it
  tail -F kern.log | oomparse filter --only-events   events alone, late ones too

Exit status: 0 the input came to its end, 2 trouble.";

/// Add OOM events to the records of a log pipeline.
///
/// Reads records on standard input, one a line, and writes each on standard output in the same order, at
/// once: JSON objects or plain lines. A record that completes a kill gets the event; a plain line then
/// becomes `{"message":"...","oom":{...}}`. Every other record comes out byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FilterArgs {
    /// How records come and answers go
    #[arg(long, value_name = "PROTOCOL", default_value = "lines")]
    pub(crate) protocol: Protocol,

    /// Whose text counts: `kernel` is only what its record proves to be the kernel's
    #[arg(long, value_name = "WHOSE", default_value = "kernel")]
    trust: Trust,

    /// Where a JSON record has its text: `log`, or `a.b` or `$a['b']` for an object in an object
    ///
    /// Default: `message`, `msg`, `log` and what else shippers call it.
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<Key>,

    /// The key that the event goes under; where a record has it already, it is `KEY_event`
    #[arg(long, value_name = "KEY", default_value = "oom", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) key_out: String,

    /// Also name the pod as this program does: `otel` is `k8s.pod.name`, `ecs` is `kubernetes.pod.name`
    #[arg(long, value_name = "WHOSE", default_value = "native")]
    pub(crate) names: Names,

    /// Where a JSON record says which log it is of; reports of different logs are kept apart
    ///
    /// Default: the host, from the record or from its text.
    #[arg(long, value_name = "PATH")]
    pub(crate) stream_key: Option<Key>,

    /// Write events alone, one a line, also those that no record of their own completed
    #[arg(long, conflicts_with_all = ["key_out"])]
    pub(crate) only_events: bool,

    /// The machine's name where the records show none
    #[arg(long, value_name = "NAME", env = "NODE_NAME")]
    node_name: Option<OsString>,

    #[command(flatten)]
    sources: SourceArgs,

    #[command(flatten)]
    cgroups: CgroupArgs,

    #[command(flatten)]
    pub(crate) pods: PodArgs,
}

/// How records come and answers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// One record a line, one answer a line
    Lines,
    /// rsyslog's mmexternal: `{}` for no change, else what is to be set
    Rsyslog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Trust {
    /// Text that its record or prefix proves to be the kernel's
    Kernel,
    /// Also text that does not show who wrote it, as dmesg's
    Any,
}

impl FilterArgs {
    /// The parser's options.
    pub(crate) fn parser(&self) -> Options {
        let mut options = Options::default();
        options.accept = match self.trust {
            Trust::Kernel => Accept::KERNEL,
            Trust::Any => Accept::ANY,
        };
        self.sources.put_into(&mut options);
        options.cgroup_roots = self.cgroups.roots();
        // An empty $NODE_NAME is none.
        options.host = self
            .node_name
            .clone()
            .map(OsString::into_encoded_bytes)
            .filter(|name| !name.is_empty());
        options
    }
}
