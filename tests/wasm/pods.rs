//! The module that reads names: from directories as `/var/log/pods` and `/var/log/containers`, and from files.

use crate::Kind;
use crate::corpus::{each, event_of};
use crate::host::{Host, Outcome};
use crate::records::{self, REPORT};
use crate::wasi::Dirs;
use libtest_mimic::{Failed, Trial};
use oomparse_tests::{cases, lines};
use serde_json::Value;
use std::path::PathBuf;

const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

type Test = fn(Kind, &[u8]) -> Result<(), Failed>;

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    let tests: [(&str, Test); 4] = [
        ("names_from_directories", from_directories),
        ("names_from_files", from_files),
        ("sources_that_cannot_be_read", unreadable),
        ("without_names_the_same_events", without_names),
    ];
    let test = |(name, test): (&str, Test)| Trial::test(kind.named(name), move || test(kind, wasm));
    tests.into_iter().map(test).collect()
}

/// A directory of the test's own, with these files and directories in it.
fn directory(kind: Kind, test: &str, names: &[String]) -> PathBuf {
    let base = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = base.join(kind.named(test).replace("::", "-"));
    drop(std::fs::remove_dir_all(&dir));
    for name in names {
        std::fs::create_dir_all(dir.join(name)).expect("a directory");
    }
    std::fs::create_dir_all(&dir).expect("a directory");
    dir
}

/// The record with the event of the n-th kill.
fn kill(host: &mut Host<'_>, number: u64, seconds: i32) -> Result<Value, Failed> {
    for (place, line) in (0..).zip(REPORT) {
        let line = line.replace("387602", &(1000 + number).to_string());
        let record = records::kmsg(number * 10 + place, number * 9_000_000 + place, &line);
        match host.record_at("oomparse_filter", "kernel", seconds, &record) {
            Outcome::Same if place < 3 => {}
            Outcome::Other(answer) if place == 3 => return Ok(serde_json::from_str(&answer)?),
            other => return Err(format!("line {place}: {other:?}").into()),
        }
    }
    Err("no event".into())
}

fn is_named(record: &Value, container: Option<&str>) -> Result<(), Failed> {
    let oom = &record["oom"];
    let names = &record["kubernetes"];
    let found = [
        &oom["pod"]["namespace"],
        &oom["pod"]["name"],
        &oom["container"]["name"],
        &names["namespace_name"],
        &names["pod_name"],
        &names["container_name"],
        &names["pod_id"],
        &names["docker_id"],
    ]
    .map(Value::as_str);
    let should = [
        Some("shop"),
        Some("web-0"),
        container,
        Some("shop"),
        Some("web-0"),
        container,
        Some(UID),
        Some(ID),
    ];
    if found == should {
        return Ok(());
    }
    Err(format!("{found:?}, not {should:?}").into())
}

fn from_directories(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    // More names than one call hands out, and odd ones among them.
    let mut pods: Vec<String> = (0..400)
        .map(|n| format!("ns_{}_{n:08x}-ab69-4572-8f1d-ee756f9f3589", "p".repeat(60)))
        .collect();
    pods.extend(["lost+found", "a_b_c", "__", "pods."].map(str::to_owned));
    let logs = directory(kind, "logs", &pods);
    let containers = directory(
        kind,
        "containers",
        &[format!("web-0_shop_app-{ID}.log"), "x".to_owned()],
    );
    let mut engine = kind.start_with(wasm, Dirs::new(vec![logs.clone(), containers]))?;
    let mut host = Host::new(&mut *engine);
    for number in 0..50 {
        host.record("oomparse_filter", "t", &records::container(number));
    }
    let before = host.engine().dirs().listings;
    if before != 0 {
        return Err("read without a kill".into());
    }
    // The container's file names the pod, but not by its uid.
    is_named(&kill(&mut host, 1, 1000)?, Some("app"))?;
    std::fs::create_dir(logs.join(format!("shop_web-0_{UID}")))?;
    is_named(&kill(&mut host, 2, 1001)?, Some("app"))?;
    if host.engine().dirs().listings != 2 {
        return Err(format!("{} listings", host.engine().dirs().listings).into());
    }
    // Each time another unknown pod: a name came since the last reading; then nothing did, for ten seconds.
    for (number, seconds, listings) in [(3, 1009, 4), (4, 1010, 4), (5, 1018, 4), (6, 900, 6)] {
        let line = REPORT[2].replace(UID, &format!("{number}1111111-ab69-4572-8f1d-ee756f9f3589"));
        let line = line
            .replace(ID, &"b".repeat(64))
            .replace("387602", &number.to_string());
        let micros = number * 9_000_000 + 500_000_000;
        let record = records::kmsg(1000 + number * 10, micros, &line);
        host.record_at("oomparse_filter", "kernel", seconds, &record);
        let killed = REPORT[3].replace("387602", &number.to_string());
        let record = records::kmsg(1001 + number * 10, micros + 9, &killed);
        let outcome = host.record_at("oomparse_filter", "kernel", seconds, &record);
        let Outcome::Other(answer) = outcome else {
            return Err(format!("{number}: {outcome:?}").into());
        };
        let event = event_of(&record, &answer)?;
        let found = host.engine().dirs().listings;
        if found != listings || !event["pod"]["name"].is_null() {
            return Err(format!("at {seconds}: {found} listings, {event}").into());
        }
    }
    Ok(())
}

