//! The flags of `scan`, `report` and `correlate`, and the options that they become.

use super::byte_range::ByteRange;
use super::options::{Output, ScanOptions};
use super::stream_by::StreamBy;
use crate::cgroups::CgroupArgs;
use crate::format::{AnyFormat, Format};
use crate::input::Input;
use crate::pods::PodArgs;
use crate::sources::SourceArgs;
use crate::zone::Zone;
use oomparse_core::Options;
use std::ffi::OsString;
use std::path::PathBuf;

const SCAN_EXAMPLES: &str = "\
Examples:
  dmesg | oomparse scan                      a report at the terminal
  oomparse scan /var/log/messages*           several files, rotated ones too
  oomparse scan --format table /var/log/     a directory's files, a line for each kill
  oomparse scan -q kern.log && echo found    only the exit status
  oomparse scan --count kern.log.2.gz        only the number of kills
  oomparse scan sosreport-*.tar.xz           every log in an archive
  journalctl -k -o json | oomparse scan --format json > kills.ndjson
  tail -F /var/log/kern.log | oomparse scan | while read -r event; do ...; done
  oomparse scan --year 2023 --timezone Europe/Berlin old-messages.log
  oomparse scan --format parquet /archive > kills.parquet
  oomparse scan --stream-by kubernetes.node_name all-nodes.ndjson
  journalctl -o json | oomparse scan --sources all   systemd-oomd, earlyoom, evictions, bystanders too

Exit status: 0 events were found, 1 none, 2 trouble (a file could not be read).";

/// Find OOM kills in logs.
///
/// Reads dmesg output, /dev/kmsg, syslog files, journalctl output in any of its forms, the records of
/// log shippers, and what was pasted of them; the form is found line by line. Files packed with
/// gzip, zstd, xz, bzip2 or lz4 are read as they are, and so is each file in a tar or zip archive, also in one that
/// is in another: `source.path` names it. Journal files are read through journalctl. Each FILE is a log of its own: a report does not go on in the next one.
#[derive(Debug, clap::Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub(crate) struct ScanArgs {
    /// Logs to read; `-` is standard input, and so is none; of a directory, the files in it
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to write events: `json` is one event a line; `otlp` an OpenTelemetry log record a line;
    /// `report` and `table` are for people, `markdown` for their tickets, `parquet` and `arrow` for query engines
    ///
    /// Default: `report` at a terminal, `json` into a pipe or a file.
    #[arg(long, value_name = "FORMAT")]
    format: Option<AnyFormat>,

    /// Write nothing and stop at the first event: the exit status is the answer
    #[arg(short, long, conflicts_with_all = ["format", "count"])]
    quiet: bool,

    /// Write only how many processes were killed
    ///
    /// A kill that several files report, or one file twice, has one id and counts once: there may be fewer than
    /// `json` has lines. So do the totals of `report`.
    #[arg(long, conflicts_with = "format")]
    count: bool,

    /// Keep the table of all processes of a report in the events; `report` shows the largest anyway
    #[arg(long)]
    tasks: bool,

    /// Write what belongs together: one incident for each death, with all who report it (see `oomparse correlate`)
    #[arg(long, conflicts_with_all = ["quiet", "count", "explain", "range"])]
    correlate: bool,

    /// Below the report, say what its terms mean
    #[arg(long)]
    explain: bool,

    /// Name the pod of a kill whose line shows no cgroup, from an earlier report's table of processes (`inferred`)
    #[arg(long, conflicts_with = "range")]
    infer: bool,

    /// How many files to read at a time; what is written does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,

    /// Read only this part of one large file: from byte A up to before byte B, or to the end with `A-`
    ///
    /// The parts of a file give together what the whole gives, however it is cut: an event is emitted where the
    /// byte is read that completes it. 32 MiB before A are read too, for what is open there. Not for packed files.
    #[arg(long, value_name = "A-B", conflicts_with_all = ["stream_by", "learn"])]
    range: Option<ByteRange>,

    /// Keep the machines of a merged log apart by this key of its records, as `host.name`, or by
    /// the Nth word of its lines, as `word:2`; hosts of syslog lines are kept apart anyway
    #[arg(long, value_name = "KEY")]
    stream_by: Option<StreamBy>,

    /// The year of lines that show none, as in `Jan  5 02:12:02`
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1970..=9999))]
    year: Option<u16>,

    /// The zone of lines that show none: `+08:00`, `UTC`, `Asia/Shanghai`, or `local`
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Zone>,

    /// The machine's name where the lines show none
    #[arg(long, value_name = "NAME", env = "NODE_NAME")]
    node_name: Option<OsString>,

    /// Learn pod names from the kubelet's and the runtime's lines in the logs themselves
    ///
    /// A log is read a second time for that, for names alone, if a kill in it has none.
    #[arg(long, conflicts_with = "no_pods")]
    learn: bool,

    /// Write to FILE the lines that look like OOM reports in a form that is not read, to send them in
    ///
    /// Without it their number is said at the end, if there are any. Lines that are shown to be a program's are not
    /// among them.
    #[arg(long, value_name = "FILE", conflicts_with = "quiet")]
    unread: Option<PathBuf>,

    #[command(flatten)]
    sources: SourceArgs,

    #[command(flatten)]
    cgroups: CgroupArgs,

    #[command(flatten)]
    pods: PodArgs,
}

