//! The steps of `test` and `ci`.

use crate::steps::{Steps, cargo};
use crate::tools::{DENY, HACK};
use crate::{
    bless, c_library, circles, deploy, dist, house, instructions, javascript, kubernetes,
    lack::Lack, live_killers, needs, page, pages, proof, python, readme, root, system, wasm,
    workspace_tests,
};
use std::process::{Command, ExitCode};

/// Everything a change must pass, as far as it can run here.
pub(crate) fn test() -> ExitCode {
    let mut steps = Steps::default();
    common(&mut steps);
    steps.finish()
}

/// The same with everything that it needs: missing programs are installed, and a step that cannot run is a
/// failure.
pub(crate) fn test_all() -> Result<ExitCode, String> {
    if crate::in_ci() {
        return Ok(test());
    }
    again_in_ci(&["test", "--all"])
}

/// Installs the system packages that the tests need.
pub(crate) fn install_packages() -> Result<ExitCode, String> {
    again_in_ci(&["packages"])
}

/// Runs this program again with `CI=true`, which the tests also respect.
fn again_in_ci(args: &[&str]) -> Result<ExitCode, String> {
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let status = Command::new(this).args(args).env("CI", "true").status();
    let status = status.map_err(|e| e.to_string())?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The same, plus slower steps.
pub(crate) fn ci() -> ExitCode {
    let mut steps = Steps::default();
    common(&mut steps);
    let each_once = ["bench", "--package", "oomparse-benches", "--", "--test"];
    steps.command("benches, each once", &mut cargo(&each_once));
    if system::has_cargo_command("cinstall") {
        steps.command("cargo cinstall", &mut c_library::cinstall());
    } else {
        let how = "cargo install --locked cargo-c";
        steps.not_run("cargo cinstall", Lack::command("cargo-c is missing", how));
    }
    match DENY.bring() {
        Ok(()) => steps.command("advisories", &mut DENY.command(&["check", "advisories"])),
        Err(lack) => steps.not_run("advisories", lack),
    }
    steps.finish()
}

/// The VRL functions, and the VRL programs of the configuration for Vector.
pub(crate) fn vrl() -> ExitCode {
    let mut steps = Steps::default();
    vrl_tests(&mut steps);
    steps.finish()
}

/// The JavaScript package.
pub(crate) fn javascript() -> ExitCode {
    let mut steps = Steps::default();
    javascript::check(&mut steps);
    steps.finish()
}

/// The page.
pub(crate) fn page() -> ExitCode {
    let mut steps = Steps::default();
    page::check(&mut steps);
    steps.finish()
}

/// Why a step is not run here.
const WHAT: &str = "takes long, left to `cargo xtask test --all`";

fn vrl_tests(steps: &mut Steps) {
    let mut tests = cargo(&["test", "--manifest-path", "bindings/vrl/Cargo.toml"]);
    tests.env("CARGO_TARGET_DIR", crate::target_dir().join("vrl"));
    steps.tests(VRL, &mut tests);
}

const VRL: &str = "the VRL functions and programs";

/// The tests over the corpus.
pub(crate) fn corpus() -> ExitCode {
    let mut steps = Steps::default();
    steps.tests(
        "corpus",
        &mut cargo(&["test", "--package", "oomparse-tests", "--no-fail-fast"]),
    );
    steps.finish()
}

fn common(steps: &mut Steps) {
    if crate::in_ci() {
        steps.task("system packages", system::packages);
    }
    steps.task("lengths of files", house::lengths);
    steps.task("places of modules", house::modules);
    steps.task("circles of modules", circles::check);
    component(steps, "format", "fmt", &["fmt", "--all", "--check"]);
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    component(steps, "lints", "clippy", &lints);
    let passed_over = needs::passed_over(steps);
    steps.counted("tests", || workspace_tests::run(&passed_over));
    live_killers::step(steps);
    agent(steps);
    with_others(steps);
    lua(steps);
    core_alone(steps);
    modules(steps);
    javascript::check(steps);
    page::check(steps);
    other_builds(steps);
    deploy::rules(steps);
    documents(steps);
    if crate::in_ci() {
        dist::step(steps);
    } else {
        let command = "cargo xtask try-packages --here";
        steps.not_run("the packages", Lack::command(WHAT, command));
    }
    match instructions::cannot_compare() {
        None => steps.task("instruction counts", instructions::check),
        Some(lack) => steps.not_run("instruction counts", lack),
    }
}

/// What takes long to build or to fetch: for a change alone each is a command of its own.
fn with_others(steps: &mut Steps) {
    if crate::in_ci() {
        kubernetes::step(steps);
        python::step(steps);
        vrl_tests(steps);
        return;
    }
    for (name, command) in [
        (
            "the agent at a real API server",
            "cargo xtask try-kubernetes",
        ),
        (
            "the Python package, with Spark and Kafka",
            "cargo xtask fleet",
        ),
        (VRL, "cargo xtask vrl"),
    ] {
        steps.not_run(name, Lack::command(WHAT, command));
    }
}

/// The crates as others build them, and what they rest on.
fn other_builds(steps: &mut Steps) {
    steps.with_tool(
        "the core where there is no std",
        proof::bring_bare,
        proof::bare,
    );
    steps.with_tool(
        "every combination of features",
        || HACK.bring(),
        proof::features,
    );
    steps.with_tool(
        "licences and sources of dependencies",
        || DENY.bring(),
        proof::deny,
    );
}

/// What is written is true.
fn documents(steps: &mut Steps) {
    let mut docs = cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    steps.command("documentation", docs.env("RUSTDOCFLAGS", "-D warnings"));
    steps.task("snapshots are what comes out", bless::check);
    steps.task("links in the documents", readme::links);
    steps.task("the README's example", readme::example);
    steps.task("the README's reports", readme::reports);
    readme::commands(steps);
    steps.task("the documents' commands", pages::check);
}

/// The WebAssembly modules, and their tests: their crate with all features, and engines like those of hosts.
fn modules(steps: &mut Steps) {
    let built = steps.with_tool("the WebAssembly modules", wasm::bring, wasm::build);
    for (features, name) in [
        ("fluent-bit,pods", "lints of the WebAssembly edge"),
        ("fluent-bit,sources", "lints of it with daemons' lines"),
    ] {
        match wasm::lints(features) {
            Some(mut lints) => steps.command(name, &mut lints),
            None => steps.not_run(name, Lack::component("clippy rust-src")),
        }
    }
    let with_names = [
        "--package",
        "oomparse-wasm",
        "--features",
        "pods,page,unpack",
    ];
    let with_sources = ["--package", "oomparse-wasm", "--features", "sources"];
    let on_engines = [
        "--package",
        "oomparse-tests",
        "--features",
        "wasm",
        "--test",
        "wasm",
    ];
    for (package, name) in [
        (
            &with_names[..],
            "lints of the modules with names and of the page",
        ),
        (&with_sources, "lints of the module with daemons' lines"),
    ] {
        lints(steps, name, package, "--all-targets");
    }
    let tests = |package: &[&str]| cargo(&[&["test"], package].concat());
    steps.tests(
        "the modules with names and of the page",
        &mut tests(&with_names),
    );
    steps.tests("the module with daemons' lines", &mut tests(&with_sources));
    const ENGINES: &str = "the modules on two engines";
    if built {
        lints(
            steps,
            "lints of the modules' tests",
            &on_engines,
            "--no-deps",
        );
        steps.tests(ENGINES, &mut tests(&on_engines));
    } else {
        steps.not_run(ENGINES, "the modules are not built");
    }
}

fn lints(steps: &mut Steps, name: &str, package: &[&str], which: &str) {
    let lints = [&["clippy"], package, &[which, "--", "-D", "warnings"]].concat();
    component(steps, name, "clippy", &lints);
}

/// The parts of the program with the features `agent` and `columns`, without which the workspace is built, and its
/// tables as files.
///
/// Of the whole workspace, so that crates which both builds need have the same features in both: else cargo would
/// build them again.
fn agent(steps: &mut Steps) {
    let features = crate::FEATURES.split(',');
    let features: Vec<String> = features.map(|it| format!("oomparse-cli/{it}")).collect();
    let features = format!("{},oomparse-columns/files", features.join(","));
    let with = ["--workspace", "--features", &features];
    let lints = [
        &["clippy"],
        &with[..],
        &["--all-targets", "--", "-D", "warnings"],
    ]
    .concat();
    component(steps, "lints of the agent and of tables", "clippy", &lints);
    let own = [
        "--bin",
        "oomparse",
        "--test",
        "watch_agent",
        "--test",
        "watch_kubernetes",
        "--test",
        "columns",
        "--test",
        "files",
    ];
    let tests = [&["test"], &with[..], &own].concat();
    steps.tests("the agent, and tables", &mut cargo(&tests));
}

/// The Lua module in a program that contains Lua like Vector: that cannot be built together with it.
fn lua(steps: &mut Steps) {
    let manifest = ["test", "--manifest-path", "bindings/lua/host/Cargo.toml"];
    let mut tests = cargo(&manifest);
    tests.env("OOMPARSE_TARGET_DIR", crate::target_dir());
    tests.env("CARGO_TARGET_DIR", crate::target_dir().join("lua-host"));
    let (program, test) = needs::LUA;
    if !steps.brought("the Lua module in Debian's Lua", || {
        system::bring(&[program])
    }) {
        tests.arg("--").args(needs::skip(&[test]));
    }
    steps.tests("the Lua module", &mut tests);
}

/// A step that needs a part of the toolchain that a minimal installation lacks.
fn component(steps: &mut Steps, name: &str, part: &str, args: &[&str]) {
    if system::has_cargo_command(part) {
        steps.command(name, &mut cargo(args));
    } else {
        let package = if part == "fmt" { "rustfmt" } else { part };
        steps.not_run(name, Lack::component(package));
    }
}

/// The core without std, and with each of its features alone: the workspace builds them together.
fn core_alone(steps: &mut Steps) {
    let check = [
        "check",
        "--package",
        "oomparse-core",
        "--lib",
        "--no-default-features",
    ];
    steps.command("the core without std", &mut cargo(&check));
    match features("oomparse-core") {
        Ok(features) => {
            for feature in features {
                let args = [&check[..], &["--features", &feature]].concat();
                steps.command(
                    &format!("the core with `{feature}` alone"),
                    &mut cargo(&args),
                );
            }
        }
        Err(sentence) => steps.task("the core's features", || Err(sentence)),
    }
}

/// The names under `[features]` of a package, without `default`.
fn features(package: &str) -> Result<Vec<String>, String> {
    let path = root().join(package).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let names: Vec<String> = text
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with([' ', '#', ']']))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
        .filter(|name| name != "default")
        .collect();
    if names.is_empty() {
        return Err(format!("{}: no features found", path.display()));
    }
    Ok(names)
}
