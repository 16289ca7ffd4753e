//! `oomparse pods`: the table of names that were found.

use crate::Found;
use crate::pods::Which;
use crate::pods::{Loader, PodArgs};
use crate::sink::stdout;
use clap::ValueEnum;
use oomparse_pods::PodTable;
use oomparse_report::on_screen;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const EXAMPLES: &str = "\
Examples:
  oomparse pods                                         the pods of this node
  kubectl get pods -A -o json | oomparse pods -         of the cluster
  oomparse pods --format csv > pods.csv                 for an enrichment table
  oomparse pods /var/log/syslog                         that a node's log names

Exit status: 0 pods were found, or no SOURCE was named; 1 the named ones have none; 2 trouble (a source could not
be read).";

/// Show which names are known: pods, their uids and containers.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PodsArgs {
    /// Where the names are found, as for --pods [default: /var/log/pods]
    #[arg(value_name = "SOURCE")]
    sources: Vec<PathBuf>,

    /// How to write: `table` is for people, `csv` has a header, `json` is one object a line
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_default_value = true
    )]
    format: TableFormat,

    /// Keep this label of pods; may be given again, `*` keeps all
    #[arg(long, value_name = "KEY")]
    pod_label: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    Table,
    Csv,
    Json,
}

/// Reads the sources and writes the names in them.
///
/// # Errors Any error from writing.
pub(crate) fn run(args: &PodsArgs) -> io::Result<Found> {
    let names = PodArgs {
        pods: args.sources.clone(),
        no_pods: false,
        pod_label: args.pod_label.clone(),
    };
    let mut loader: Loader = names.loader();
    let table = Mutex::new(names.table());
    let trouble = loader.load(Which::All, &table);
    let table = table.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut out = stdout();
    match args.format {
        TableFormat::Table => out.write_all(columns(&table).as_bytes())?,
        TableFormat::Csv => out.write_all(table.to_csv().as_bytes())?,
        TableFormat::Json => out.write_all(table.to_ndjson().as_bytes())?,
    }
    out.flush()?;
    // A machine without pods is fine; a source that was named must have some.
    let is_missing = table.is_empty() && !args.sources.is_empty();
    Ok(match (trouble, is_missing) {
        (true, _) => Found::Trouble,
        (false, true) => Found::Nothing,
        (false, false) => Found::Some,
    })
}

/// Columns for people: what is the same for every row only as wide as it must be.
fn columns(table: &PodTable) -> String {
    const TITLES: [&str; 6] = [
        "NAMESPACE",
        "POD",
        "CONTAINER",
        "POD UID",
        "CONTAINER ID",
        "SOURCE",
    ];
    const KEYS: [&str; 6] = [
        "namespace",
        "pod_name",
        "container_name",
        "pod_uid",
        "container_id",
        "source",
    ];
    let mut rows: Vec<[String; 6]> = table
        .to_ndjson()
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .map(|row| {
            KEYS.map(|key| {
                let text = row.get(key).and_then(|value| value.as_str());
                match (key, text) {
                    ("container_id", Some(id)) => id.chars().take(12).collect(),
                    (_, text) => on_screen(text.unwrap_or("-")).into_owned(),
                }
            })
        })
        .collect();
    rows.sort();
    rows.insert(0, TITLES.map(str::to_owned));
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    if rows.len() == 1 {
        return "No pods found.\n".to_owned();
    }
    out
}
