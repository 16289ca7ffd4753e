//! `kubectl oom`: the kills of a namespace or of the cluster, from the agent's Events and the API.
//!
//! kubectl runs any program called `kubectl-oom` on the search path, so a link with that name to this program is
//! the plugin. It sends its API requests through kubectl, which handles contexts, credentials and proxies.
//!
//! ```text
//! ask.rs     requests to kubectl, and its answers
//! kill.rs    a kill: from an Event, or from a pod's status; both of one death are one
//! show.rs    the table, JSON, YAML
//! ```

mod ask;
mod kill;
mod show;

use crate::Found;
use ask::Kubectl;
use kill::{Kill, joined};
use show::Look;
use std::io;

const EXAMPLES: &str = "\
Examples:
  kubectl oom                       the namespace of the context
  kubectl oom -A --since 1h         the cluster, the last hour
  kubectl oom web-0 -n shop -o wide
  kubectl oom -A -w                 and each kill as it comes
  kubectl oom node node-7           what the agent on a node has reported

ln -s $(command -v oomparse) /usr/local/bin/kubectl-oom   makes it a command of kubectl's";

/// Show OOM kills of a cluster: a plugin of kubectl's.
///
/// Reads the Events that `oomparse watch --kubernetes-events` writes, and pods whose last state is OOMKilled. With
/// the name of a pod only its kills; with `node NODE` the log of the agent there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct KubectlArgs {
    /// A pod; or the word `node` and a node's name
    #[arg(value_name = "POD", num_args = 0..=2)]
    what: Vec<String>,

    /// Every namespace
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// This namespace
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,

    /// Only kills of the last so long: 30m, 1h, 2d
    #[arg(long, value_name = "TIME", value_parser = ask::duration)]
    since: Option<i64>,

    /// How to write: `wide`, `json` or `yaml`
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Look>,

    /// After the list, each kill as it comes
    #[arg(short, long)]
    watch: bool,

    /// The context of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// The kubeconfig to use
    #[arg(long, value_name = "PATH")]
    kubeconfig: Option<String>,
}

/// Requests and shows the kills.
pub(crate) fn run(args: &KubectlArgs) -> io::Result<Found> {
    let kubectl = Kubectl::new(args);
    let outcome = match args.what.as_slice() {
        [word, node] if word == "node" => return node_log(&kubectl, node),
        [] => list(args, &kubectl, None),
        [pod] => list(args, &kubectl, Some(pod)),
        _ => Err("one pod at a time; or `node` and a node's name".to_owned()),
    };
    found(outcome)
}

fn found(outcome: Result<(), String>) -> io::Result<Found> {
    match outcome {
        Ok(()) => Ok(Found::Some),
        Err(sentence) => {
            crate::warn("kubectl", &sentence);
            Ok(Found::Trouble)
        }
    }
}

fn list(args: &KubectlArgs, kubectl: &Kubectl, pod: Option<&str>) -> Result<(), String> {
    let now = jiff::Timestamp::now().as_second();
    let earliest = args.since.map(|since| now.saturating_sub(since));
    let wanted = |kill: &Kill| {
        let recent = earliest.is_none_or(|earliest| kill.at.is_some_and(|at| at >= earliest));
        recent && pod.is_none_or(|pod| kill.pod == pod)
    };
    let mut kills = kill::of_events(&kubectl.events()?);
    let pods = kubectl.pods()?;
    kills.extend(kill::of_pods(&pods));
    let mut kills = joined(kills);
    kills.retain(wanted);
    let look = args.output.unwrap_or(Look::Table);
    let mut show = show::Show::new(look, args.all_namespaces, now);
    show.all(&kills).map_err(|error| error.to_string())?;
    if kills.is_empty() && look.is_table() && !args.watch {
        eprintln!("No OOM kills found.");
    }
    if args.watch {
        kubectl.each_event(|event| {
            let kills = kill::of_events(&serde_json::json!({"items": [event]}));
            for kill in kills.iter().filter(|kill| wanted(kill)) {
                show.one(kill)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The agent's log on a node, as reports.
fn node_log(kubectl: &Kubectl, node: &str) -> io::Result<Found> {
    let log = match kubectl.agent_log(node) {
        Ok(log) => log,
        Err(sentence) => return found(Err(sentence)),
    };
    crate::sink::report_of(log.lines().filter_map(oomparse_report::read_event))?;
    Ok(Found::Some)
}
