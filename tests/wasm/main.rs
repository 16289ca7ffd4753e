//! The modules for Fluent Bit, called as it calls them, on an interpreter and on a compiler.
//!
//! `cargo xtask wasm` builds the modules; `cargo xtask test` builds them and runs this.

mod corpus;
mod engine;
mod fuzz;
mod hazards;
mod host;
mod pods;
mod records;
mod scripts;
mod sources;
mod wasi;

use engine::{Engine, Wasmi, Wasmtime};
use libtest_mimic::{Arguments, Trial};
use std::path::{Path, PathBuf};
use wasi::Dirs;

/// The largest that the module without names may be.
const MOST_BYTES: usize = 220 << 10;

fn main() {
    let arguments = Arguments::from_args();
    let names = [
        "oomparse.wasm",
        "oomparse-pods.wasm",
        "oomparse-sources.wasm",
    ];
    let [plain, named, sources] = names.map(|name| {
        module(name).unwrap_or_else(|complaint| {
            eprintln!("{complaint}");
            std::process::exit(1);
        })
    });
    let mut trials = Vec::new();
    let size = plain.len();
    trials.push(Trial::test("size", move || {
        println!("oomparse.wasm: {size} bytes");
        if size > MOST_BYTES {
            return Err(format!("{size} bytes, {MOST_BYTES} at most").into());
        }
        Ok(())
    }));
    for kind in [Kind::Wasmi, Kind::Wasmtime] {
        trials.extend(hazards::trials(kind, plain));
        trials.extend(corpus::trials(kind, plain));
        trials.extend(scripts::trials(kind, plain, named, sources));
        trials.extend(fuzz::trials(kind, plain));
        trials.extend(pods::trials(kind, named));
        trials.extend(sources::trials(kind, sources));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// An engine to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Wasmi,
    Wasmtime,
}

impl Kind {
    /// A new instance of a module.
    pub(crate) fn start(self, wasm: &[u8]) -> Result<Box<dyn Engine>, String> {
        self.instance(wasm, None)
    }

    /// A new instance of a module that may read these directories.
    pub(crate) fn start_with(self, wasm: &[u8], dirs: Dirs) -> Result<Box<dyn Engine>, String> {
        self.instance(wasm, Some(dirs))
    }

    fn instance(self, wasm: &[u8], dirs: Option<Dirs>) -> Result<Box<dyn Engine>, String> {
        Ok(match self {
            Self::Wasmi => Box::new(Wasmi::new(wasm, dirs)?),
            Self::Wasmtime => Box::new(Wasmtime::new(wasm, dirs)?),
        })
    }

    /// `name::engine`.
    pub(crate) fn named(self, name: &str) -> String {
        format!("{name}::{self:?}").to_lowercase()
    }
}

/// A module of `dist/`, for as long as the tests run.
fn module(name: &str) -> Result<&'static [u8], String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../dist")
        .join(name);
    let wasm = std::fs::read(&path)
        .map_err(|e| format!("{}: {e}\nbuild it with: cargo xtask wasm", path.display()))?;
    Ok(Box::leak(wasm.into_boxed_slice()))
}
