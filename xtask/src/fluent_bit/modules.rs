//! The WebAssembly modules: this repository's, and two that do nothing, to compare with.

use super::write;
use crate::{root, steps, system, wasm};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The function of the modules that do nothing.
pub(super) const IDENTITY: &str = "identity";

/// As little as the host takes: it gives the record's pointer back, and copies records into a heap of the
/// host's own, 8 KiB if nothing else is said.
const BARE: &str = r#"(module
  (memory (export "memory") 2)
  (func (export "identity") (param i32 i32 i32 i32 i32 i32) (result i32)
    (local.get 4)))
"#;

/// The same with what a module needs that takes records of any size: memory for the host's copies, here
/// one block that starts again when nothing of it is in use. The host calls it four times for a record.
const WITH_MALLOC: &str = r#"(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 1024))
  (global $live (mut i32) (i32.const 0))
  (func (export "malloc") (param $size i32) (result i32)
    (local $start i32)
    (local.set $start (global.get $top))
    (global.set $top
      (i32.and
        (i32.add (i32.add (local.get $start) (local.get $size)) (i32.const 7))
        (i32.const -8)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (drop (memory.grow
        (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $start))
  (func (export "free") (param $block i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live))
      (global.set $top (i32.const 1024))))
  (func (export "identity") (param i32 i32 i32 i32 i32 i32) (result i32)
    (local.get 4)))
"#;

/// Where they are.
#[derive(Debug)]
pub(super) struct Modules {
    pub(super) oomparse: PathBuf,
    pub(super) oomparse_pods: PathBuf,
    pub(super) oomparse_sources: PathBuf,
    pub(super) identity: PathBuf,
    pub(super) identity_with_malloc: PathBuf,
}

impl Modules {
    /// Builds them.
    pub(super) fn prepare(dir: &Path) -> Result<Self, String> {
        system::bring(&["wasm-as"])?;
        wasm::build()?;
        Ok(Self {
            oomparse: root().join("dist/oomparse.wasm"),
            oomparse_pods: root().join("dist/oomparse-pods.wasm"),
            oomparse_sources: root().join("dist/oomparse-sources.wasm"),
            identity: assemble(dir, "identity", BARE)?,
            identity_with_malloc: assemble(dir, "identity_with_malloc", WITH_MALLOC)?,
        })
    }
}

fn assemble(dir: &Path, name: &str, text: &str) -> Result<PathBuf, String> {
    let source = dir.join(format!("{name}.wat"));
    let module = dir.join(format!("{name}.wasm"));
    write(&source, text)?;
    let mut command = Command::new("wasm-as");
    command.arg("--mvp-features").arg(&source);
    steps::run(command.arg("-o").arg(&module))?;
    Ok(module)
}
