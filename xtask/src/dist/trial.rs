//! `cargo xtask try-packages`: installs the results of `dist` in clean roots, uses them there, and removes them.

use super::library::package as library_package;
use super::native::{deb_name, rpm_name};
use super::trial_roots::{LOG, debian, fresh, inside, nothing_left, same_events};
use super::{
    archive_name, copy_as, library_rpm, output, packages, read, sizes, trial_commands, trial_lints,
    trial_npm, trial_shippers, trial_wheels, write,
};
use crate::lack::Lack;
use crate::static_program::{ARM, MACHINES, Machine, X86};
use crate::steps::{self, Steps};
use crate::{VERSION, image, root, static_program, system, target_dir};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Tests all packages, and reports each result.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    steps.task("the sizes in the document", sizes::check);
    on_arm(&mut steps);
    let looks = || system::bring(&["skopeo", "umoci", "tar"]);
    steps.with_tool("the image", looks, || {
        image::look_at(
            &packages().join(image::archive_name()),
            static_program::path,
        )
    });
    of_machines(&mut steps, &MACHINES);
    steps.finish()
}

/// Tests the packages for this machine. Where no clean root can be fetched, that is not a failure: it is said, and
/// counted.
pub(super) fn step(steps: &mut Steps) {
    let root = system::bring(&["debootstrap"]).map_err(String::from);
    match root.and_then(|()| debian("reached")) {
        Ok(_) => {
            of_machines(steps, &[X86]);
            // Three gigabytes, which nothing needs afterwards.
            _ = std::fs::remove_dir_all(target_dir().join("trial"));
        }
        Err(why) => steps.passed_over("the packages in clean roots", &why),
    }
}

fn of_machines(steps: &mut Steps, machines: &[Machine]) {
    steps.task("the checksums", checksums);
    steps.task("the static program in an empty root", in_an_empty_root);
    steps.task("every archive unpacks", || archives(machines));
    let roots = || system::bring(&["debootstrap"]);
    steps.with_tool("the .deb in a clean Debian", roots, in_debian);
    let both = || system::bring(&["debootstrap", "rpm"]);
    steps.with_tool("the .rpm in a root without others", both, with_rpm);
    trial_wheels::run(steps, machines);
    libraries(steps);
    lints(steps, machines);
    others(steps);
}

/// A C program against each package of the library.
fn libraries(steps: &mut Steps) {
    let compiler = || system::bring(&["gcc", "pkg-config"]);
    steps.with_tool(
        "liboomparse's .deb and a C program",
        compiler,
        library_of_debian,
    );
    let unpacks = || system::bring(&["gcc", "pkg-config", "rpm2cpio", "cpio"]);
    steps.with_tool(
        "liboomparse's .rpm and a C program",
        unpacks,
        library_of_rpm,
    );
}

fn lints(steps: &mut Steps, machines: &[Machine]) {
    steps.with_tool(
        "lintian",
        || system::bring(&["lintian"]),
        || trial_lints::lintian(machines),
    );
    steps.with_tool(
        "rpmlint",
        || system::bring(&["rpmlint"]),
        || trial_lints::rpmlint(machines),
    );
    let analyze = || system::bring(&["systemd-analyze"]);
    steps.with_tool("the unit's exposure", analyze, trial_lints::unit);
}

/// JavaScript, and the log shippers.
fn others(steps: &mut Steps) {
    let roots = || system::bring(&["debootstrap"]);
    steps.with_tool(
        "rsyslog reads its configuration",
        || system::bring(&["rsyslogd"]),
        rsyslog,
    );
    steps.with_tool(
        "the JavaScript package in a fresh project",
        || system::bring(&["node", "npm", "chromium"]),
        trial_npm::javascript,
    );
    let all = || system::bring(&["debootstrap", "rpm", "python3", "npm", "pkg-config"]);
    steps.with_tool("the commands of the documents", all, trial_commands::run);
    steps.with_tool("rsyslog with its package", roots, trial_shippers::rsyslog);
    steps.with_tool(
        "syslog-ng with its package",
        roots,
        trial_shippers::syslog_ng,
    );
    steps.with_tool(
        "packages for Vector and Fluent Bit",
        roots,
        trial_shippers::others,
    );
}

