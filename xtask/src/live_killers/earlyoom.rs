//! Debian's earlyoom on this machine.
//!
//! It watches the whole machine, so it gets an environment of its own: a pid namespace that contains only the
//! victim, and a `/proc/meminfo` that says that no memory is left. Its signals reach no other process.

use super::{VICTIM, expect, folder, program, read};
use crate::apt::is_root;
use crate::lack::Lack;
use crate::steps::{self, Steps};
use crate::system::{self, find};
use crate::target_dir;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What runs as the first process of the namespace: the victim, the killer, and an end to both. It uses no program
/// while the killer runs: that would be killed next.
const SCRIPT: &str = "\
set -e
mount --bind \"$1/meminfo\" /proc/meminfo
cp \"$(command -v sleep)\" \"$1/oomparse-victim\"
\"$1/oomparse-victim\" 60 & victim=$!
echo $victim > \"$1/pid\"
\"$2\" -r 0 --prefer '^oomparse-victim$' 2>\"$1/stderr\" >\"$1/stdout\" & killer=$!
set +e
wait $victim
echo $? > \"$1/status\"
tries=0
while [ $tries -lt 20000 ]; do
    tries=$((tries + 1))
    while read -r line; do
        case $line in *' exited '*) tries=20000 ;; esac
    done < \"$1/stderr\"
done
kill $killer
";

/// A machine without memory, as earlyoom sees it.
const MEMINFO: &str = "\
MemTotal:       16000000 kB
MemFree:          100000 kB
MemAvailable:     100000 kB
Buffers:               0 kB
Cached:                0 kB
SwapTotal:             0 kB
SwapFree:              0 kB
AnonPages:      15000000 kB
";

/// A step of the tests: seconds, where the package can be had.
pub(crate) fn step(steps: &mut Steps) {
    const NAME: &str = "a real earlyoom";
    match bring() {
        Ok(earlyoom) => steps.task(NAME, || {
            let said = run(&earlyoom)?;
            println!("    {said}");
            Ok(())
        }),
        Err(lack) => steps.passed_over(NAME, &lack.to_string()),
    }
}

/// Finds it, or in CI unpacks Debian's: installed it would begin to watch this machine.
pub(super) fn bring() -> Result<PathBuf, Lack> {
    system::bring(&["unshare"])?;
    namespaces()?;
    let unpacked = target_dir().join("earlyoom/usr/bin/earlyoom");
    if let Some(known) = find("earlyoom").or(unpacked.is_file().then_some(unpacked.clone())) {
        return Ok(known);
    }
    let folder = target_dir().join("earlyoom");
    let how = format!(
        "mkdir -p {0}; cd {0}; apt-get download earlyoom; dpkg -x earlyoom_*.deb .",
        folder.display()
    );
    if !crate::in_ci() {
        return Err(Lack::command("earlyoom is missing", how));
    }
    let unpack = || -> Result<(), String> {
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut download = Command::new("sh");
        download.current_dir(&folder).arg("-c");
        steps::run(download.arg("apt-get download earlyoom && dpkg -x earlyoom_*.deb ."))
    };
    match unpack() {
        Ok(()) if unpacked.is_file() => Ok(unpacked),
        Ok(()) => Err("the package has no usr/bin/earlyoom".into()),
        Err(sentence) => Err(format!("the package cannot be had: {sentence}").into()),
    }
}

/// Whether we may have a namespace of pids, and mount in it.
fn namespaces() -> Result<(), Lack> {
    let mut trial = unshare();
    let trial = trial.args(["mount", "--bind", "/proc/version", "/proc/meminfo"]);
    let status = trial.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status.is_ok_and(|status| status.success()) {
        true => Ok(()),
        false => Err("nobody here may have a namespace of pids, or mount in it".into()),
    }
}

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "--mount"]);
    command
}

/// Lets it kill the victim; says what came of it.
pub(super) fn run(earlyoom: &Path) -> Result<String, String> {
    let here = folder("earlyoom")?;
    let write = |name: &str, text: &str| {
        let path = here.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
    };
    write("meminfo", MEMINFO)?;
    write("script", SCRIPT)?;
    let mut trial = Command::new("timeout");
    trial.arg("25").arg(unshare().get_program());
    trial.args(unshare().get_args());
    trial.arg("sh").arg(here.join("script")).arg(&here);
    let output = trial.arg(earlyoom).output();
    let output = output.map_err(|e| format!("unshare: {e}"))?;
    let text = |name: &str| {
        let path = here.join(name);
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let said = text("stderr").map_err(|missing| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{missing}: {errors}")
    })?;
    let pid = text("pid")?.trim().parse::<u64>();
    let pid = pid.map_err(|_| format!("the victim did not begin: {said}"))?;
    let status = text("status")?.trim().to_owned();
    if !matches!(status.as_str(), "137" | "143") {
        return Err(format!("the victim ended with {status}: {said}"));
    }
    told(&here, &said, pid)?;
    let version = said.lines().next().unwrap_or("earlyoom").to_owned();
    Ok(format!(
        "{version} killed pid {pid}, read from its standard error and as syslog"
    ))
}

/// Reads its lines as they came, as rsyslog writes them, and as another program's.
fn told(here: &Path, said: &str, pid: u64) -> Result<(), String> {
    let after = |head: &str, name: &str| -> Result<PathBuf, String> {
        let lines: String = said.lines().map(|line| format!("{head}{line}\n")).collect();
        let path = here.join(name);
        fs::write(&path, lines).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    };
    if !program().is_file() {
        return Err(format!("{} is not built", program().display()));
    }
    let bare = after("", "bare.log")?;
    let syslog = after("Jan  5 02:12:02 node-7 earlyoom[702]: ", "syslog.log")?;
    let others = after("Jan  5 02:12:02 node-7 app[702]: ", "others.log")?;
    let all = ["scan", "--sources", "all"];
    for (args, log) in [
        (
            &["scan", "--sources", "all", "--origin", "earlyoom"][..],
            &bare,
        ),
        (&all[..], &syslog),
    ] {
        let events = read(args, log)?;
        let is_right = events.len() == 1
            && events[0]["type"] == "userspace_kill"
            && events[0]["killer"] == "earlyoom"
            && events[0]["origin"] == "claimed"
            && events[0]["stage"] == "confirmed"
            && events[0]["victim"]["pid"] == pid
            && events[0]["victim"]["comm"] == VICTIM
            && events[0]["outcome"] == "exited";
        let what = format!("one kill of pid {pid} was expected in {}", log.display());
        expect(is_right, &what, &events)?;
    }
    for (args, log) in [
        (&all[..], &bare),
        (&all[..], &others),
        (&["scan"][..], &syslog),
    ] {
        let events = read(args, log)?;
        let what = format!("nothing was expected in {} by {args:?}", log.display());
        expect(events.is_empty(), &what, &events)?;
    }
    Ok(())
}
