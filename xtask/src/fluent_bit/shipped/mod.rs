//! Runs the configurations of integrations/fluent-bit with only their paths changed; `kmsg` with real kills, each
//! of a process in a cgroup that is named like a pod's.

mod native;
mod storm;

use super::host::Host;
use super::input::Input;
use super::running::{Running, of, uid};
use super::write;
use crate::{root, system};
use oomparse_tests::pod::{Driver, Hierarchy, Pod};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs all of them; returns what could not run.
pub(super) fn run(host: &Host) -> Result<Vec<String>, String> {
    println!();
    let mut not_run = Vec::new();
    let mut missing = |what: &str, why: String| {
        let sentence = format!("NOT RUN: {what}: {why}");
        println!("!!! {sentence}");
        not_run.push(sentence);
    };
    let input = Input::records(&host.dir, 2_000)?;
    for name in ["wasm/tail.conf", "wasm/tail.yaml"] {
        tail(host, &Input::mixed(&host.dir, 20_000)?, name)?;
    }
    native::run(host)?;
    match Hierarchy::find() {
        Ok(hierarchy) => {
            for (name, driver) in [
                ("wasm/kmsg.conf", Driver::Cgroupfs),
                ("wasm/kmsg.yaml", Driver::Systemd),
                ("wasm/kmsg-pods.conf", Driver::Cgroupfs),
                ("wasm/kmsg-pods.yaml", Driver::Systemd),
                ("native/kmsg.yaml", Driver::Cgroupfs),
            ] {
                kmsg(host, &hierarchy, driver, name)?;
            }
            storm::run(host, &hierarchy)?;
        }
        Err(why) => missing("the five files for kmsg and a storm, with real kills", why),
    }
    if host.has_input("systemd")? {
        match journal(host, &input)? {
            Ok(journal) => {
                for name in [
                    "wasm/systemd.conf",
                    "wasm/systemd.yaml",
                    "wasm/systemd-sources.conf",
                    "wasm/systemd-sources.yaml",
                ] {
                    systemd(host, &input, &journal, name)?;
                }
            }
            Err(why) => missing("the four files for systemd", why),
        }
    } else {
        let why = "this Fluent Bit was built without the systemd input".to_owned();
        missing("the four files for systemd", why);
    }
    Ok(not_run)
}

/// A copy of a configuration with other paths. Each text to replace must stand there once.
fn copy(host: &Host, name: &str, paths: &[(&str, String)]) -> Result<PathBuf, String> {
    let from = root().join("integrations/fluent-bit").join(name);
    let mut text =
        fs::read_to_string(&from).map_err(|error| format!("{}: {error}", from.display()))?;
    let loaded = if name.starts_with("native/") {
        ("/etc/fluent-bit/plugins.conf", host.plugins_file()?)
    } else if name.contains("-pods") {
        let module = host.modules.oomparse_pods.display().to_string();
        ("/etc/fluent-bit/oomparse-pods.wasm", module)
    } else if name.contains("-sources") {
        let module = host.modules.oomparse_sources.display().to_string();
        ("/etc/fluent-bit/oomparse-sources.wasm", module)
    } else {
        let module = host.modules.oomparse.display().to_string();
        ("/etc/fluent-bit/oomparse.wasm", module)
    };
    for (old, new) in paths.iter().chain([&loaded]) {
        if text.matches(old).count() != 1 {
            return Err(format!("`{old}` does not stand once in {name}"));
        }
        text = text.replace(old, new);
    }
    let to = host.dir.join(name.replace('/', "-"));
    write(&to, &text)?;
    Ok(to)
}

fn tail(host: &Host, input: &Input, name: &str) -> Result<(), String> {
    let path = input.path.display().to_string();
    let config = copy(host, name, &[("/var/log/kern.log", path)])?;
    let mut running = Running::start(host, &config)?;
    all_kills(input, &mut running, name)
}

fn systemd(host: &Host, input: &Input, journal: &Path, name: &str) -> Result<(), String> {
    let yaml = name.ends_with("yaml");
    let (old, separator) = if yaml {
        ("- name: systemd\n", "      path: ")
    } else {
        ("name           systemd\n", "    path ")
    };
    let new = format!("{old}{separator}{}\n", journal.display());
    let mut changes = vec![(old, new)];
    if name.contains("-sources") {
        // Directories that are not there stop the host.
        let options = host.dir.join("options");
        fs::create_dir_all(&options).map_err(|error| format!("{}: {error}", options.display()))?;
        write(&options.join("oomparse.conf"), "Sources all\n")?;
        changes.push((
            "/etc/fluent-bit/oomparse,/var/log/pods,/var/log/containers",
            format!("{},{}", options.display(), host.pods().display()),
        ));
    }
    let config = copy(host, name, &changes)?;
    let mut running = Running::start(host, &config)?;
    all_kills(input, &mut running, name)
}

