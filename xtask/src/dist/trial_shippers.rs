//! The packages for log shippers, in a clean Debian that has the shipper: its daemon reads the configuration where
//! the package put it, and a kill in /var/log/kern.log comes out as an event.

use super::debian::file_name;
use super::native::deb_name;
use super::trial_roots::{debian_with, inside, nothing_left};
use super::{copy_as, packages, read, write};
use crate::static_program::X86;
use crate::{root, steps};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What syslog wrote of a kill in a pod.
const KERN_LOG: &str = "corpus/cases/049-openeuler-4-19/input.log";

/// How long a daemon may take, on a machine that does other work too.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) fn rsyslog() -> Result<(), String> {
    let package = "oomparse-rsyslog";
    let dir = installed("rsyslog", package, "all")?;
    // The machine's own log and its socket are not the root's.
    let config = dir.join("etc/rsyslog.conf");
    let kept = |line: &&str| !line.contains("imklog") && !line.contains("imuxsock");
    let text: Vec<String> = read(&config)?
        .lines()
        .filter(kept)
        .map(str::to_owned)
        .collect();
    write(&config, text.join("\n") + "\n")?;
    steps::run(&mut inside(&dir, &["rsyslogd", "-N1"]))?;
    comes_out(&dir, &["rsyslogd", "-n", "-i", "/tmp/pid"])?;
    removed(&dir, package)
}

pub(super) fn syslog_ng() -> Result<(), String> {
    let package = "oomparse-syslog-ng";
    let dir = installed("syslog-ng-core", package, "all")?;
    steps::run(&mut inside(&dir, &["syslog-ng", "--syntax-only"]))?;
    let config = dir.join("etc/syslog-ng/syslog-ng.conf");
    let text = read(&config)?.replace("system();", "");
    write(&config, text)?;
    let daemon = [
        "syslog-ng",
        "--foreground",
        "--no-caps",
        "--pidfile=/tmp/pid",
    ];
    comes_out(&dir, &daemon)?;
    removed(&dir, package)
}

/// The files of those whose daemon Debian does not have: where they belong, and gone when they are purged.
pub(super) fn others() -> Result<(), String> {
    for (package, files) in [
        (
            "oomparse-vector",
            &[
                "etc/vector/oomparse.yaml",
                "usr/lib/oomparse/oomparse.so",
                "var/lib/vector/oomparse/pods.csv",
            ][..],
        ),
        (
            "oomparse-fluent-bit",
            &[
                "etc/fluent-bit/oomparse.yaml",
                "etc/fluent-bit/oomparse-plugins.conf",
                "usr/lib/fluent-bit/flb-filter_oomparse.so",
                "usr/lib/fluent-bit/oomparse-pods.wasm",
                "usr/lib/fluent-bit/oomparse-sources.wasm",
            ],
        ),
    ] {
        let dir = installed("", package, X86.deb)?;
        for file in files {
            if !dir.join(file).is_file() {
                return Err(format!("{package}: /{file} is not there"));
            }
        }
        removed(&dir, package)?;
    }
    Ok(())
}

/// A root that has the shipper, the program's package, and this one.
fn installed(shipper: &str, package: &str, arch: &str) -> Result<std::path::PathBuf, String> {
    let include: Vec<&str> = Some(shipper)
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    // A folder whose name has nothing of ours in it: what is left is looked for by name.
    let name = package.replacen("oomparse-", "debian-", 1);
    let dir = debian_with(&name, &include)?;
    for file in [deb_name(X86), file_name(package, arch)] {
        copy_as(&packages().join(&file), &dir.join("tmp").join(&file))?;
        let file = format!("/tmp/{file}");
        steps::run(&mut inside(&dir, &["dpkg", "--install", &file]))?;
    }
    steps::run(&mut inside(&dir, &["dpkg", "--verify", package]))?;
    Ok(dir)
}

/// The daemon, started as its unit starts it, writes the kill of the log as an event.
fn comes_out(dir: &Path, daemon: &[&str]) -> Result<(), String> {
    // mmexternal and program() discard what their children say there.
    File::create(dir.join("dev/null")).ok();
    copy_as(&root().join(KERN_LOG), &dir.join("var/log/kern.log"))?;
    let said = dir.join("tmp/said");
    let errors = File::create(&said).map_err(|e| e.to_string())?;
    let mut command = inside(dir, daemon);
    println!("    {}", steps::typed(&command));
    let child = command.stdout(Stdio::null()).stderr(errors).spawn();
    let mut child = child.map_err(|e| e.to_string())?;
    let found = wait_for(&dir.join("var/log/oomparse.json"), &mut child);
    _ = Command::new("kill").arg(child.id().to_string()).status();
    _ = child.wait();
    found.map_err(|sentence| format!("{sentence}\n{}", read(&said).unwrap_or_default()))
}

fn wait_for(file: &Path, daemon: &mut Child) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let text = read(file).unwrap_or_default();
        if let Some(line) = text
            .lines()
            .find(|line| line.contains("\"type\":\"kill\"") || line.contains("\"type\": \"kill\""))
        {
            println!(
                "    {} lines, one with a kill of {} bytes",
                text.lines().count(),
                line.len()
            );
            return Ok(());
        }
        if let Ok(Some(status)) = daemon.try_wait() {
            return Err(format!("the daemon ended: {status}"));
        }
        sleep(Duration::from_millis(200));
    }
    Err(format!("no kill in {} after {PATIENCE:?}", file.display()))
}

/// Purged with the program: no file of theirs stays but what the daemon wrote.
fn removed(dir: &Path, package: &str) -> Result<(), String> {
    steps::run(&mut inside(dir, &["dpkg", "--purge", package, "oomparse"]))?;
    _ = std::fs::remove_file(dir.join("var/log/oomparse.json"));
    nothing_left(dir)
}