fn from_files(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"List","items":[{{"metadata":{{"name":"web-0","namespace":"shop","uid":"{UID}"}},"status":{{"containerStatuses":[{{"name":"app","containerID":"containerd://{ID}"}}]}}}}]}}"#
    );
    let csv = format!("pod_uid,namespace,pod_name\n{UID},shop,web-0\n");
    for (name, text, container) in [("pods.json", json, Some("app")), ("pods.csv", csv, None)] {
        let dir = directory(kind, name, &[]);
        // No listings of ours, by their names; the second is what a container of a pod `pods.x` logs.
        for other in ["other.csv", "pods.x_shop_app-0123456789ab.log"] {
            let text = format!("pod_uid,namespace,pod_name\n{UID},a,b\n");
            std::fs::write(dir.join(other), text)?;
        }
        std::fs::write(dir.join(name), text)?;
        let mut engine = kind.start_with(wasm, Dirs::new(vec![dir]))?;
        let mut host = Host::new(&mut *engine);
        let record = kill(&mut host, 1, 1000)?;
        is_named(&record, container).map_err(|e| format!("{name}: {e:?}"))?;
        if host.engine().dirs().open_files() != 0 {
            return Err("a file was left open".into());
        }
    }
    Ok(())
}

fn unreadable(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let broken = directory(kind, "broken", &["pods.d".to_owned()]);
    std::fs::write(
        broken.join("pods.json"),
        [b"{\"items\":[", &[0xff; 40][..]].concat(),
    )?;
    std::fs::write(broken.join("pods.csv"), "x".repeat(5 << 20))?;
    for dirs in [vec![], vec![PathBuf::from("/nowhere")], vec![broken]] {
        let mut engine = kind.start_with(wasm, Dirs::new(dirs.clone()))?;
        let mut host = Host::new(&mut *engine);
        let record = kill(&mut host, 1, 1000)?;
        let pod = &record["oom"]["pod"];
        if pod["uid"] != UID || !pod["name"].is_null() || !record["kubernetes"].is_null() {
            return Err(format!("{dirs:?}: {record}").into());
        }
        // Memory is bounded, and what was read goes back into it.
        let after_one = host.engine().memory().len();
        for number in 2..6 {
            kill(&mut host, number, 1000 * i32::try_from(number)?)?;
        }
        let grown = host.engine().memory().len() - after_one;
        if after_one > 64 << 20 || grown > 24 << 20 {
            return Err(format!("{after_one} bytes of memory, then {grown} more").into());
        }
    }
    Ok(())
}

/// With nothing to read it gives what the plain module gives: the core's events.
fn without_names(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut events = 0;
    for case in cases()? {
        let mut engine = kind.start_with(wasm, Dirs::default())?;
        let mut host = Host::new(&mut *engine);
        let mut parser = oomparse_core::Parser::new();
        let mut expected: Vec<Value> = Vec::new();
        for line in lines(&case.input) {
            let record = records::tail(line);
            parser.push_line(&record);
            parser.give_waiting();
            while let Some(event) = parser.next_event() {
                expected.push(serde_json::from_str(&event.to_json())?);
            }
            match host.record("oomparse_filter_any", "kernel", &record) {
                Outcome::Same => {}
                Outcome::Other(answer) => {
                    let event = event_of(&record, &answer)?;
                    for event in each(event) {
                        if !expected.contains(&event) {
                            return Err(format!("{}: {event}", case.name).into());
                        }
                        events += 1;
                    }
                }
                other => return Err(format!("{}: {other:?}", case.name).into()),
            }
        }
    }
    println!("{events} events");
    if events < 300 {
        return Err(format!("{events} events").into());
    }
    Ok(())
}
