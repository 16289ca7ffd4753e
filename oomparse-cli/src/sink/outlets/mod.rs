//! What `watch` gives out beside standard output: each behind a thread and a bounded queue of its own, so
//! that none holds up or loses what standard output gets.
//!
//! ```text
//! outlet.rs      the thread, the queue, what is counted
//! listen.rs      --listen: /metrics and /healthz; figures.rs what they say
//! exec.rs        --exec
//! ```

mod args;
mod exec;
mod figures;
mod listen;
mod outlet;

pub(crate) use args::OutletArgs;
pub(crate) use figures::Source;

use crate::watch::Trouble;
use args::OtlpProtocol;
use oomparse_core::OomEvent;
use outlet::Outlet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Those that were asked for.
#[derive(Debug)]
pub(crate) struct Outlets {
    all: Vec<Outlet>,
}

impl Outlets {
    /// Starts them.
    ///
    /// # Errors
    /// The flag, and what is wrong with it.
    pub(crate) fn start(
        args: &OutletArgs,
        node: Option<&str>,
        source: &mut Source,
    ) -> Result<Self, Trouble> {
        let mut all = Vec::new();
        if let Some(program) = &args.exec {
            let time = Duration::from_secs(u64::from(args.exec_timeout));
            all.push(exec::start(program.clone(), time));
        }
        if let Some(url) = &args.otlp {
            all.push(otlp(url, args.otlp_protocol, &args.otlp_header, source)?);
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
        Ok(Self { all })
    }

    /// Gives an event to all; never waits.
    pub(crate) fn give(&self, event: &OomEvent) {
        if self.all.is_empty() {
            return;
        }
        let event = Arc::new(event.clone());
        for outlet in &self.all {
            outlet.give(&event);
        }
    }

    /// Lets them take what waits, so long at most for all together.
    pub(crate) fn end(&mut self, time: Duration) {
        let until = Instant::now() + time;
        for outlet in self.all.drain(..) {
            outlet.end(until);
        }
    }
}

fn otlp(
    _url: &str,
    _protocol: OtlpProtocol,
    _headers: &[String],
    _source: &Source,
) -> Result<Outlet, Trouble> {
    Err(lacks("--otlp"))
}

fn kubernetes(_node: Option<&str>) -> Result<Outlet, Trouble> {
    Err(lacks("--kubernetes-events"))
}

fn lacks(flag: &str) -> Trouble {
    let sentence = "this program was built without the feature `agent`; the container image and the packages \
                    have it, and `cargo install oomparse-cli --features agent`";
    (flag.to_owned(), io::Error::other(sentence))
}
