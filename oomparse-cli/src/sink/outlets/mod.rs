//! Where `watch` sends events besides standard output. Each output has its own thread and its own bounded queue,
//! so that none delays or loses what goes to standard output.
//!
//! ```text
//! outlet.rs      the thread, the queue, what is counted
//! listen.rs      --listen: /metrics and /healthz; figures.rs their contents
//! exec.rs        --exec
//! kubernetes/    --kubernetes-events (feature `agent`)
//! otlp/          --otlp (feature `agent`); http.rs: requests and their retries
//! ```

mod args;
mod exec;
mod figures;
#[cfg(feature = "agent")]
mod http;
#[cfg(feature = "agent")]
mod kubernetes;
mod listen;
#[cfg(feature = "agent")]
mod otlp;
mod outlet;

pub(crate) use args::OutletArgs;
pub(crate) use figures::Source;

use crate::Failure;
use oomparse_core::OomEvent;
use outlet::Outlet;
#[cfg(not(feature = "agent"))]
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The annotation of an Event that holds the last kill's record, without its processes. `kubectl oom` computes
/// its advice from it.
pub(crate) const EVENT_ANNOTATION: &str = "oomparse/event";

/// The output whose text names the largest processes.
const KUBERNETES: &str = "kubernetes-events";

/// The requested outputs.
#[derive(Debug)]
pub(crate) struct Outlets {
    all: Vec<Outlet>,
    /// Whether all get the table of processes; otherwise only those that need it.
    tasks: bool,
}

impl Outlets {
    /// Starts them.
    ///
    /// # Errors The flag, and what is wrong with it.
    pub(crate) fn start(
        args: &OutletArgs,
        tasks: bool,
        node: Option<&str>,
        source: &mut Source,
    ) -> Result<Self, Failure> {
        let mut all = Vec::new();
        if let Some(program) = &args.exec {
            let time = Duration::from_secs(u64::from(args.exec_timeout));
            all.push(exec::start(program.clone(), time));
        }
        if let Some(url) = &args.otlp {
            all.push(otlp(url, args, source)?);
        }
        if args.kubernetes_events {
            all.push(kubernetes(node)?);
        }
        for outlet in &all {
            source.add(outlet.name(), outlet.counts());
        }
        if let Some(address) = &args.listen {
            listen::start(address, source.clone())?;
        }
        Ok(Self { all, tasks })
    }

    /// Sends an event to all outputs; never waits. Removes the table of processes from it if only the outputs
    /// need the table.
    pub(crate) fn give(&self, event: &mut OomEvent) {
        let tasks = event.tasks.clone();
        if !self.tasks {
            event.tasks = Default::default();
        }
        if self.all.is_empty() {
            return;
        }
        let event = Arc::new(event.clone());
        for outlet in &self.all {
            if outlet.name() == KUBERNETES && !self.tasks {
                let mut whole = event.as_ref().clone();
                whole.tasks = tasks.clone();
                outlet.give(&Arc::new(whole));
            } else {
                outlet.give(&event);
            }
        }
    }

    /// Lets them send what is waiting, at most for this time in total.
    pub(crate) fn end(&mut self, time: Duration) {
        let until = Instant::now() + time;
        for outlet in self.all.drain(..) {
            outlet.end(until);
        }
    }
}

#[cfg(feature = "agent")]
fn otlp(url: &str, args: &OutletArgs, source: &Source) -> Result<Outlet, Failure> {
    otlp::start(url, args.otlp_protocol, &args.otlp_header, source)
}

#[cfg(not(feature = "agent"))]
fn otlp(_: &str, _: &OutletArgs, _: &Source) -> Result<Outlet, Failure> {
    Err(lacks("--otlp"))
}

#[cfg(feature = "agent")]
fn kubernetes(node: Option<&str>) -> Result<Outlet, Failure> {
    kubernetes::start(node)
}

#[cfg(not(feature = "agent"))]
fn kubernetes(_: Option<&str>) -> Result<Outlet, Failure> {
    Err(lacks("--kubernetes-events"))
}

#[cfg(not(feature = "agent"))]
fn lacks(flag: &str) -> Failure {
    let sentence = "this program was built without the feature `agent`; \
                    `cargo install oomparse-cli --features agent` builds it with it";
    (flag.to_owned(), io::Error::other(sentence))
}
