//! The Python package: built as a wheel and an sdist, and tested like a user's installation, in its own
//! environment in the target directory.

use crate::steps::{self, Steps};
use crate::{licences, root, system, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The package's folder, here and in the sdist.
const PLACE: &str = "bindings/python";

/// Targets, and the tags of their wheels: glibc 2.17 is of 2012, musl 1.2 of 2020. maturin looks at what the module
/// asks of the system, and refuses a tag that promises more.
pub(crate) const TARGETS: [(&str, &str); 4] = [
    ("x86_64-unknown-linux-gnu", "manylinux_2_17"),
    ("aarch64-unknown-linux-gnu", "manylinux_2_17"),
    ("x86_64-unknown-linux-musl", "musllinux_1_2"),
    ("aarch64-unknown-linux-musl", "musllinux_1_2"),
];

/// What builds the wheel, in the same version everywhere, and what tests it.
const TOOLS: [&str; 2] = ["maturin==1.16.0", "pytest>=8"];

/// Engines that take the stream; a test of one that is not there is skipped, and that is said.
const ENGINES: [&str; 5] = [
    "pyarrow>=15",
    "duckdb>=1.3",
    "polars>=1",
    "datafusion>=45",
    "pandas>=2",
];

/// What a fleet's archive is read with besides: half a gigabyte.
const FLEET: [&str; 5] = [
    "pyspark>=4,<5",
    "chdb>=3",
    "confluent-kafka>=2.5",
    "moto[server]>=5",
    "ray[data]>=2",
];

/// Apache Kafka, whose jars Maven Central has.
const KAFKA: &str = "4.3.1";

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

/// Tests the package with Spark, Kafka, S3 and ClickHouse too, and times all engines beside each other.
pub(crate) fn fleet() -> ExitCode {
    let mut steps = Steps::default();
    environment_with(&mut steps, &[&ENGINES[..], &FLEET].concat());
    let kafka = match kafka() {
        Ok(jars) => Some(jars),
        Err(why) => {
            steps.not_run("Spark and Kafka", why.as_str());
            None
        }
    };
    with_engines(&mut steps, kafka);
    steps.task("engines beside each other", || {
        steps::run(python().arg("fleet/compare.py").arg(optimised()))
    });
    steps.finish()
}

/// The same tests as a part of `test --all`. What cannot be fetched is not a failure: it is said, and counted.
pub(crate) fn step(steps: &mut Steps) {
    let packages = [&TOOLS[..], &ENGINES, &FLEET].concat();
    match bring(&packages).and_then(|()| kafka()) {
        Ok(jars) => with_engines(steps, Some(jars)),
        Err(why) => steps.passed_over("the Python package, with Spark and Kafka", &why),
    }
}

/// The package's tests with the engines that are there; with Kafka, which comes last, none may be skipped.
fn with_engines(steps: &mut Steps, kafka: Option<PathBuf>) {
    steps.task("the wheel", wheel);
    steps.task("the program", program);
    let mut settings = vec![("OOMPARSE", optimised())];
    if let Some(jars) = kafka {
        settings.push(("KAFKA_LIB", jars));
        settings.push(("OOMPARSE_SKIP_NOTHING", PathBuf::from("1")));
    }
    steps.task("the Python package's tests", || test("tests", &settings));
}

fn program() -> Result<(), String> {
    let build = ["build", "--release", "--package", "oomparse-cli"];
    let tables = ["--features", "columns"];
    steps::run(steps::cargo(&build).args(tables))
}

fn optimised() -> PathBuf {
    target_dir().join("release/oomparse")
}

/// A large log cut in many places, or a fleet's day: a script of the package's folder `fleet`, with the wheel.
pub(crate) fn trial(script: &str, numbers: &[&str]) -> Result<(), String> {
    bring(&TOOLS)?;
    wheel()?;
    let mut args: Vec<String> = numbers.iter().map(|&number| number.to_owned()).collect();
    if script == "hosts" {
        program()?;
        args.resize(1, "10".to_owned());
        args.push(optimised().display().to_string());
    }
    steps::run(python().arg(format!("fleet/{script}.py")).args(args))
}

/// The folder with Kafka's jars, which Ivy brings; Spark has Ivy.
fn kafka() -> Result<PathBuf, String> {
    if system::find("java").is_none() {
        let how = "apt-get install openjdk-17-jre-headless";
        return Err(format!("java is missing: {how}"));
    }
    let dir = dir().join(format!("kafka-{KAFKA}"));
    let jars = dir.join("lib");
    if jars.join(format!("kafka_2.13-{KAFKA}.jar")).is_file() {
        return Ok(jars);
    }
    let find = "import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent / 'jars')";
    let found = python().args(["-c", find]).output();
    let found = found.map_err(|error| format!("python: {error}"))?;
    let spark = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let ivy = only_file_with(Path::new(&spark), "ivy-", ".jar")?;
    let mut bring = Command::new("java");
    bring.args(["-Xmx256m", "-jar"]).arg(ivy);
    bring.args(["-dependency", "org.apache.kafka", "kafka_2.13", KAFKA]);
    bring.args(["-confs", "default", "-types", "jar", "bundle", "-cache"]);
    bring.arg(dir.join("ivy")).arg("-retrieve");
    bring.arg(jars.join("[artifact]-[revision](-[classifier]).[ext]"));
    steps::run(bring.stdout(std::process::Stdio::null()))?;
    // The cache has the same jars again.
    let _ = std::fs::remove_dir_all(dir.join("ivy"));
    Ok(jars)
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

/// Installs packages of PyPI, as wheels alone: nothing is compiled. Spark comes as an sdist, and has nothing to
/// compile.
fn install(packages: &[&str]) -> Result<(), String> {
    let args = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"];
    let but = ["--no-binary", "pyspark"];
    steps::run(python().args(args).args(but).args(packages))
}

/// Builds the wheel, and installs it in place of an older one.
fn wheel() -> Result<(), String> {
    let wheels = dir().join("wheels");
    // One of an older build would be installed beside it.
    let _ = std::fs::remove_dir_all(&wheels);
    licences()?;
    let args = ["-m", "maturin", "build", "--release", "--quiet", "--out"];
    steps::run(python().args(args).arg(&wheels))?;
    let wheel = only_file(&wheels, ".whl")?;
    println!("    {}", wheel.display());
    let args = ["-m", "pip", "install", "--quiet", "--force-reinstall"];
    steps::run(python().args(args).arg("--no-deps").arg(wheel))
}

/// Writes the licences of what the module links beside its sources: wheel and sdist take them from there.
pub(crate) fn licences() -> Result<(), String> {
    let built = TARGETS.map(|(target, _)| ("oomparse-py", "", target));
    let manifest = format!("{PLACE}/Cargo.toml");
    licences::write(&manifest, &built, &package().join(licences::FILE))
}

/// What builds the wheel, and more of PyPI's packages.
pub(crate) fn bring_builder(more: &[&str]) -> Result<(), String> {
    bring(&[&TOOLS, more].concat())
}

/// Packs the sources, and looks whether all that is needed is in there.
fn sdist() -> Result<(), String> {
    let sdists = dir().join("sdist");
    let _ = std::fs::remove_dir_all(&sdists);
    let args = ["-m", "maturin", "sdist", "--out"];
    steps::run(python().args(args).arg(&sdists))?;
    let sdist = only_file(&sdists, ".tar.gz")?;
    println!("    {}", sdist.display());
    let unpack = ["-m", "tarfile", "-e"];
    steps::run(python().args(unpack).arg(&sdist).arg(&sdists))?;
    let name = sdist.file_name().unwrap_or_default().to_string_lossy();
    let unpacked = sdists.join(name.trim_end_matches(".tar.gz"));
    let manifest = format!("{PLACE}/Cargo.toml");
    for file in [&manifest, licences::FILE] {
        if !unpacked.join(file).is_file() {
            return Err(format!("the sdist has no {file}"));
        }
    }
    let manifest = unpacked.join(manifest);
    let mut check = steps::cargo(&["check", "--quiet", "--manifest-path"]);
    steps::run(check.arg(manifest).env("CARGO_TARGET_DIR", dir()))
}

/// Runs tests of the package with pytest.
fn test(what: &str, settings: &[(&str, PathBuf)]) -> Result<(), String> {
    let tests = package().join(what);
    // Not in the package's folder, whose own sources would be imported.
    let mut pytest = python();
    pytest.current_dir(dir()).args(["-m", "pytest", "-rs"]);
    pytest.args(["-p", "no:cacheprovider"]).arg("--rootdir");
    pytest.envs(settings.iter().map(|(name, value)| (name, value)));
    steps::run(pytest.arg(package()).arg(tests))
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
pub(crate) fn python() -> Command {
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
    only_file_with(dir, "", end)
}

fn only_file_with(dir: &Path, start: &str, end: &str) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    files
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(start) && name.ends_with(end)
        })
        .ok_or_else(|| format!("{}: no file is called {start}…{end}", dir.display()))
}

fn package() -> PathBuf {
    root().join(PLACE)
}

fn dir() -> PathBuf {
    target_dir().join("python")
}

fn environment() -> PathBuf {
    dir().join("venv")
}
