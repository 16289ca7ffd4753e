//! One archive for each log shipper: the module or the program, and its configuration.

use super::GLIBC;
use super::archive::{self, Entry, documents, folder};
use crate::VERSION;
use crate::static_program::{self as program, Machine, X86, reproducible};
use crate::{root, steps, target_dir};
use std::path::PathBuf;

/// Builds the modules and makes the archives.
pub(super) fn archives(machines: &[Machine]) -> Result<(), String> {
    let packages = ["oomparse-ffi", "oomparse-lua", "oomparse-fluent-bit"];
    let mut build = reproducible(&["build"], GLIBC);
    build.args(packages.iter().flat_map(|name| ["--package", name]));
    steps::run(&mut build)?;
    fluent_bit()?;
    for &machine in machines {
        vector(machine)?;
        for shipper in ["rsyslog", "syslog-ng", "fluentd"] {
            let mut entries = common();
            entries.push((program::path(machine), "bin/oomparse".to_owned()));
            entries.extend(folder(&root().join("integrations").join(shipper), ".")?);
            archive::make(
                &format!("oomparse-{shipper}-{VERSION}-{}", machine.rpm),
                &entries,
            )?;
        }
    }
    Ok(())
}

/// A library for programs with a glibc.
pub(super) fn library(name: &str) -> PathBuf {
    target_dir().join(GLIBC).join("release").join(name)
}

fn file(from: &str, to: &str) -> Entry {
    (root().join(from), to.to_owned())
}

fn common() -> Vec<Entry> {
    let mut entries = documents();
    entries.push(file("integrations/README.md", "README.md"));
    entries
}

fn fluent_bit() -> Result<(), String> {
    let mut entries = documents();
    entries.push(file("integrations/fluent-bit/README.md", "README.md"));
    entries.push(file("integrations/fluent-bit/oomparse.lua", "oomparse.lua"));
    for module in crate::wasm::names() {
        entries.push((root().join("dist").join(module), module.to_owned()));
    }
    entries.extend(folder(
        &root().join("integrations/fluent-bit/wasm"),
        "wasm",
    )?);
    for name in ["kmsg.yaml", "output.yaml", "routing.yaml"] {
        let name = format!("native/{name}");
        entries.push(file(&format!("integrations/fluent-bit/{name}"), &name));
    }
    for (built, name) in [
        ("libflb_filter_oomparse.so", "flb-filter_oomparse.so"),
        // The library that the Lua script calls.
        ("liboomparse.so", "liboomparse.so"),
    ] {
        entries.push((library(built), format!("{GLIBC}/{name}")));
    }
    archive::make(&format!("oomparse-fluent-bit-{VERSION}"), &entries)
}

fn vector(machine: Machine) -> Result<(), String> {
    let mut entries = common();
    entries.push((program::path(machine), "bin/oomparse".to_owned()));
    for name in ["exec.yaml", "incidents.yaml"] {
        entries.push(file(&format!("integrations/vector/{name}"), name));
    }
    if machine.target == X86.target {
        entries.push(file("integrations/vector/lua.yaml", "lua.yaml"));
        entries.push((library("liboomparse_lua.so"), "lib/oomparse.so".to_owned()));
    }
    archive::make(
        &format!("oomparse-vector-{VERSION}-{}", machine.rpm),
        &entries,
    )
}
