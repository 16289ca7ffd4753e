//! The wheels, as pip takes them on machines of several kinds.

use super::trial_roots::{LOG, events, fresh, inside, release_with, same_events};
use super::{output, packages, read, write};
use crate::licences::FILE;
use crate::static_program::Machine;
use crate::steps::{self, Steps};
use crate::{VERSION, root, system};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What pip says of itself on a machine, and for which the packages must be found there: CentOS 7 and all since, on
/// both machines; Alpine.
const PLATFORMS: [&str; 4] = [
    "manylinux_2_17_x86_64",
    "manylinux_2_17_aarch64",
    "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64",
];

const SCRIPT: &str = "import json, sys, oomparse
for event in oomparse.scan(sys.argv[1]):
    del event['file']
    print(json.dumps(event))
";

/// Tries all of them.
pub(super) fn run(steps: &mut Steps, machines: &[Machine]) {
    let venv = || system::bring(&["python3"]);
    steps.with_tool("pip in a clean environment", venv, || {
        in_an_environment(machines)
    });
    let musl = || system::bring(&["python3", "musl-gcc", "nm"]);
    steps.with_tool("musl loads the package's module", musl, by_musl);
    let roots = || system::bring(&["python3", "debootstrap"]);
    steps.with_tool("the wheels under an older glibc", roots, under_older_glibc);
}

/// An environment with nothing else in it; pip there chooses, for this machine and for others.
fn in_an_environment(machines: &[Machine]) -> Result<(), String> {
    let dir = environment("wheel")?;
    steps::run(pip(&dir).args(["oomparse", "oomparse-cli"]))?;
    let log = root().join(LOG);
    let mut python = Command::new(dir.join("bin/python"));
    same_values(python.args(["-c", SCRIPT]).arg(&log))?;
    same_events(Command::new(dir.join("bin/oomparse")).arg("scan").arg(&log))?;
    let is_built = |platform: &&str| {
        machines
            .iter()
            .any(|machine| platform.ends_with(machine.rpm))
    };
    for platform in PLATFORMS.into_iter().filter(is_built) {
        let to = dir.join(platform);
        let mut pip = pip(&dir);
        for_another(&mut pip, platform, &to);
        steps::run(pip.args(["oomparse", "oomparse-cli"]))?;
        names_no_folder(&to)?;
        has_licences(&to)?;
    }
    let arm = dir.join("manylinux_2_17_aarch64/bin/oomparse");
    if !super::is_whole(machines) || system::find("qemu-aarch64-static").is_none() {
        return Ok(());
    }
    same_events(
        Command::new("qemu-aarch64-static")
            .arg(arm)
            .arg("scan")
            .arg(&log),
    )
}

/// The licences of what is linked are in both packages: of the module, and of the program.
fn has_licences(installed: &Path) -> Result<(), String> {
    for (package, linked) in [("oomparse", "\npyo3 "), ("oomparse_cli", "\nclap ")] {
        let licences = format!("{package}-{VERSION}.dist-info/licenses/{FILE}");
        if !read(&installed.join(&licences))?.contains(linked) {
            return Err(format!("{licences} does not name{linked}"));
        }
    }
    Ok(())
}

/// Neither a module nor a bill of materials names the folder in which it was built.
fn names_no_folder(installed: &Path) -> Result<(), String> {
    let mut grep = Command::new("grep");
    grep.args(["-rlF", "--include=*.json", "--include=*.so"]);
    grep.arg(root()).arg(installed);
    let found = grep.output().map_err(|error| format!("grep: {error}"))?;
    match found.stdout.as_slice() {
        [] => Ok(()),
        names => Err(format!(
            "the folder of the build is in {}",
            String::from_utf8_lossy(names).trim()
        )),
    }
}

