//! A separate Debian in QEMU, with systemd, cgroup v2 and PSI, in which systemd-oomd and earlyoom kill.
//!
//! systemd-oomd monitors a slice whose service is under `MemoryHigh=` and thrashes; earlyoom kills a service that
//! takes half of the machine. The journal of both and of systemd is sent over the serial line, as JSON and as
//! text.

use super::{expect, folder, read};
use crate::cpio::Archive;
use crate::lack::Lack;
use crate::steps;
use crate::system::{self, find};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Seconds that the machine may take: emulated, beside other work, it is slow.
const PATIENCE_S: &str = "1500";

/// What is put into the system beside Debian's packages.
const FILES: [(&str, &str); 9] = [
    ("etc/hostname", "node-q\n"),
    ("etc/machine-id", ""),
    (
        "etc/systemd/oomd.conf.d/test.conf",
        "[OOM]\nDefaultMemoryPressureDurationSec=1s\n",
    ),
    (
        "etc/systemd/journald.conf.d/test.conf",
        "[Journal]\nRateLimitBurst=0\nStorage=volatile\n",
    ),
    (
        "etc/default/earlyoom",
        "EARLYOOM_ARGS=\"-r 0 -m 50,10 -s 100,99\"\n",
    ),
    (
        "etc/systemd/system/oomparse-victims.slice",
        "[Slice]\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=1%\n",
    ),
    (
        "etc/systemd/system/oomparse-pressed.service",
        "[Service]\nSlice=oomparse-victims.slice\nMemoryHigh=24M\nExecStart=/usr/bin/perl /victim.pl 96\n",
    ),
    (
        "etc/systemd/system/oomparse-greedy.service",
        "[Service]\nExecStart=/usr/bin/perl /victim.pl 700\n",
    ),
    (
        "etc/systemd/system/oomparse-killers.service",
        "[Unit]\nAfter=systemd-oomd.service\n\
         [Service]\nType=oneshot\nStandardOutput=tty\nStandardError=tty\nTTYPath=/dev/ttyS0\nExecStart=/bin/bash /killers.sh\n\
         [Install]\nWantedBy=multi-user.target\n",
    ),
];

const PROGRAMS: [(&str, &str); 2] = [
    (
        "victim.pl",
        "my $size = $ARGV[0] << 20;
my $text = 'x' x $size;
while (1) { for (my $at = 0; $at < $size; $at += 4096) { substr($text, $at, 1) = 'y'; } }
",
    ),
    (
        "killers.sh",
        "ended() { for _ in $(seq 3000); do systemctl is-active -q \"$1\" || return 0; sleep 0.1; done; return 1; }
journal() { SYSTEMD_COLORS=0 journalctl -b --no-pager -o \"$1\" -t systemd-oomd -t systemd -t earlyoom; }
echo \"live-killers: Linux $(uname -r), $(systemctl --version | head -1)\"
for name in lzo_compress lzo-rle zsmalloc zram; do test -e /modules/$name.ko && insmod /modules/$name.ko; done
echo 256M > /sys/block/zram0/disksize; mkswap -q /dev/zram0; swapon /dev/zram0
systemctl start systemd-oomd
systemctl start oomparse-pressed; ended oomparse-pressed; echo \"live-killers: pressed ended $?\"
swapoff -a
systemctl start earlyoom; sleep 1
systemctl start oomparse-greedy; ended oomparse-greedy; echo \"live-killers: greedy ended $?\"
sleep 1; systemctl stop earlyoom; journalctl --sync
echo 'live-killers: json'; journal json
echo 'live-killers: short'; journal short
echo 'live-killers: end'
systemctl poweroff -f -f
",
    ),
];

/// What the machine has no use for.
const LEFT_OUT: [&str; 10] = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/zoneinfo",
    "var/cache/apt",
    "var/lib/apt/lists",
    "etc/systemd/system/timers.target.wants",
    "etc/systemd/system/multi-user.target.wants",
    "dev",
];

