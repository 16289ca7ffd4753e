//! `oomparse-bindgen MODULE DIR [LEVEL]`: the module made fast, or with the level `-Oz` small, and its JavaScript bindings, as
//! wasm-bindgen's own program would write them, of the very release that the module was built with.

use anyhow::{Context as _, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use walrus::{ExportItem, Module, RefType};
use wasm_bindgen_cli_support::Bindgen;

/// What the module may use of WebAssembly: what compilers use since 2024, and browsers know since 2021.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The table that the bindings keep JavaScript's values in.
const VALUES: &str = "__wbindgen_externrefs";

fn main() -> Result<()> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (module, dir, level) = match args.as_slice() {
        [module, dir] => (module, dir, Path::new("-O3")),
        [module, dir, level] => (module, dir, level.as_path()),
        _ => bail!("usage: oomparse-bindgen MODULE DIR [LEVEL]"),
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("oomparse")
        .web(true)?
        // The package has its own types, and says itself where the module is.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen
        .generate(dir)
        .with_context(|| format!("the bindings of {}", module.display()))?;
    let module = dir.join("oomparse_bg.wasm");
    optimise(&module, level)?;
    mend(&module).with_context(|| module.display().to_string())
}

fn optimise(module: &Path, level: &Path) -> Result<()> {
    let mut command = Command::new("wasm-opt");
    command.arg(level).args(FEATURES).args([
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
    ]);
    let status = command.arg(module).arg("-o").arg(module).status();
    let status = status.context("wasm-opt, of the package binaryen")?;
    ensure!(status.success(), "wasm-opt: {status}");
    Ok(())
}

/// Exports the right table again: binaryen 108 exports a module's first one under every table's name.
fn mend(path: &Path) -> Result<()> {
    let mut module = Module::from_file(path)?;
    let values = module
        .tables
        .iter()
        .find(|table| table.element_ty == RefType::EXTERNREF)
        .map(|table| table.id());
    let export = module.exports.iter_mut().find(|one| one.name == VALUES);
    match (values, export) {
        (Some(table), Some(export)) => export.item = ExportItem::Table(table),
        (None, None) => return Ok(()),
        _ => bail!("a table of values without its export"),
    }
    module.producers.clear();
    module.emit_wasm_file(path)
}