fn checksums() -> Result<(), String> {
    let mut sums = Command::new("sha256sum");
    steps::run(
        sums.args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(packages()),
    )
}

fn unpack(name: &str, to: &Path) -> Result<(), String> {
    let file = packages().join(format!("{name}.tar.gz"));
    steps::run(Command::new("tar").arg("-C").arg(to).arg("-xzf").arg(file))
}

/// A folder that contains only the program and a log.
fn in_an_empty_root() -> Result<(), String> {
    let dir = fresh("empty")?;
    let name = archive_name(X86);
    unpack(&name, &dir)?;
    copy_as(&root().join(LOG), &dir.join("log"))?;
    let mut program = Command::new("chroot");
    program
        .arg(&dir)
        .arg(format!("/{name}/bin/oomparse"))
        .args(["scan", "/log"]);
    same_events(&mut program)
}

/// Each archive holds one folder of its own name.
fn archives(machines: &[Machine]) -> Result<(), String> {
    let dir = fresh("archives")?;
    let mut count = 0;
    for file in super::files(&packages())? {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(name) = name.strip_suffix(".tar.gz") {
            unpack(name, &dir)?;
            if !dir.join(name).join("LICENSE-MIT").is_file() {
                return Err(format!("{name}.tar.gz has no {name}/LICENSE-MIT"));
            }
            count += 1;
        }
    }
    // Of each machine's the program and those for four shippers; Fluent Bit's, the library, the sdist.
    if count != 5 * machines.len() + 3 {
        return Err(format!("{count} archives"));
    }
    let vector = format!("oomparse-vector-{VERSION}-{}/bin/oomparse", X86.rpm);
    same_events(
        Command::new(dir.join(vector))
            .arg("scan")
            .arg(root().join(LOG)),
    )
}

/// The program for the other machine, under an emulator.
fn on_arm(steps: &mut Steps) {
    let emulator = || system::bring(&["qemu-aarch64-static"]);
    steps.with_tool("the program for aarch64, emulated", emulator, || {
        let dir = fresh("arm")?;
        let name = archive_name(ARM);
        unpack(&name, &dir)?;
        let mut program = Command::new("qemu-aarch64-static");
        program
            .arg(dir.join(name).join("bin/oomparse"))
            .arg("scan")
            .arg(root().join(LOG));
        same_events(&mut program)
    });
}

/// Installed, used, its configuration changed, removed, purged: no file must remain.
fn in_debian() -> Result<(), String> {
    let dir = debian("deb")?;
    let file = deb_name(X86);
    copy_as(&packages().join(&file), &dir.join("tmp").join(&file))?;
    steps::run(&mut inside(
        &dir,
        &["dpkg", "--install", &format!("/tmp/{file}")],
    ))?;
    installed(&dir, "share/zsh/vendor-completions/_oomparse")?;
    steps::run(&mut inside(&dir, &["dpkg", "--verify", "oomparse"]))?;
    let options = dir.join("etc/default/oomparse-watch");
    write(&options, "OOMPARSE_WATCH=--no-pods\n")?;
    steps::run(&mut inside(
        &dir,
        &["dpkg", "--install", &format!("/tmp/{file}")],
    ))?;
    steps::run(&mut inside(&dir, &["dpkg", "--remove", "oomparse"]))?;
    if read(&options)? != "OOMPARSE_WATCH=--no-pods\n" {
        return Err("/etc/default/oomparse-watch did not stay as it was changed".to_owned());
    }
    // As the service leaves it.
    write(&dir.join("var/lib/private/oomparse/state"), "")?;
    steps::run(&mut inside(&dir, &["dpkg", "--purge", "oomparse"]))?;
    nothing_left(&dir)
}

fn with_rpm() -> Result<(), String> {
    let dir = debian("rpm")?;
    let file = packages().join(rpm_name(X86));
    let rpm = |args: &[&str]| {
        let mut rpm = Command::new("rpm");
        // Debian's root has no packages of RPM's that could be needed.
        rpm.arg("--root").arg(&dir).args(args);
        rpm
    };
    steps::run(&mut rpm(&["--initdb"]))?;
    steps::run(rpm(&["--nodeps", "--install"]).arg(&file))?;
    installed(&dir, "share/zsh/site-functions/_oomparse")?;
    steps::run(&mut rpm(&["--nodeps", "--verify", "oomparse"]))?;
    steps::run(&mut rpm(&["--nodeps", "--erase", "oomparse"]))?;
    nothing_left(&dir)
}