/// Explain the kills in logs, for people: here, or as a page.
///
/// As `oomparse scan --format report`. With --html it writes one file that shows in any browser, without a
/// network: the kills with their charts, and the log's lines that each figure was read from. It holds the
/// names that the log has.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  oomparse report kern.log
  oomparse report --html kern.log > kill.html

Exit status: 0 events were found, 1 none, 2 trouble (a file could not be read).")]
pub(crate) struct ReportArgs {
    /// Write a page for a browser
    #[arg(long, conflicts_with_all = ["format", "quiet", "count", "range"])]
    html: bool,

    /// The page in one file, as `cargo xtask page` builds it, instead of the program's own
    #[arg(long, value_name = "FILE", requires = "html")]
    pub(crate) page: Option<PathBuf>,

    #[command(flatten)]
    scan: ScanArgs,
}

impl ReportArgs {
    pub(crate) fn into_options(mut self) -> ScanOptions {
        self.scan.format = self.scan.format.or(Some(AnyFormat::Events(Format::Report)));
        let mut options = self.scan.into_options();
        if self.html {
            options.output = Output::Page;
            options.page = self.page;
            options.parser.tasks = true;
            options.tasks = true;
            // Each event's lines are those that were read last.
            options.threads = 1;
        }
        options
    }
}

/// Put together what many voices report of one death: who killed, and what Kubernetes never knew.
///
/// Reads the kernel's lines and those of all daemons, in any order and form: the journal of a node in one
/// stream, or a file for each voice. Voices are joined by proof - a container's id, a unit, a process, within
/// seconds - and what only may belong together is listed so. As `oomparse scan --sources all --correlate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  journalctl -o json | oomparse correlate
  oomparse correlate kern.log kubelet.json events.json pods.json
  oomparse correlate --format json node.log > incidents.ndjson

Exit status: 0 incidents were found, 1 none, 2 trouble (a file could not be read).")]
pub(crate) struct CorrelateArgs {
    #[command(flatten)]
    scan: ScanArgs,
}

impl CorrelateArgs {
    pub(crate) fn into_options(mut self) -> ScanOptions {
        self.scan.correlate = true;
        self.scan.sources.all_unless_named();
        self.scan.into_options()
    }
}

impl ScanArgs {
    pub(crate) fn into_options(self) -> ScanOptions {
        let mut inputs: Vec<Input> = self.files.into_iter().map(Input::from).collect();
        if inputs.is_empty() {
            inputs.push(Input::Stdin);
        }
        let of_stdout = || AnyFormat::Events(Format::of_stdout());
        let format = self.format.unwrap_or_else(of_stdout);
        let output = match (self.quiet, self.count) {
            (true, _) => Output::Nothing,
            (false, true) => Output::Count,
            (false, false) if self.correlate => Output::Incidents(format),
            (false, false) => match format {
                AnyFormat::Events(format) => Output::Events(format),
                AnyFormat::Columns(format) => Output::Columns(format),
            },
        };
        let mut parser = Options::default();
        let for_people = [Format::Report, Format::Markdown].map(Output::Events);
        let tasks = self.tasks || for_people.contains(&output);
        parser.tasks = tasks || self.infer;
        parser.year = self.year;
        parser.cgroup_roots = self.cgroups.roots();
        self.sources.put_into(&mut parser);
        // An empty $NODE_NAME is none.
        parser.host = self
            .node_name
            .map(OsString::into_encoded_bytes)
            .filter(|name| !name.is_empty());
        let zone = match self.timezone {
            Some(Zone::Fixed(minutes)) => {
                parser.utc_offset_minutes = Some(minutes);
                None
            }
            Some(Zone::Named(zone)) => Some(zone),
            None => None,
        };
        ScanOptions {
            inputs,
            output,
            explain: self.explain,
            page: None,
            lines: None,
            threads: usize::from(self.threads),
            range: self.range,
            stream_by: self.stream_by,
            parser,
            zone,
            learn: self.learn,
            infer: self.infer,
            tasks,
            unread: self.unread,
            pods: self.pods,
        }
    }
}
