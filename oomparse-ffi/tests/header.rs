//! `include/oomparse.h` is what cbindgen generates from the sources, and the library exports what it declares.
//!
//! `cargo xtask header` writes the header again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn version_block() -> String {
    let part = |text: &str| text.parse::<u32>().unwrap();
    let (major, minor, patch) = (
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    );
    let number = major << 16 | minor << 8 | patch;
    format!(
        "\n/** The header's version; `oomparse_version` gives the library's. */\n\
         #define OOMPARSE_VERSION \"{major}.{minor}.{patch}\"\n\
         #define OOMPARSE_VERSION_MAJOR {major}\n\
         #define OOMPARSE_VERSION_MINOR {minor}\n\
         #define OOMPARSE_VERSION_PATCH {patch}\n\
         /** major * 65536 + minor * 256 + patch; `oomparse_version_number` gives the library's. */\n\
         #define OOMPARSE_VERSION_NUMBER {number:#x}\n"
    )
}

fn generated() -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.header = Some(
        "/*\n * liboomparse: typed events from the Linux kernel's OOM killer reports.\n *\n \
         * Made by `cargo xtask header`; do not edit.\n *\n \
         * Every function may be given NULL for any pointer and answers with a result. Lengths are in\n \
         * bytes. What ends an object, and how long a view lasts, stands under \"Lifetime\".\n \
         * Out-parameters come last and are named out_*; on failure they are NULL, 0 or untouched.\n */"
            .to_owned(),
    );
    config.after_includes = Some(version_block());
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_crate(root())
        .generate()
        .unwrap()
        .write(&mut header);
    // A call changes data that is protected by the object's lock, which C does not see.
    String::from_utf8(header)
        .unwrap()
        .replace("const struct oomparse_parser *", "struct oomparse_parser *")
        .replace("const struct oomparse_pods *", "struct oomparse_pods *")
}

/// The functions that the header declares.
fn declared(header: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '*', '#']))
    {
        if let Some((head, _)) = line.split_once('(')
            && let Some(at) = head.rfind("oomparse_")
            && !line.starts_with("typedef")
        {
            names.insert(head[at..].to_owned());
        }
    }
    names
}

fn shared_library() -> PathBuf {
    // .../target/<profile>/deps/header-<hash>
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--package", "oomparse-ffi"])
        .current_dir(root());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    profile.join("liboomparse.so")
}

#[test]
fn header_is_what_the_sources_say() {
    let path = root().join("include/oomparse.h");
    let header = generated();
    if std::env::var_os("OOMPARSE_BLESS").is_some() {
        std::fs::write(&path, &header).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        header == checked_in,
        "include/oomparse.h is out of date; run `cargo xtask header` and read the difference"
    );
}

#[test]
fn every_function_tells_its_lifetimes() {
    let header = generated();
    let mut comment = String::new();
    let mut count = 0;
    for line in header.lines() {
        if line.starts_with("/**") {
            comment.clear();
        }
        if line.starts_with(" *") || line.starts_with("/**") {
            comment.push_str(line);
        } else if !declared(line).is_empty() {
            count += 1;
            let number = line.contains("oomparse_version_number");
            assert!(
                number || comment.contains("# Lifetime"),
                "no lifetime rules: {line}"
            );
        }
    }
    assert!(count > 40, "{count} functions");
}

#[test]
fn exports_are_the_headers_functions_and_nothing_else() {
    let library = shared_library();
    let nm = Command::new("nm")
        .args(["--dynamic", "--defined-only", "--format=posix"])
        .arg(&library)
        .output()
        .expect("nm is there: it comes with gcc");
    let exported: BTreeSet<String> = String::from_utf8(nm.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect();
    assert_eq!(exported, declared(&generated()));
    let readelf = Command::new("readelf")
        .arg("--dynamic")
        .arg(&library)
        .output()
        .unwrap();
    let dynamic = String::from_utf8_lossy(&readelf.stdout).into_owned();
    let abi = concat!(
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR")
    );
    assert!(
        dynamic.contains(&format!("[liboomparse.so.{abi}]")) && dynamic.contains("NODELETE"),
        "{dynamic}"
    );
}

#[test]
fn cargo_c_can_read_its_version() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, version) = manifest.split_once("min_version = \"").unwrap();
    let version = version.split('"').next().unwrap();
    // It must have three numbers.
    let numbers = version
        .split('.')
        .filter(|part| part.parse::<u32>().is_ok());
    assert_eq!(numbers.count(), 3, "{version}");
}

#[test]
fn unsafe_blocks_stand_in_one_file() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("unsafe {") || text.contains("unsafe impl") {
            found.push(path.file_name().unwrap().to_owned());
        }
    }
    assert_eq!(found, ["str.rs"]);
}