/// The program runs in the root, and what belongs beside it is there.
fn installed(dir: &Path, zsh: &str) -> Result<(), String> {
    let mut version = inside(dir, &["oomparse", "--version"]);
    let said = String::from_utf8_lossy(&output(&mut version)?)
        .trim()
        .to_owned();
    println!("    {said}");
    if said != format!("oomparse {VERSION}") {
        return Err(format!("`oomparse --version` says {said}"));
    }
    same_events(&mut inside(dir, &["oomparse", "scan", "/tmp/log"]))?;
    for path in [
        "share/man/man1/oomparse.1.gz",
        "share/man/man1/oomparse-watch.1.gz",
        "share/bash-completion/completions/oomparse",
        zsh,
        "share/fish/vendor_completions.d/oomparse.fish",
        "lib/systemd/system/oomparse-watch.service",
    ] {
        if !dir.join("usr").join(path).is_file() {
            return Err(format!("/usr/{path} is not there"));
        }
    }
    Ok(())
}

/// The packages unpacked, a program compiled with what pkg-config says, and run.
fn library_of_debian() -> Result<(), String> {
    let dir = fresh("library")?;
    for package in [library_package(), "liboomparse-dev".to_owned()] {
        let file = packages().join(super::debian::file_name(&package, X86.deb));
        steps::run(Command::new("dpkg").arg("-x").arg(file).arg(&dir))?;
    }
    c_program(&dir, "lib/x86_64-linux-gnu")
}

fn library_of_rpm() -> Result<(), String> {
    let dir = fresh("library-rpm")?;
    let unpack = "rpm2cpio \"$0\" | cpio --extract --make-directories --quiet";
    for file in library_rpm::files() {
        let mut shell = Command::new("sh");
        shell.args(["-c", unpack]).arg(&file);
        steps::run(shell.current_dir(&dir))?;
    }
    c_program(&dir, "lib64")
}

fn c_program(dir: &Path, lib: &str) -> Result<(), String> {
    let lib = dir.join("usr").join(lib);
    let mut flags = Command::new("pkg-config");
    flags
        .args(["--cflags", "--libs", "oomparse"])
        .env("PKG_CONFIG_PATH", lib.join("pkgconfig"))
        .env("PKG_CONFIG_SYSROOT_DIR", dir);
    let flags = String::from_utf8_lossy(&output(&mut flags)?).into_owned();
    for (kind, more) in [
        ("shared", None),
        ("static", Some(lib.join("liboomparse.a"))),
    ] {
        let program = dir.join(kind);
        let mut gcc = Command::new("gcc");
        gcc.arg(root().join("oomparse-ffi/examples/dmesg.c"));
        // What the library's own file has is not looked for in the shared one.
        gcc.args(more).arg("-Wl,--as-needed");
        gcc.args(flags.split_whitespace());
        steps::run(gcc.arg("-lm").arg("-o").arg(&program))?;
        let mut run = Command::new(&program);
        run.arg(root().join(LOG));
        if kind == "shared" {
            run.env("LD_LIBRARY_PATH", &lib);
        }
        let said = output(&mut run)?;
        let said = String::from_utf8_lossy(&said).into_owned();
        print!("    {kind}: {said}");
        if !said.starts_with("killed: ") {
            return Err("it found no kill".to_owned());
        }
    }
    Ok(())
}

fn rsyslog() -> Result<(), String> {
    let dir = fresh("rsyslog")?;
    let name = format!("oomparse-rsyslog-{VERSION}-{}", X86.rpm);
    unpack(&name, &dir)?;
    let daemon = system::find("rsyslogd").ok_or_else(|| String::from(Lack::from("no rsyslogd")))?;
    // As in a machine's own configuration, which has a folder for state.
    let config = dir.join("rsyslog.conf");
    let shipped = dir.join(&name).join("oomparse.conf");
    let text = format!(
        "global(workDirectory=\"{}\")\ninclude(file=\"{}\")\n",
        dir.display(),
        shipped.display()
    );
    write(&config, text)?;
    steps::run(Command::new(daemon).args(["-N1", "-f"]).arg(config))
}
