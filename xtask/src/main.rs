//! `cargo xtask <command>`: the commands for people and CI.

mod apt;
mod bench;
mod big_day;
mod bless;
mod book;
mod c_library;
mod checks;
mod circles;
mod collector;
mod cpio;
mod deploy;
mod dist;
mod fluent_bit;
mod fluentd;
mod forge;
mod fuzz;
mod house;
mod image;
mod instructions;
mod javascript;
mod kubernetes;
mod lack;
mod licences;
mod live_killers;
mod live_storm;
mod live_vm;
mod mutants;
mod needs;
mod page;
mod pages;
mod proof;
mod published;
mod python;
mod readme;
mod rehearsal;
mod release;
mod reproducible;
mod semver;
mod static_program;
mod steps;
mod storm;
mod system;
mod telemetry;
mod tools;
mod vector;
mod wasm;
mod workspace_tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test          everything a change must pass: format, lints, build, all tests, the core without
                std, documentation, snapshots, the README's commands; what needs a program that is
                not here is said at the end, with the line that brings it
  test --all    the same, all of it: what is missing is brought, and what cannot run is a failure; with a
                real API server, the Python package's engines, and this machine's packages in clean roots
  ci            the same as test, and what takes longer: each bench once, advisories
  packages      look for the system packages that the tests need; with --install install them
  vrl           the tests of oomparse-vrl, which are a long build: VRL functions, and the programs of
                integrations/vector
  python        the Python package: a wheel and an sdist below target/python, and their tests, in an
                environment there (python3 with venv; PyPI)
  fleet         the same with Spark (Java 17), Apache Kafka, an S3 and ClickHouse, which are half a gigabyte,
                and the engines' times beside each other
  fleet cuts [MB] [CUTS]
                one large log (1,000 MB), cut in 1,000 random places: the parts give what the whole gives
  fleet hosts [GB]
                a day of 10,000 hosts, made with its truth, 10 GB of it read: every kill found, seconds for a
                terabyte, and how the time grows with files, hosts and kills
  bless         write corpus/cases/*/snapshot.json anew; read the difference before you commit it
  corpus-check  the tests over the corpus alone
  bench         speed and memory of `oomparse scan` on two large generated logs, beside ripgrep
  big-file      scan a log of 4 GiB, which is made and deleted: every kill found, memory as for a small one
  big-day       correlate a busy node's day, 1 GB of journal and 20,000 pods: every death as it was written,
                150 MB/s and 128 MiB
  instructions  instructions of six pieces of work, counted by callgrind, against
                benches/instructions.txt; with --bless write that anew
  fuzz NAME SECONDS
                fuzz one target (nightly, cargo-fuzz), then keep what reaches most for its length,
                in fuzz/corpus/NAME.txt; with 0 seconds only the latter
  wasm          dist/oomparse.wasm, the module for Fluent Bit's wasm filter (wasm-opt of binaryen makes it
                small), and, where npm is, the JavaScript package of oomparse-wasm/js with
                dist/oomparse-VERSION.tgz
  js            the JavaScript package alone, and its tests
  page          dist/page, the page for people, and dist/oomparse.html, the same in one file; and its tests
  mutants [--shard K/N]
                change the core in a hundred small ways, one at a time, and list the changes that no
                test notices (cargo-mutants)
  sanitize      the C interface's tests under AddressSanitizer (nightly)
  miri          the C interface's tests under Miri (nightly, miri)
  features      every combination of features of what is published (cargo-hack)
  bare          the core for a target that has no std
  deny          bans, licences and sources of all dependencies (cargo-deny)
  dist          everything that people install, in dist/packages: static programs for x86-64 and aarch64
                in archives, .deb and .rpm, liboomparse, the files for log shippers, the JavaScript
                package, wheels, checksums, a bill of materials
  dist wheels   the Python package's wheels and sdist alone
  sizes         write the packages' sizes into the table of docs/install.md
  dist-twice    the same in two folders: every file must have the same bytes
  try-packages [--here]
                what `dist` made, installed, used and removed in clean roots (as root); with --here the packages
                for this machine alone, which are built first
  image         dist/image, the container image of the static programs for x86-64 and aarch64, as an OCI layout;
                looked at with skopeo and umoci, and run; `--program amd64=PATH` takes a program that is built
  deploy-check  what deploy/ installs: alerts and dashboard (promtool), the chart (helm, a Go module that is
                built where there is none), the plain manifests (kubectl kustomize)
  doc-commands  the commands that the documents show: each is run, or its page says why it is not
  book          dist/book, the documents as a site (mdBook), with every link followed
  crates        what crates.io would get, packed and built from there (cargo publish --dry-run); public
                items since the last release
  semver [REVISION]
                whether the version's number says what changed in the public items of the crates, since
                the last release or the revision (cargo-semver-checks)
  release VERSION [--skip-tests] [--no-build]
                write the version everywhere and date the changes, run `test --all` and `dist`, and say what to
                publish in which order; after a failure the same command goes on
  workflows     .github/workflows, read by actionlint (a Go module)
  header        write oomparse-ffi/include/oomparse.h anew; read the difference before you commit it
  install-c --prefix DIR
                build liboomparse and put library, header and oomparse.pc below DIR
  fluent-bit-filter
                build the native filter, as target/release/flb-filter_oomparse.so
  try-fluent-bit --bin PATH [--lines N] [--rounds N] [--part all|records|cost]
                run the filters in your Fluent Bit, native, WASM and Lua: records in and out, the
                configurations for WASM (as root with real kills), lines per CPU second
  try-vector --bin PATH
                run the configurations for Vector in yours: every record once, kills with their pods' names
  try-collector [--bin PATH]
                what `filter` and `scan --format otlp` write, in an OpenTelemetry collector (built from its Go
                modules, or yours with the receivers file_log and otlp and the exporter file): every record
                once, every kill with its event
  try-fluentd --bin PATH
                run the configurations for Fluentd in yours: every record once, every kill, also over a restart
  try-kubernetes [--tools DIR] [--program PATH] [--soak MINUTES]
                the agent and the chart against a real API server, with the chart's rights alone: Events, repeats,
                refusals, restarts, a storm, a real kill, and 10,000 pods with 1,000 kills, which may be spread over
                an hour; kube-apiserver and etcd are built from their Go modules, or stand in DIR; kubectl and helm
  try-telemetry [--collector PATH] [--program PATH]
                what the agent sends, in a real OpenTelemetry collector (built from its Go modules) field by
                field, and in a real Prometheus every query of the dashboard
  live-storm [--npd PATH]
                200 real kills in 20 pods and 250 idle pods beside the optimised `watch --infer` (as root): how many
                it names, what it costs; with PATH, `watch` beside that node-problem-detector
  live-vm --kernel PATH [--qemu PATH] [--accel kvm]
                boot your kernel in QEMU with cgroup v2 and run the live test of `oomparse watch` there
  live-killers [--kernel PATH]
                real earlyoom here, in a namespace where nothing else can be killed; with your kernel, which has
                its modules beside it, systemd-oomd and earlyoom in a Debian in QEMU (as root, debootstrap)
  help          this text

With CI=true in the environment, and in `test --all`, missing system packages are installed, tools
of cargo's (cargo-hack, cargo-deny, cargo-deb, cargo-generate-rpm, cargo-semver-checks) are built
below target/tools, and rustup adds targets; else they are only named.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let Some(Err(lack)) = args.first().map(|command| needs::check(command)) {
        return done(Err(lack.into()));
    }
    let ended = checked(&args)
        .or_else(|| built(&args))
        .or_else(|| tried(&args));
    ended.unwrap_or_else(|| match args.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("xtask: unknown command `{}`\n\n{HELP}", other.join(" "));
            ExitCode::from(2)
        }
    })
}

/// What is checked and measured in this repository alone.
fn checked(args: &[&str]) -> Option<ExitCode> {
    Some(match args {
        ["test"] => checks::test(),
        ["test", "--all"] => ended(checks::test_all()),
        ["ci"] => checks::ci(),
        ["packages"] => done(system::packages()),
        ["packages", "--install"] => ended(checks::install_packages()),
        ["vrl"] => checks::vrl(),
        ["python"] => python::check(),
        ["fleet"] => python::fleet(),
        ["fleet", script @ ("cuts" | "hosts"), numbers @ ..] => {
            done(python::trial(script, numbers))
        }
        ["bless"] => bless::write(),
        ["corpus-check"] => checks::corpus(),
        ["js"] => checks::javascript(),
        ["page"] => checks::page(),
        ["deploy-check"] => deploy::check(),
        ["doc-commands"] => done(pages::check()),
        ["workflows"] => done(forge::check()),
        ["big-file"] => done(bench::big_file()),
        ["big-day"] => done(big_day::run(false)),
        ["big-day", "all"] => done(big_day::run(true)),
        ["bench"] => bench::run(),
        ["instructions"] => done(match instructions::cannot_run() {
            Some(lack) => Err(lack.into()),
            None => instructions::check(),
        }),
        ["instructions", "--bless"] => done(instructions::bless()),
        ["fuzz", target, seconds] => done(fuzz::run(target, seconds)),
        ["mutants"] => done(mutants::run(None)),
        ["mutants", "--shard", shard] => done(mutants::run(Some(shard))),
        ["sanitize"] => done(proof::sanitize()),
        ["miri"] => done(proof::miri()),
        ["features"] => done(proof::features()),
        ["bare"] => done(proof::bare()),
        ["deny"] => done(proof::deny()),
        ["semver"] => semver::run(None),
        ["semver", revision] => semver::run(Some(revision)),
        _ => return None,
    })
}

/// What is built, packed and released.
fn built(args: &[&str]) -> Option<ExitCode> {
    Some(match args {
        ["wasm"] => done(wasm::build().and_then(|()| wasm::javascript::build_if_possible())),
        ["header"] => done(c_library::header()),
        ["install-c", "--prefix", prefix] => done(c_library::install(prefix)),
        ["fluent-bit-filter"] => done(fluent_bit::filter().map(drop)),
        ["image"] => done(image::run()),
        ["image", rest @ ..] => done(image::of_programs(rest)),
        ["dist"] => done(dist::run()),
        ["dist", "wheels"] => done(dist::python_wheels()),
        ["sizes"] => done(dist::set_sizes()),
        ["dist-twice"] => done(dist::twice()),
        ["book"] => done(book::build()),
        ["crates"] => release::crates(),
        ["release", version, flags @ ..] => done(release::run(version, flags)),
        _ => return None,
    })
}

/// What is tried in real hosts, and on real kernels.
fn tried(args: &[&str]) -> Option<ExitCode> {
    Some(match args {
        ["try-packages"] => dist::try_packages(),
        ["try-packages", "--here"] => dist::try_here(),
        ["try-fluent-bit", rest @ ..] => {
            done(fluent_bit::Trial::from_args(rest).and_then(|trial| trial.run()))
        }
        ["try-vector", "--bin", bin] => done(vector::run(bin)),
        ["try-collector"] => done(telemetry::build().and_then(|bin| collector::run(&bin))),
        ["try-collector", "--bin", bin] => done(collector::run(Path::new(bin))),
        ["try-fluentd", "--bin", bin] => done(fluentd::run(bin)),
        ["try-telemetry", rest @ ..] => done(telemetry::run(rest)),
        ["try-kubernetes", rest @ ..] => done(kubernetes::run(rest)),
        ["live-killers", rest @ ..] => done(live_killers::run(rest)),
        ["live-storm"] => done(live_storm::run(None)),
        ["live-storm", "--npd", path] => done(live_storm::run(Some(path))),
        ["live-vm", rest @ ..] => {
            done(live_vm::Machine::from_args(rest).and_then(|machine| machine.run()))
        }
        _ => return None,
    })
}

fn done(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn ended(result: Result<ExitCode, String>) -> ExitCode {
    result.unwrap_or_else(|sentence| done(Err(sentence)))
}

/// All that the program can do beyond its default.
const FEATURES: &str = "agent,columns";

/// The version of everything.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Whether CI runs this, or somebody who wants what CI does: then what is missing is brought.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
