//! Real kills in quick succession: the kernel prints ten reports in five seconds, and then bare lines.

use super::{Host, Running, write};
use crate::fluent_bit::host::Filter;
use oomparse_tests::pod::{Driver, Hierarchy, Pod};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Kills for each filter.
const KILLS: usize = 30;

/// After so long the kernel prints ten reports again, which name pods.
const QUIET: Duration = Duration::from_secs(6);

/// How long they may take, for it to be a storm.
const STORM: Duration = Duration::from_secs(3);

/// Each filter after the `kmsg` input: every kill has its event, once.
pub(super) fn run(host: &Host, hierarchy: &Hierarchy) -> Result<(), String> {
    println!(
        "\n| filter, after kmsg | real kills, each in a new pod | within | events | with the right pod | and its name |\n\
         |---|---|---|---|---|---|"
    );
    for (filter, names) in [
        (host.oomparse("enrich"), true),
        (host.oomparse("events"), true),
        (host.oomparse_lua(), true),
        (host.oomparse_wasm("oomparse_filter"), false),
        (host.oomparse_wasm("oomparse_events"), false),
        (host.oomparse_pods_wasm("oomparse_filter"), true),
    ] {
        one(host, hierarchy, &filter, names)
            .map_err(|error| format!("{}: {error}", filter.name))?;
    }
    Ok(())
}

/// Writes the configuration: the kernel's own device, one filter, and what comes out as JSON.
fn config(host: &Host, filter: &Filter) -> Result<PathBuf, String> {
    let mut service = "[SERVICE]\n    Flush 0.2\n    Grace 5\n    Log_Level info\n".to_owned();
    if let Some(plugin) = &filter.plugin {
        let plugins = host.dir.join("storm-plugins.conf");
        write(
            &plugins,
            &format!("[PLUGINS]\n    Path {}\n", plugin.display()),
        )?;
        service.push_str(&format!("    Plugins_File {}\n", plugins.display()));
    }
    let config = host.dir.join("storm.conf");
    let text = format!(
        "{service}\n[INPUT]\n    Name kmsg\n    Tag kernel\n\n{}\n[OUTPUT]\n    Name stdout\n    Match *\n    \
         Format json_lines\n",
        filter.config
    );
    write(&config, &text)?;
    Ok(config)
}

/// The events of a victim.
fn of(events: &[Value], pid: u64) -> Vec<Value> {
    let is = |event: &&Value| event.pointer("/victim/pid").and_then(Value::as_u64) == Some(pid);
    events.iter().filter(is).cloned().collect()
}

fn one(host: &Host, hierarchy: &Hierarchy, filter: &Filter, names: bool) -> Result<(), String> {
    let mut running = Running::start(host, &config(host, filter)?)?;
    std::thread::sleep(QUIET);
    let started = Instant::now();
    let mut pods = Vec::new();
    while pods.len() < KILLS {
        // Its logs are where the filters look for names.
        let mut pod = Pod::new(hierarchy, Driver::Cgroupfs, &host.dir);
        pod.make_logs();
        let pid = u64::from(pod.start_hog());
        pod.wait();
        pods.push((pid, pod));
    }
    let took = started.elapsed();
    let events =
        running.events(|events| pods.iter().all(|(pid, _)| !of(events, *pid).is_empty()))?;
    let (mut found, mut right, mut named) = (0, 0, 0);
    for (pid, pod) in &pods {
        let own = of(&events, *pid);
        found += own.len();
        for event in own {
            let text = |path: &str| event.pointer(path).and_then(Value::as_str);
            match (text("/pod/uid"), text("/pod/name")) {
                (Some(uid), None) if uid == pod.uid => right += 1,
                (Some(uid), Some(name)) if uid == pod.uid && name == pod.name => {
                    right += 1;
                    named += 1;
                }
                (None, None) => {}
                other => return Err(format!("process {pid} of pod {} has {other:?}", pod.uid)),
            }
        }
    }
    println!(
        "| {} | {KILLS} | {:.1} s | {found} | {right} | {named} |",
        filter.name,
        took.as_secs_f64()
    );
    if found != KILLS {
        return Err(format!("{found} events for {KILLS} kills"));
    }
    if right == 0 || named != if names { right } else { 0 } {
        return Err(format!("{named} names for {right} pods"));
    }
    if took > STORM {
        println!("    (slower than a storm: {:.1} s)", STORM.as_secs_f64());
    }
    Ok(())
}
