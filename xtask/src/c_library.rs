//! The C library: its header, and its files in the places where programs look for them.

use crate::steps::{self, cargo};
use crate::{root, target_dir};
use std::fs;
use std::path::Path;
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes `oomparse-ffi/include/oomparse.h`.
pub(crate) fn header() -> Result<(), String> {
    let mut test = cargo(&["test", "--package", "oomparse-ffi", "--test", "header"]);
    steps::run(test.env("OOMPARSE_BLESS", "1"))
}

/// Builds the library and installs it under a prefix: `lib`, `include`, `lib/pkgconfig`.
pub(crate) fn install(prefix: &str) -> Result<(), String> {
    steps::run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "oomparse-ffi",
    ]))?;
    let prefix = Path::new(prefix);
    let (lib, include) = (prefix.join("lib"), prefix.join("include"));
    let trouble = |error: std::io::Error| format!("{}: {error}", prefix.display());
    fs::create_dir_all(lib.join("pkgconfig")).map_err(trouble)?;
    fs::create_dir_all(&include).map_err(trouble)?;
    let built = target_dir().join("release");
    let full = format!("liboomparse.so.{VERSION}");
    fs::copy(built.join("liboomparse.a"), lib.join("liboomparse.a")).map_err(trouble)?;
    // A library that programs have mapped must not be overwritten.
    _ = fs::remove_file(lib.join(&full));
    fs::copy(built.join("liboomparse.so"), lib.join(&full)).map_err(trouble)?;
    for link in [soname(), "liboomparse.so".to_owned()] {
        _ = fs::remove_file(lib.join(&link));
        std::os::unix::fs::symlink(&full, lib.join(&link)).map_err(trouble)?;
    }
    let header = root().join("oomparse-ffi/include/oomparse.h");
    fs::copy(header, include.join("oomparse.h")).map_err(trouble)?;
    let absolute = fs::canonicalize(prefix).map_err(trouble)?;
    let template = root().join("oomparse-ffi/oomparse.pc.in");
    let template =
        fs::read_to_string(&template).map_err(|e| format!("{}: {e}", template.display()))?;
    let file = template
        .replace("@prefix@", &absolute.display().to_string())
        .replace("@version@", VERSION);
    fs::write(lib.join("pkgconfig/oomparse.pc"), file).map_err(trouble)?;
    println!("    liboomparse {VERSION} is in {}", absolute.display());
    Ok(())
}

/// The same with cargo-c, which reads the package's metadata, below the build's own folder.
pub(crate) fn cinstall() -> Command {
    let mut command = cargo(&["cinstall", "--package", "oomparse-ffi", "--libdir", "lib"]);
    command
        .arg("--prefix")
        .arg(target_dir().join("cinstall-prefix"));
    command
}

/// One per minor version while the major version is 0, as in the library's build.rs.
pub(crate) fn soname() -> String {
    let (major, rest) = VERSION.split_once('.').unwrap_or((VERSION, "0"));
    let minor = rest.split('.').next().unwrap_or_default();
    if major == "0" {
        format!("liboomparse.so.0.{minor}")
    } else {
        format!("liboomparse.so.{major}")
    }
}