/// Waits for the events of all kills in pods, and compares the pods.
fn all_kills(input: &Input, running: &mut Running, name: &str) -> Result<(), String> {
    let kills: Vec<_> = input.kills.values().collect();
    let in_pods = kills.iter().filter(|kill| kill.uid.is_some());
    let in_pods: Vec<_> = in_pods.collect();
    let all = |events: &[Value]| in_pods.iter().all(|kill| of(events, kill.pid).is_some());
    let events = running.events(all)?;
    for kill in &in_pods {
        if of(&events, kill.pid).and_then(uid) != kill.uid.as_deref() {
            return Err(format!("{name}: {kill:?} has another event"));
        }
    }
    if events.len() > kills.len() {
        return Err(format!("{name}: more events than kills"));
    }
    let (events, kills) = (events.len(), in_pods.len());
    println!("{name}: {events} events, {kills} kills in pods, all with the right one");
    Ok(())
}

/// A kill of this moment.
fn kmsg(host: &Host, hierarchy: &Hierarchy, driver: Driver, name: &str) -> Result<(), String> {
    let logs = host.dir.join("var-log");
    let mut pod = Pod::new(hierarchy, driver, &logs);
    pod.make_logs();
    let looks_up = name.contains("-pods") || name.starts_with("native/");
    let paths = [
        ("/var/log/pods", "pods"),
        ("/var/log/containers", "containers"),
    ];
    let paths = paths.map(|(path, kind)| (path, logs.join(kind).display().to_string()));
    let config = copy(host, name, if looks_up { &paths } else { &[] })?;
    let mut running = Running::start(host, &config)?;
    let pid = u64::from(pod.start_hog());
    pod.wait();
    let events = running.events(|events| of(events, pid).is_some())?;
    let event = of(&events, pid).ok_or("no event")?;
    let id = event.pointer("/container/id").and_then(Value::as_str);
    if uid(event) != Some(pod.uid.as_str()) || id != Some(pod.id.as_str()) {
        return Err(format!(
            "{name}: the event of {}'s kill is {event}",
            pod.name
        ));
    }
    let named = event.pointer("/pod/name").and_then(Value::as_str);
    if named.is_some() != looks_up || named.is_some_and(|named| named != pod.name) {
        return Err(format!("{name}: {} is named {named:?}", pod.name));
    }
    println!(
        "{name}: the kernel killed process {pid}; its event has the pod's uid {}, the container {}, and {}",
        pod.uid, pod.id, event["evidence"]
    );
    Ok(())
}

/// A directory with a journal in which the kernel reports the kills of the input; or why there is none.
fn journal(host: &Host, input: &Input) -> Result<Result<PathBuf, String>, String> {
    let program = "/lib/systemd/systemd-journal-remote";
    if let Err(lack) = system::bring(&[program]) {
        return Ok(Err(String::from(lack)));
    }
    let log = fs::read_to_string(&input.path)
        .map_err(|error| format!("{}: {error}", input.path.display()))?;
    let mut text = String::new();
    for (number, line) in log.lines().enumerate() {
        let record: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let (Some(message), Some(_)) = (record["msg"].as_str(), record["sequence"].as_u64()) else {
            continue;
        };
        let at = 1_700_000_000_000_000 + number;
        text.push_str(&format!(
            "__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={number}\n\
             _BOOT_ID=0123456789abcdef0123456789abcdef\n_TRANSPORT=kernel\nSYSLOG_FACILITY=0\n\
             SYSLOG_IDENTIFIER=kernel\nPRIORITY=6\n_HOSTNAME=node-7\n\
             _SOURCE_MONOTONIC_TIMESTAMP={number}\nMESSAGE={message}\n\n"
        ));
    }
    let dir = host.dir.join("journal");
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut command = Command::new(program);
    command.arg("-o").arg(dir.join("made-up.journal")).arg("-");
    let child = command.stdin(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("{command:?}: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("no pipe")?;
    stdin
        .write_all(text.as_bytes())
        .map_err(|error| format!("{command:?}: {error}"))?;
    drop(stdin);
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{command:?}: {status}"));
    }
    Ok(Ok(dir))
}
