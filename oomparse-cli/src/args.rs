//! The command line: the program's commands, each with the flags that its own module defines.

use crate::commands::explain::ExplainArgs;
use crate::commands::kubectl::KubectlArgs;
use crate::commands::npd::NpdArgs;
use crate::commands::pods::PodsArgs;
use crate::commands::scan::{CorrelateArgs, ReportArgs, ScanArgs};
use crate::commands::shell::{CompletionsArgs, ManArgs};
use crate::commands::who::WhoArgs;
use crate::filter::FilterArgs;
use crate::watch::WatchArgs;
use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// Reads what the Linux OOM killer left in a log: who was killed, in which pod, at which limit.
#[derive(Debug, Parser)]
#[command(name = "oomparse", version, max_term_width = 90)]
#[command(
    after_help = "Exit status: 0 something was found, 1 nothing, 2 trouble.\n\
    `oomparse scan --help` shows examples."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(ScanArgs),
    Report(ReportArgs),
    Correlate(CorrelateArgs),
    Filter(FilterArgs),
    Watch(WatchArgs),
    Pods(PodsArgs),
    Who(WhoArgs),
    Npd(NpdArgs),
    #[command(name = "kubectl-oom")]
    Kubectl(KubectlArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// The arguments; called `kubectl-oom`, as kubectl calls a plugin, the program is that command.
pub(crate) fn typed(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    let name = args.first().map(std::path::Path::new);
    let name = name.and_then(std::path::Path::file_name);
    if name.is_some_and(|name| name == "kubectl-oom" || name == "kubectl_oom") {
        args.insert(1, "kubectl-oom".into());
    }
    args
}
