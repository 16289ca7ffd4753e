//! `live-vm`: the live test of `oomparse watch` with another kernel, in a virtual machine.
//!
//! A machine has its memory controller in only one hierarchy, v1 or v2; this one boots the user's kernel in QEMU
//! with an initial file system that contains the test, the program and a shell, with cgroup v2 mounted.

use crate::cpio::Archive;
use crate::steps::cargo;
use crate::system::find;
use crate::{root, target_dir};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the machine may print nothing.
const SILENCE: Duration = Duration::from_secs(180);

/// From its start to its last line.
const PATIENCE: Duration = Duration::from_secs(900);

/// What the first process prints in the end, with the test's status after it.
const END: &str = "live-vm: the test ended with ";

const INIT: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin TMPDIR=/tmp HOME=/tmp OOMPARSE_FILL_KMSG=1
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
echo \"live-vm: Linux $(uname -r), controllers: $(cat /sys/fs/cgroup/cgroup.controllers)\"
/live-test --nocapture
echo \"live-vm: the test ended with $?\"
poweroff -f
";

/// What `cargo xtask live-vm` was asked for.
pub(crate) struct Machine {
    kernel: PathBuf,
    qemu: PathBuf,
    /// `tcg` runs everywhere; `kvm` is quicker, but not in every virtual machine.
    accel: String,
}

impl Machine {
    pub(crate) fn from_args(args: &[&str]) -> Result<Self, String> {
        let (mut kernel, mut qemu, mut accel) = (None, None, "tcg");
        let (pairs, rest) = args.as_chunks::<2>();
        for [name, value] in pairs {
            match *name {
                "--kernel" => kernel = Some(PathBuf::from(value)),
                "--qemu" => qemu = Some(PathBuf::from(value)),
                "--accel" => accel = value,
                other => return Err(format!("live-vm: unknown option `{other}`")),
            }
        }
        if let [other] = rest {
            return Err(format!("live-vm: `{other}` needs a value"));
        }
        let kernel = kernel.ok_or(
            "live-vm: --kernel PATH is missing: a vmlinuz, such as the one in Debian's \
             linux-image-cloud-amd64 (apt-get download, then dpkg -x)",
        )?;
        let qemu = qemu.or_else(|| find("qemu-system-x86_64")).ok_or(
            "live-vm: there is no QEMU: install the Debian package qemu-system-x86, or --qemu PATH",
        )?;
        Ok(Self {
            kernel,
            qemu,
            accel: accel.to_owned(),
        })
    }

    pub(crate) fn run(&self) -> Result<(), String> {
        if !self.kernel.is_file() {
            return Err(format!(
                "{}: there is no such kernel",
                self.kernel.display()
            ));
        }
        let busybox = find("busybox")
            .ok_or("live-vm: there is no busybox: install the Debian package busybox-static")?;
        let archive = first_files(&busybox, &built_test()?)?;
        let path = target_dir().join("live-vm.cpio");
        fs::write(&path, archive).map_err(|error| format!("{}: {error}", path.display()))?;
        let begun = Instant::now();
        let machine = Command::new(&self.qemu)
            .args([
                "-accel",
                &self.accel,
                "-cpu",
                "max",
                "-m",
                "1G",
                "-smp",
                "2",
            ])
            .args([
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-no-reboot",
            ])
            .args([
                "-append",
                "console=ttyS0 quiet loglevel=1 log_buf_len=1M panic=-1",
            ])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.qemu.display()))?;
        let result = follow(machine);
        println!("live-vm: {:.1} s", begun.elapsed().as_secs_f64());
        result
    }
}

/// Prints what the machine prints; the test must have run, all of it but what needs promtool.
fn follow(mut machine: Child) -> Result<(), String> {
    let output = machine.stdout.take().ok_or("live-vm: no output")?;
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let begun = Instant::now();
    let (mut status, mut not_run) = (None, None);
    loop {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        match lines.recv_timeout(left.min(SILENCE)) {
            Ok(line) => {
                println!("{line}");
                if let Some(found) = line.strip_prefix(END) {
                    status = Some(found.to_owned());
                }
                if let Some((_, counts)) = line.split_once("test result:") {
                    let ignored = counts
                        .split("; ")
                        .find_map(|it| it.strip_suffix(" ignored"));
                    not_run = ignored.and_then(|count| count.parse::<u32>().ok());
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                _ = machine.kill();
                _ = machine.wait();
                let after = begun.elapsed().as_secs();
                return Err(format!(
                    "live-vm: the machine stands still, {after} s after its start; with \
                     --accel kvm, try without"
                ));
            }
        }
    }
    let ended = machine.wait().map_err(|error| error.to_string())?;
    match (status.as_deref(), not_run) {
        (Some("0"), Some(0 | 1)) => Ok(()),
        (Some("0"), _) => Err("live-vm: tests were not run: see above why".to_owned()),
        (Some(status), _) => Err(format!("live-vm: the test failed ({status})")),
        (None, _) => Err(format!(
            "live-vm: the machine stopped before the test's end ({ended})"
        )),
    }
}

/// The live test as cargo builds it.
fn built_test() -> Result<PathBuf, String> {
    // As it is given to users: the second that it has is short in an emulated machine.
    let mut build = cargo(&["test", "--release", "--package", "oomparse-cli"]);
    build.args(["--test", "watch_live", "--no-run"]);
    build.arg("--message-format=json-render-diagnostics");
    let output = build.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err("live-vm: the test does not build".to_owned());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == "watch_live")
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "live-vm: cargo names no test".to_owned())
}

/// The first file system: a shell, the test, and the program where the test looks for it.
fn first_files(busybox: &Path, test: &Path) -> Result<Vec<u8>, String> {
    if !libraries(busybox)?.is_empty() {
        return Err(format!(
            "{} needs shared libraries: install the Debian package busybox-static",
            busybox.display()
        ));
    }
    let program = target_dir().join("release/oomparse");
    let mut archive = Archive::default();
    archive.console();
    for directory in ["proc", "sys", "tmp", "bin"] {
        archive.directory(&Path::new("/").join(directory));
    }
    archive.copy(busybox, Path::new("/bin/busybox"))?;
    archive.file(Path::new("/init"), 0o755, INIT.as_bytes());
    archive.copy(test, Path::new("/live-test"))?;
    archive.copy(&program, &root().join(&program))?;
    let mut needed = libraries(test)?;
    needed.extend(libraries(&program)?);
    needed.sort();
    needed.dedup();
    for library in needed {
        archive.copy(&library, &library)?;
    }
    Ok(archive.finish())
}

/// The shared libraries that a program loads, as `ldd` names them.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, String> {
    let output = Command::new("ldd").arg(program).output();
    let output = output.map_err(|error| format!("ldd: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let paths = text
        .split_ascii_whitespace()
        .filter(|word| word.starts_with('/'));
    Ok(paths
        .map(|word| PathBuf::from(word.trim_end_matches(':')))
        .filter(|path| path != program)
        .collect())
}
