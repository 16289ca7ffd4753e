//! Builds the library and C programs, and runs them.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod corpus;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The package's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory for programs and lists.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oomparse-ffi");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

/// Runs a command that must succeed.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start {command:?}: {error}; `cargo xtask test` names the package")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(4096)]),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The folder with `liboomparse.a` and `liboomparse.so`, built in the given profile.
pub(crate) fn library(profile: &str) -> PathBuf {
    static DEV: OnceLock<PathBuf> = OnceLock::new();
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    let cell = if profile == "release" { &RELEASE } else { &DEV };
    cell.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--package",
            "oomparse-ffi",
            "--profile",
            profile,
        ]);
        run(build.current_dir(root()));
        // .../target/<profile>/deps/<test>
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        target.join(if profile == "dev" { "debug" } else { profile })
    })
    .clone()
}

/// Whether the library itself was built for AddressSanitizer: then every program needs its runtime, and none can
/// run under valgrind.
pub(crate) fn library_is_sanitized() -> bool {
    std::env::var_os("OOMPARSE_SANITIZED").is_some()
}

/// How a program is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    pub(crate) cxx: bool,
    pub(crate) sanitized: bool,
    pub(crate) profile: &'static str,
}

pub(crate) const C: Build = Build {
    cxx: false,
    sanitized: true,
    // Not `test`, which optimises the core: valgrind would report values that LLVM reads before it knows that they are
    // there.
    profile: "dev",
};
pub(crate) const CXX: Build = Build { cxx: true, ..C };
pub(crate) const PLAIN: Build = Build {
    sanitized: false,
    ..C
};

/// Compiles a program of `tests/c` or `examples` with all warnings as errors and links it with the
/// static library.
pub(crate) fn program(source: &str, build: Build) -> PathBuf {
    let source = root().join(source);
    let stem = source.file_stem().unwrap().to_string_lossy().into_owned();
    let out = scratch(&format!(
        "{stem}{}{}-{}",
        if build.cxx { "-cxx" } else { "" },
        if build.sanitized { "-sanitized" } else { "" },
        build.profile
    ));
    let mut compiler = Command::new(if build.cxx { "g++" } else { "gcc" });
    let language = if build.cxx {
        ["-x", "c++", "-std=c++17"]
    } else {
        ["-x", "c", "-std=c99"]
    };
    compiler.args(language);
    compiler.args([
        "-Wall",
        "-Wextra",
        "-Werror",
        "-pedantic",
        "-g",
        "-O1",
        "-pthread",
    ]);
    if build.sanitized || library_is_sanitized() {
        compiler.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    }
    compiler.arg("-I").arg(root().join("include")).arg(&source);
    compiler
        .args(["-x", "none"])
        .arg(library(build.profile).join("liboomparse.a"));
    // Another test may be running the same program: it is replaced, never written to.
    let thread = format!("{:?}", std::thread::current().id());
    let new = out.with_extension(thread);
    compiler.args(["-ldl", "-lm", "-o"]).arg(&new);
    run(&mut compiler);
    std::fs::rename(&new, &out).unwrap();
    out
}

/// Runs a program under valgrind, which must find neither an error nor a leak.
pub(crate) fn valgrind(program: &Path, args: &[&OsStr]) -> Output {
    if library_is_sanitized() {
        return run(Command::new(program).args(args));
    }
    let mut command = Command::new("valgrind");
    command.args([
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--show-leak-kinds=all",
    ]);
    command.args(["--errors-for-leak-kinds=definite,indirect,possible"]);
    run(command.arg(program).args(args))
}
