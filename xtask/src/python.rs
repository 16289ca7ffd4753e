//! The Python package: built as a wheel and an sdist, and tested like a user's installation, in its own
//! environment in the target directory.

use crate::steps::{self, Steps};
use crate::{root, system, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What builds the wheel and tests it.
const TOOLS: [&str; 2] = ["maturin>=1.9,<2", "pytest>=8"];

/// Engines that take the stream; a test of one that is not there is skipped, and that is said.
const ENGINES: [&str; 5] = [
    "pyarrow>=15",
    "duckdb>=1.3",
    "polars>=1",
    "datafusion>=45",
    "pandas>=2",
];

/// What a fleet's archive is read with besides: half a gigabyte.
const FLEET: [&str; 2] = ["pyspark>=4,<5", "chdb>=3"];

/// Builds and tests the package.
pub(crate) fn check() -> ExitCode {
    let mut steps = Steps::default();
    environment_with(&mut steps, &ENGINES);
    steps.task("lints of the Python package's module", lints);
    steps.task("the wheel", wheel);
    steps.task("the sdist", sdist);
    steps.task("the Python package's tests", || test("tests", &[]));
    steps.finish()
}

/// Tests the package with Spark and ClickHouse too, and times all engines beside each other.
pub(crate) fn fleet() -> ExitCode {
    let mut steps = Steps::default();
    environment_with(&mut steps, &[&ENGINES[..], &FLEET].concat());
    if system::find("java").is_none() {
        let why = "java is missing, so Spark's tests are skipped: apt-get install openjdk-17-jre-headless";
        steps.not_run("Java for Spark", why);
    }
    steps.task("the wheel", wheel);
    steps.task("the Python package's tests", || test("tests", &[]));
    steps.task("engines beside each other", || {
        let mut build = steps::cargo(&["build", "--release", "--package", "oomparse-cli"]);
        steps::run(&mut build)?;
        let program = target_dir().join("release/oomparse");
        steps::run(python().arg("fleet/compare.py").arg(program))
    });
    steps.finish()
}

/// An environment with what builds and tests the package, and as many engines as can be had.
fn environment_with(steps: &mut Steps, engines: &[&str]) {
    steps.task("an environment for Python", || bring(&TOOLS));
    for engine in engines {
        if let Err(why) = install(&[engine]) {
            let name = format!("{engine} for Python");
            steps.not_run(&name, why.as_str());
        }
    }
}

/// An environment with these packages; what is there already is not asked for again.
fn bring(packages: &[&str]) -> Result<(), String> {
    if !environment().join("bin/python").is_file() {
        let Some(python) = system::find("python3") else {
            return Err("python3 is missing: apt-get install python3 python3-venv".to_owned());
        };
        let made = steps::run(Command::new(python).args(["-m", "venv"]).arg(environment()));
        made.map_err(|error| format!("{error}; get it with: apt-get install python3-venv"))?;
    }
    install(packages)
}

/// Installs packages of PyPI, as wheels alone: nothing is compiled.
fn install(packages: &[&str]) -> Result<(), String> {
    let args = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"];
    steps::run(python().args(args).args(packages))
}

/// Builds the wheel, and installs it in place of an older one.
fn wheel() -> Result<(), String> {
    let wheels = dir().join("wheels");
    // One of an older build would be installed beside it.
    let _ = std::fs::remove_dir_all(&wheels);
    let args = ["-m", "maturin", "build", "--release", "--quiet", "--out"];
    steps::run(python().args(args).arg(&wheels))?;
    let wheel = only_file(&wheels, ".whl")?;
    println!("    {}", wheel.display());
    let args = ["-m", "pip", "install", "--quiet", "--force-reinstall"];
    steps::run(python().args(args).arg("--no-deps").arg(wheel))
}

/// Packs the sources, and looks whether all that is needed is in there.
fn sdist() -> Result<(), String> {
    let sdists = dir().join("sdist");
    let _ = std::fs::remove_dir_all(&sdists);
    let args = ["-m", "maturin", "sdist", "--quiet", "--out"];
    steps::run(python().args(args).arg(&sdists))?;
    let sdist = only_file(&sdists, ".tar.gz")?;
    println!("    {}", sdist.display());
    let unpack = ["-m", "tarfile", "-e"];
    steps::run(python().args(unpack).arg(&sdist).arg(&sdists))?;
    let name = sdist.file_name().unwrap_or_default().to_string_lossy();
    let unpacked = sdists.join(name.trim_end_matches(".tar.gz"));
    let manifest = std::fs::read_dir(&unpacked)
        .map_err(|error| format!("{}: {error}", unpacked.display()))?
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == "oomparse-py")
        .map(|entry| entry.path().join("Cargo.toml"))
        .ok_or("the sdist has no oomparse-py")?;
    let mut check = steps::cargo(&["check", "--quiet", "--manifest-path"]);
    steps::run(check.arg(manifest).env("CARGO_TARGET_DIR", dir()))
}

/// Runs tests of the package with pytest.
fn test(what: &str, more: &[&str]) -> Result<(), String> {
    let tests = package().join(what);
    // Not in the package's folder, whose own sources would be imported.
    let mut pytest = python();
    pytest
        .current_dir(dir())
        .args(["-m", "pytest", "-q", "-rs"]);
    pytest.args(["-p", "no:cacheprovider"]).arg("--rootdir");
    steps::run(pytest.arg(package()).args(more).arg(tests))
}

fn lints() -> Result<(), String> {
    let manifest = package().join("Cargo.toml");
    let of = |command: &str| {
        let mut cargo = steps::cargo(&[command, "--manifest-path"]);
        cargo.arg(&manifest).env("CARGO_TARGET_DIR", dir());
        cargo
    };
    steps::run(of("fmt").arg("--check"))?;
    steps::run(of("clippy").args(["--quiet", "--all-targets", "--", "-D", "warnings"]))
}

/// The environment's Python, in the package's folder.
fn python() -> Command {
    let mut python = Command::new(environment().join("bin/python"));
    let bin = environment().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = [bin].into_iter().chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(dirs) {
        python.env("PATH", path);
    }
    python
        .current_dir(package())
        .env("CARGO_TARGET_DIR", dir())
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    python
}

fn only_file(dir: &Path, end: &str) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    files
        .find(|path| path.to_string_lossy().ends_with(end))
        .ok_or_else(|| format!("{}: no file ends with {end}", dir.display()))
}

fn package() -> PathBuf {
    root().join("oomparse-py")
}

fn dir() -> PathBuf {
    target_dir().join("python")
}

fn environment() -> PathBuf {
    dir().join("venv")
}
