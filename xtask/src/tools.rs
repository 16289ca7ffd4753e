//! Tools that are not system packages: in CI cargo builds them in `target/tools`, and rustup adds a target.

use crate::lack::Lack;
use crate::steps::{self, cargo};
use crate::{in_ci, system, target_dir};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A package that cargo builds: a subcommand of cargo's, or a program.
#[derive(Debug)]
pub(crate) struct CargoTool {
    /// What the package and its program are called.
    package: &'static str,
    /// What CI builds; any version will do that is there.
    version: &'static str,
    /// The features to build it with, where not those of its own choice.
    features: &'static [&'static str],
}

pub(crate) const HACK: CargoTool = CargoTool {
    package: "cargo-hack",
    version: "0.6.46",
    features: &[],
};

pub(crate) const DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    version: "0.20.2",
    features: &[],
};

/// Makes packages for Debian.
pub(crate) const DEB: CargoTool = CargoTool {
    package: "cargo-deb",
    version: "3.8.0",
    // Without liblzma, which a machine may lack.
    features: &["--no-default-features", "--features=gzip"],
};

/// Makes packages for RPM.
pub(crate) const RPM: CargoTool = CargoTool {
    package: "cargo-generate-rpm",
    version: "0.21.1",
    features: &[],
};

/// Compares public items with those of a release. It reads what this toolchain's rustdoc writes: a new toolchain
/// needs a new one.
pub(crate) const SEMVER: CargoTool = CargoTool {
    package: "cargo-semver-checks",
    version: "0.51.0",
    features: &[],
};

/// Makes a site of the documents.
pub(crate) const MDBOOK: CargoTool = CargoTool {
    package: "mdbook",
    version: "0.5.4",
    // Without what serves the site and watches its sources.
    features: &["--no-default-features", "--features=search"],
};

impl CargoTool {
    /// Finds it, or builds it in CI, or says how to get it.
    pub(crate) fn bring(&self) -> Result<(), Lack> {
        if self.is_there() {
            return Ok(());
        }
        let how = format!("cargo install --locked {}", self.package);
        if !in_ci() {
            let what = format!("{} is missing", self.package);
            return Err(Lack::command(what, how));
        }
        let build = dir().join("build");
        let mut install = cargo(&["install", "--locked", "--debug"]);
        install
            .args([self.package, "--version", self.version])
            .args(self.features)
            .arg("--root")
            .arg(dir())
            .arg("--target-dir")
            .arg(&build)
            // It runs for seconds: what its optimisation would take is never won back.
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        let installed = steps::run(&mut install);
        // Larger than all else in it, and never needed again.
        let _ = std::fs::remove_dir_all(build);
        installed.map_err(|sentence| format!("{sentence}; get it with: {how}"))?;
        if self.is_there() {
            Ok(())
        } else {
            Err(format!("`{}` did not bring it", steps::typed(&install)).into())
        }
    }

    /// `cargo NAME`, or the program, with these arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = match self.package.strip_prefix("cargo-") {
            Some(name) => cargo(&[&[name], args].concat()),
            None => {
                let built = dir().join("bin").join(self.package);
                let mut command = Command::new(system::find(self.package).unwrap_or(built));
                command.args(args);
                command
            }
        };
        command.env("PATH", path());
        command
    }

    fn is_there(&self) -> bool {
        let mut version = self.command(&["--version"]);
        let version = version.stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    }
}

/// The first of these targets that is there; in CI rustup adds the first of all.
pub(crate) fn bring_target(targets: &[&'static str]) -> Result<&'static str, Lack> {
    let installed = || targets.iter().copied().find(|target| has_target(target));
    if let Some(target) = installed() {
        return Ok(target);
    }
    let wanted = targets.first().copied().unwrap_or_default();
    let how = format!("rustup target add {wanted}");
    if !in_ci() {
        let what = format!("none of {} is there", targets.join(", "));
        return Err(Lack::command(what, how));
    }
    if system::find("rustup").is_none() {
        let why = "and no rustup that could add it";
        return Err(format!("none of {} is there, {why}", targets.join(", ")).into());
    }
    steps::run(Command::new("rustup").args(["target", "add", wanted]))?;
    installed().ok_or_else(|| format!("`{how}` did not bring it").into())
}

/// Whether the compiler has libraries for a target.
fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let args = ["--print", "target-libdir", "--target", target];
    let output = Command::new(&rustc).args(args).output();
    output.is_ok_and(|output| {
        let dir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        !dir.is_empty() && std::path::Path::new(&dir).is_dir()
    })
}

fn dir() -> PathBuf {
    target_dir().join("tools")
}

/// The search path, and after it what was built here.
pub(crate) fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([dir().join("bin")]);
    std::env::join_paths(dirs).unwrap_or(path)
}