/// Debian 11 has glibc 2.31, as Ubuntu 20.04, and Python 3.9, the oldest that the package is for.
fn under_older_glibc() -> Result<(), String> {
    let dir = release_with("bullseye", "older", &["python3"])?;
    let mut pip = pip(&environment("wheel")?);
    for_another(&mut pip, "manylinux_2_17_x86_64", &dir.join("tmp/site"));
    steps::run(pip.args(["oomparse", "oomparse-cli"]))?;
    write(&dir.join("tmp/read.py"), SCRIPT)?;
    let mut python = inside(&dir, &["python3", "/tmp/read.py", "/tmp/log"]);
    same_values(python.env("PYTHONPATH", "/tmp/site"))?;
    same_events(&mut inside(
        &dir,
        &["/tmp/site/bin/oomparse", "scan", "/tmp/log"],
    ))
}

/// musl's own loader finds all that the module asks of it. There is no Python for musl here: what the module asks of
/// Python stands in a program that is compiled for this.
fn by_musl() -> Result<(), String> {
    let dir = environment("wheel-musl")?;
    let mut pip = pip(&dir);
    let site = dir.join("site");
    for_another(&mut pip, "musllinux_1_2_x86_64", &site);
    steps::run(pip.arg("oomparse"))?;
    let module = site.join("oomparse/_oomparse.abi3.so");
    let mut names = Command::new("nm");
    names.args(["--dynamic", "--undefined-only", "--just-symbols"]);
    let names = String::from_utf8_lossy(&output(names.arg(&module))?).into_owned();
    let mut code = "#include <dlfcn.h>\n#include <stdio.h>\n".to_owned();
    let of_python = |name: &&str| name.trim_start_matches('_').starts_with("Py");
    for name in names.lines().filter(of_python) {
        code += &format!("_Alignas(64) char {name}[4096];\n");
    }
    code += "int main(int count, char **args) {
    void *module = dlopen(args[1], RTLD_NOW);
    if (!module) return puts(dlerror());
    return !dlsym(module, \"PyInit__oomparse\");
}
";
    write(&dir.join("load.c"), code)?;
    let program = dir.join("load");
    let mut compile = Command::new("musl-gcc");
    compile.args(["-rdynamic", "-o"]).arg(&program);
    steps::run(compile.arg(dir.join("load.c")))?;
    steps::run(Command::new(program).arg(module))
}

fn environment(name: &str) -> Result<PathBuf, String> {
    let dir = fresh(name)?;
    let made = steps::run(Command::new("python3").args(["-m", "venv"]).arg(&dir));
    made.map_err(|error| format!("{error}; get it with: apt-get install python3-venv"))?;
    Ok(dir)
}

/// pip, which finds what `dist` made and nothing else.
fn pip(environment: &Path) -> Command {
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-index"]);
    pip.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    pip.args(["--only-binary", ":all:", "--find-links"])
        .arg(packages());
    pip
}

/// As pip would choose on such a machine with the oldest Python.
fn for_another(pip: &mut Command, platform: &str, to: &Path) {
    pip.args([
        "--platform",
        platform,
        "--python-version",
        "3.9",
        "--target",
    ]);
    pip.arg(to);
    // What fits an older musl fits a newer; pip works that out only for the machine that it runs on.
    if let Some(machine) = platform.strip_prefix("musllinux_1_2_") {
        pip.args(["--platform", &format!("musllinux_1_1_{machine}")]);
    }
}

/// The events as the wheel has them: the same values, in an order of Python's.
fn same_values(python: &mut Command) -> Result<(), String> {
    let values = |lines: &[u8]| -> Result<Vec<Value>, String> {
        let read = serde_json::Deserializer::from_slice(lines).into_iter();
        read.map(|value| value.map_err(|e| e.to_string())).collect()
    };
    let (found, wanted) = (values(&output(python)?)?, values(&events()?)?);
    if found.is_empty() || found != wanted {
        return Err(format!("other events than the program's: {found:?}"));
    }
    Ok(())
}
