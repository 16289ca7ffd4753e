//! The flags of what `watch` emits beside standard output.

use std::path::PathBuf;

/// Ways out beside standard output. None holds it up.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Outputs beside standard output")]
pub(crate) struct OutletArgs {
    /// Answer over HTTP: /metrics in OpenMetrics for Prometheus, and /healthz
    ///
    /// `127.0.0.1:9104`; `:9104` is every address of the machine.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Run this program for each event, which stands on its standard input as JSON
    ///
    /// Four at a time at most. What it prints goes nowhere; an exit status other than 0 is counted.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) exec: Option<PathBuf>,

    /// Kill the program, and what it started, after so many seconds
    #[arg(long, value_name = "SECONDS", requires = "exec", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) exec_timeout: u16,

    /// Send log records and metrics to an OpenTelemetry collector, as `http://127.0.0.1:4318`
    #[arg(long, value_name = "URL")]
    pub(crate) otlp: Option<String>,

    /// How they are written: `http/protobuf` or `http/json`
    #[arg(
        long,
        value_name = "PROTOCOL",
        requires = "otlp",
        default_value = "http/protobuf"
    )]
    pub(crate) otlp_protocol: OtlpProtocol,

    /// A header of each request, as `authorization=Bearer ...`; may be given again, or several with commas
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        hide_env_values = true
    )]
    pub(crate) otlp_header: Vec<String>,

    /// Write a Kubernetes Event on the pod of each kill, and on the node for kills outside pods
    ///
    /// Needs the node's name (--node-name or NODE_NAME), and a service account that may create and patch
    /// events of events.k8s.io and list pods; or OOMPARSE_KUBERNETES_API, the URL that `kubectl proxy` gives.
    #[arg(long)]
    pub(crate) kubernetes_events: bool,
}

/// OTLP's ways over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OtlpProtocol {
    #[value(name = "http/protobuf")]
    Protobuf,
    #[value(name = "http/json")]
    Json,
}
