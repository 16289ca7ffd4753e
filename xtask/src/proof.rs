//! Checks with tools that a minimal toolchain lacks: each command says which one is missing.

use crate::lack::Lack;
use crate::steps::{cargo, run};
use crate::tools::{DENY, HACK, bring_target};
use crate::{root, target_dir};
use std::process::{Command, Stdio};

/// The lock files of the repository, by their manifests.
const MANIFESTS: [&str; 5] = [
    "Cargo.toml",
    "fuzz/Cargo.toml",
    "bindings/lua/host/Cargo.toml",
    "bindings/vrl/Cargo.toml",
    "bindings/python/Cargo.toml",
];

/// Targets for which there is no std: what builds there needs none.
const BARE: [&str; 3] = [
    "wasm32v1-none",
    "thumbv7em-none-eabi",
    "x86_64-unknown-none",
];

/// The features of the core that work without std, in every combination that differs.
const WITHOUT_STD: [&str; 4] = ["", "carriers", "serde", "serde,carriers"];

/// The C edge under AddressSanitizer: the library, its Rust tests, the C programs, and what fuzzing kept.
pub(crate) fn sanitize() -> Result<(), String> {
    let host = nightly_host()?;
    let tests: [&[&str]; 2] = [
        &[
            "--package=oomparse-ffi",
            "--lib",
            "--test=c_api",
            "--test=allocations",
            "--",
            // With an optimised library, which says nothing that the others do not.
            "--skip=ten_million_lines",
        ],
        &["--package=oomparse-tests", "--test=fuzz_replay", "ffi"],
    ];
    for test in tests {
        let mut command = nightly("cargo");
        command
            .arg("test")
            .args(test)
            .env("CARGO_BUILD_TARGET", &host)
            .env("CARGO_TARGET_DIR", target_dir().join("sanitize"))
            .env("RUSTFLAGS", "-Zsanitizer=address")
            // The C programs are linked with the sanitizer's runtime, and valgrind is left out.
            .env("OOMPARSE_SANITIZED", "address");
        run(&mut command)?;
    }
    Ok(())
}

/// The C edge's Rust tests in an interpreter that knows what is undefined.
pub(crate) fn miri() -> Result<(), String> {
    nightly_host()?;
    let mut version = nightly("cargo");
    if !succeeds(version.args(["miri", "--version"])) {
        let how = "rustup +nightly component add miri rust-src";
        return Err(format!("Miri is missing: {how}"));
    }
    let mut command = nightly("cargo");
    command
        .args(["miri", "test", "--package=oomparse-ffi", "--lib"])
        .env("CARGO_TARGET_DIR", target_dir().join("miri"));
    run(&mut command)
}

/// Every combination of features of the packages that are published.
pub(crate) fn features() -> Result<(), String> {
    HACK.bring()?;
    let args = ["check", "--feature-powerset", "--no-dev-deps"];
    run(HACK
        .command(&args)
        .args(["--workspace", "--ignore-private", "--exclude=oomparse-cli"]))?;
    // Its own default is there wherever else it is built.
    for features in ["--features=", "--features=agent", "--features=columns"] {
        run(&mut cargo(&[
            "check",
            "--package=oomparse-cli",
            "--no-default-features",
            features,
        ]))?;
    }
    Ok(())
}

/// The core and the table of pods for a target that has no std at all.
pub(crate) fn bare() -> Result<(), String> {
    let target = bring_target(&BARE)?;
    let core = WITHOUT_STD.map(|features| ("oomparse-core", features));
    for (package, features) in core.into_iter().chain([("oomparse-pods", "")]) {
        let mut command = cargo(&["check", "--lib", "--package", package]);
        command.args(["--no-default-features", "--target", target]);
        run(command.args(["--features", features]))?;
    }
    Ok(())
}

/// Brings what `bare` needs.
pub(crate) fn bring_bare() -> Result<(), Lack> {
    bring_target(&BARE).map(drop)
}

/// Bans, licences and sources of all dependencies, of every lock file.
pub(crate) fn deny() -> Result<(), String> {
    DENY.bring()?;
    for manifest in MANIFESTS {
        let mut command = DENY.command(&["--manifest-path", manifest]);
        // Looked for beside the manifest, where a package with a lock file of its own has none.
        command.args(["--config", "deny.toml", "check"]);
        run(command.args(["bans", "licenses", "sources"]))?;
    }
    Ok(())
}

/// A program of the nightly toolchain, in the repository's root.
pub(crate) fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", program])
        .current_dir(root())
        // Set by the cargo that runs this program, for itself.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// The machine that the nightly compiler builds for.
fn nightly_host() -> Result<String, String> {
    let how = "the nightly toolchain is missing: rustup toolchain install nightly";
    let output = nightly("rustc").arg("-vV").output();
    let output = output.map_err(|_| how)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or(how)?.to_owned())
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