/// Swap in memory: systemd-oomd kills only where pages are reclaimed.
const MODULES: [&str; 4] = ["lzo_compress", "lzo-rle", "zsmalloc", "zram"];

/// What `cargo xtask live-killers` was asked for.
pub(super) struct Machine {
    kernel: PathBuf,
    qemu: PathBuf,
}

impl Machine {
    pub(super) fn from_args(args: &[&str]) -> Result<Option<Self>, String> {
        match args {
            [] => Ok(None),
            ["--kernel", kernel] => {
                let kernel = PathBuf::from(kernel);
                if !kernel.is_file() {
                    return Err(format!("{}: there is no such kernel", kernel.display()));
                }
                let lack = |lack: Lack| format!("live-killers: {lack}");
                system::bring(&["qemu-system-x86_64", "debootstrap"]).map_err(lack)?;
                let qemu = find("qemu-system-x86_64").ok_or("live-killers: no QEMU")?;
                Ok(Some(Self { kernel, qemu }))
            }
            other => Err(format!(
                "live-killers: `{}` is not an option",
                other.join(" ")
            )),
        }
    }

    pub(super) fn run(&self) -> Result<(), String> {
        let archive = self.archive()?;
        let here = folder("machine")?;
        let path = here.join("system.cpio");
        fs::write(&path, archive).map_err(|e| format!("{}: {e}", path.display()))?;
        let begun = Instant::now();
        let mut machine = Command::new("timeout");
        machine.arg(PATIENCE_S).arg(&self.qemu);
        machine.args(["-accel", "tcg", "-cpu", "max", "-m", "1536M", "-smp", "2"]);
        machine.args([
            "-nodefaults",
            "-display",
            "none",
            "-serial",
            "stdio",
            "-no-reboot",
        ]);
        machine.args([
            "-append",
            "console=ttyS0 quiet loglevel=1 psi=1 panic=-1 systemd.show_status=0",
        ]);
        machine
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&path);
        machine.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut machine = machine.spawn().map_err(|e| format!("QEMU: {e}"))?;
        let output = machine.stdout.take().ok_or("QEMU has no output")?;
        let parts = Parts::of(BufReader::new(output).split(b'\n').map_while(Result::ok));
        machine.wait().map_err(|e| e.to_string())?;
        println!("live-killers: {:.0} s", begun.elapsed().as_secs_f64());
        parts?.told(&here)
    }

    /// The first file system: Debian's minimum with the daemons, and what is to happen in it.
    fn archive(&self) -> Result<Vec<u8>, String> {
        let root = folder("root")?;
        if !root.join("usr/bin/earlyoom").is_file() {
            let mut debootstrap = Command::new("debootstrap");
            debootstrap.args([
                "--variant=minbase",
                "--include=systemd,systemd-sysv,dbus,systemd-oomd,earlyoom,kmod",
                "bookworm",
            ]);
            steps::run(debootstrap.arg(&root).arg("http://deb.debian.org/debian"))?;
        }
        let mut archive = Archive::default();
        archive.tree(&root, &|path| {
            let is_ours = FILES.iter().any(|(name, _)| Path::new(name) == path);
            !is_ours && !LEFT_OUT.iter().any(|name| path.starts_with(name))
        })?;
        archive.console();
        archive.link(Path::new("init"), Path::new("lib/systemd/systemd"));
        for (name, text) in FILES.iter().chain(&PROGRAMS) {
            archive.file(Path::new(name), 0o644, text.as_bytes());
        }
        let wanted = "etc/systemd/system/multi-user.target.wants/oomparse-killers.service";
        archive.link(Path::new(wanted), Path::new("../oomparse-killers.service"));
        for (path, name) in self.modules()? {
            archive.copy(&path, &Path::new("modules").join(name))?;
        }
        Ok(archive.finish())
    }

    /// Those of the kernel's modules that are there, beside it as its package has them.
    fn modules(&self) -> Result<Vec<(PathBuf, String)>, String> {
        let name = self
            .kernel
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let release = name.strip_prefix("vmlinuz-").unwrap_or_default();
        let package = self.kernel.parent().and_then(Path::parent);
        let modules = package
            .unwrap_or(Path::new("/"))
            .join("lib/modules")
            .join(release);
        let mut find = Command::new("find");
        find.arg(&modules).args(["-name", "*.ko"]);
        let output = find.output().map_err(|e| format!("find: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let found: Vec<_> = text
            .lines()
            .map(PathBuf::from)
            .filter_map(|path| {
                let name = path.file_name()?.to_string_lossy().into_owned();
                MODULES
                    .contains(&name.strip_suffix(".ko")?)
                    .then_some((path, name))
            })
            .collect();
        match found.iter().any(|(_, name)| name == "zram.ko") {
            true => Ok(found),
            false => Err(format!(
                "{} has no zram.ko: unpack the kernel's whole package",
                modules.display()
            )),
        }
    }
}

/// What came over the serial line.
#[derive(Debug, Default)]
struct Parts {
    json: Vec<u8>,
    short: Vec<u8>,
}

impl Parts {
    fn of(lines: impl Iterator<Item = Vec<u8>>) -> Result<Self, String> {
        let (mut parts, mut part) = (Self::default(), "");
        for mut line in lines {
            while line.last() == Some(&b'\r') {
                line.pop();
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            match text.strip_prefix("live-killers: ") {
                Some("json") => part = "json",
                Some("short") => part = "short",
                Some("end") => return Ok(parts),
                _ if part == "json" => parts.json.extend(line.iter().chain(b"\n")),
                _ if part == "short" => parts.short.extend(line.iter().chain(b"\n")),
                _ => println!("{text}"),
            }
        }
        Err("live-killers: the machine stopped before its end".to_owned())
    }

    /// Two kills, each by its own daemon; systemd reports the first.
    fn told(&self, here: &Path) -> Result<(), String> {
        for (bytes, name, origin) in [
            (&self.json, "journal.json", "user"),
            (&self.short, "journal.log", "claimed"),
        ] {
            let path = here.join(name);
            fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
            let events = read(&["scan", "--sources", "all"], &path)?;
            let by = |killer: &str| -> Vec<&Value> {
                let is_by = |event: &&Value| {
                    event["type"] == "userspace_kill"
                        && event["killer"] == killer
                        && event["origin"] == origin
                };
                events.iter().filter(is_by).collect()
            };
            let (oomd, earlyoom) = (by("systemd-oomd"), by("earlyoom"));
            let cgroup = "/oomparse.slice/oomparse-victims.slice/oomparse-pressed.service";
            let is_right = matches!((oomd.as_slice(), earlyoom.as_slice()), ([oomd], [earlyoom])
                if oomd["cgroup"]["task_memcg"] == cgroup
                    && earlyoom["victim"]["comm"] == "perl"
                    && earlyoom["outcome"] == "exited");
            expect(
                is_right,
                &format!("two kills were expected in {name}"),
                &events,
            )?;
            let is_systemds = |event: &&Value| {
                event["reporter"] == "systemd"
                    && event["unit"] == "oomparse-pressed.service"
                    && event["killer"] == "systemd-oomd"
            };
            let notices = events.iter().filter(is_systemds).count();
            expect(
                notices == 1,
                &format!("systemd's word was expected in {name}"),
                &events,
            )?;
            let incidents = read(&["correlate"], &path)?;
            let joined = |incident: &&Value| {
                incident["killer"] == "systemd-oomd"
                    && incident["testimonies"]
                        .as_array()
                        .is_some_and(|all| all.len() == 2)
            };
            let is_right = incidents.len() == 2 && incidents.iter().any(|it| joined(&it));
            expect(
                is_right,
                &format!("two incidents were expected in {name}"),
                &incidents,
            )?;
            println!("live-killers: {name}: systemd-oomd, systemd and earlyoom read right");
        }
        Ok(())
    }
}
