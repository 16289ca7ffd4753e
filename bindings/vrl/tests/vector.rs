//! The VRL programs of `integrations/vector/exec.yaml`, compiled and run on events of real reports, as they
//! come out of Vector's `exec` source.

mod support;

use oomparse_core::{Options, enrich, parse_all};
use oomparse_pods::PodTable;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use support::tables;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, Program, TargetValue, TimeZone, compile};
use vrl::value::{Secrets, Value};

const UID: &str = "eb9ef7c3-df91-f119-9af4-7c687b576479";
const CONTAINER: &str = "83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d";

fn config() -> Json {
    let text = include_str!("../../../integrations/vector/exec.yaml");
    serde_yaml_ng::from_str(text).unwrap()
}

/// Two containers of one pod, as `oomparse pods --format csv` writes them.
fn pods() -> String {
    let mut table = PodTable::new();
    let listing = format!(
        "pod_uid,namespace,pod_name,container_name,container_id\n\
         {UID},shop,web-0,app,{CONTAINER}\n\
         {UID},shop,web-0,sidecar,{}\n",
        "f".repeat(64)
    );
    assert_eq!(table.load(listing.as_bytes()).records, 2);
    table.to_csv()
}

fn program(source: &str) -> Program {
    tables::load(&pods());
    let mut functions = vrl::stdlib::all();
    functions.push(Box::new(tables::One));
    functions.push(Box::new(tables::All));
    let compiled =
        compile(source, &functions).unwrap_or_else(|errors| panic!("{source}\n{errors:#?}"));
    // Vector says them at each start.
    let warnings = &compiled.warnings;
    assert!(warnings.is_empty(), "{source}\n{warnings:#?}");
    compiled.program
}

/// Runs a program over an event; returns what it resolves to, and the event after it.
fn run(program: &Program, event: Json) -> (Json, Json) {
    let mut target = TargetValue {
        value: event.into(),
        metadata: Value::Object([].into()),
        secrets: Secrets::default(),
    };
    let (mut state, zone) = (RuntimeState::default(), TimeZone::default());
    let mut context = Context::new(&mut target, &mut state, &zone);
    let resolved = program.resolve(&mut context).unwrap();
    let json = |value: &Value| serde_json::to_value(value).unwrap();
    (json(&resolved), json(&target.value))
}

/// What the exec source makes of a line of `oomparse watch`.
fn from_exec(event: &oomparse_core::OomEvent) -> Json {
    let mut event: Json = serde_json::from_str(&event.to_json()).unwrap();
    let object = event.as_object_mut().unwrap();
    for (key, value) in [
        ("host", json!("node-7")),
        ("pid", json!(4242)),
        ("command", json!(["/usr/local/bin/oomparse", "watch"])),
        ("stream", json!("stdout")),
        ("source_type", json!("exec")),
        ("timestamp", json!("2023-01-05T02:12:09Z")),
    ] {
        object.entry(key).or_insert(value);
    }
    event
}

/// The whole way: `oom`, `kills`, `labels`; `None` if the filter lets the event go.
fn through(config: &Json, event: Json) -> (Json, Option<Json>) {
    let source =
        |name: &str, key: &str| config["transforms"][name][key].as_str().unwrap().to_owned();
    let (_, oom) = run(&program(&source("oom", "source")), event);
    let (is_kill, _) = run(&program(&source("kills", "condition")), oom.clone());
    let labelled =
        (is_kill == json!(true)).then(|| run(&program(&source("labels", "source")), oom.clone()).1);
    (oom, labelled)
}

fn case(name: &str) -> Vec<oomparse_core::OomEvent> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/cases");
    let dir = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().contains(name))
        .unwrap();
    parse_all(&fs::read(dir.join("input.log")).unwrap(), &Options::new()).collect()
}

/// An event with this pod and container, from the corpus.
fn kill() -> oomparse_core::OomEvent {
    let events = case("captured-6-12");
    let mut event = events
        .into_iter()
        .find(|event| event.victim.is_some())
        .unwrap();
    let pod = event.pod.get_or_insert_default();
    pod.uid = Some(UID.to_owned());
    event.container.get_or_insert_default().id = Some(CONTAINER.to_owned());
    event
}

#[test]
fn a_kill_has_its_names_from_the_table() {
    let config = config();
    let event = kill();
    let (oom, labelled) = through(&config, from_exec(&event));
    assert_eq!(oom["kubernetes"]["pod_uid"], UID);
    assert_eq!(oom["kubernetes"]["pod_name"], "web-0", "{oom}");
    assert_eq!(oom["kubernetes"]["pod_namespace"], "shop");
    assert_eq!(oom["kubernetes"]["container_id"], CONTAINER);
    assert_eq!(oom["kubernetes"]["container_name"], "app");
    // The helper's pid is nowhere; the victim's is where it was.
    assert_eq!(oom["oom"]["victim"]["pid"], event.victim.unwrap().pid);
    assert!(
        oom.get("pid").is_none() && oom["oom"].get("pid").is_none(),
        "{oom}"
    );
    assert_eq!(oom["host"], "node-7");
    let labelled = labelled.unwrap();
    assert_eq!(labelled["tags"]["namespace"], "shop");
    assert_eq!(labelled["tags"]["pod"], "web-0");
}

#[test]
fn a_kill_is_a_victim_of_its_report() {
    let text = include_str!("../../../integrations/vector/incidents.yaml");
    let incidents: Json = serde_yaml_ng::from_str(text).unwrap();
    let source = incidents["transforms"]["victims"]["source"].as_str();
    let victims = program(source.unwrap());
    let event = kill();
    let (oom, _) = through(&config(), from_exec(&event));
    let (_, victim) = run(&victims, oom.clone());
    let killed = event.victim.unwrap();
    let (comm, pid) = (&oom["oom"]["victim"]["comm"], killed.pid);
    let told = format!("{} ({pid})", comm.as_str().unwrap());
    assert_eq!(
        (&victim["victims"], &victim["kills"]),
        (&json!(told), &json!(1))
    );
    assert_eq!(victim["report"], oom["oom"]["report_id"]);
    assert_eq!(victim["kubernetes"]["pod_uid"], UID);
    // Kills without a report are not all of one.
    let bare = |pid: u64| json!({"oom": {"id": format!("i{pid}"), "victim": {"pid": pid}}});
    let (_, first) = run(&victims, bare(7));
    let (_, second) = run(&victims, bare(8));
    assert_eq!(
        (&first["report"], &second["report"]),
        (&json!("i7"), &json!("i8"))
    );
    assert_eq!(first["victims"], "? (7)");
}

#[test]
fn names_that_are_known_stay() {
    let mut event = kill();
    let mut table = PodTable::new();
    table.load(format!("pod_uid,namespace,pod_name\n{UID},other,known-1\n").as_bytes());
    enrich(&mut event, &mut table);
    let (oom, _) = through(&config(), from_exec(&event));
    assert_eq!(oom["kubernetes"]["pod_name"], "known-1");
    assert_eq!(oom["kubernetes"]["pod_namespace"], "other");
}

#[test]
fn nothing_is_said_of_what_is_not_known() {
    let event = parse_all(
        b"[1.5] Out of memory: Killed process 7 (java)",
        &Options::new(),
    )
    .next()
    .unwrap();
    let (oom, labelled) = through(&config(), from_exec(&event));
    assert!(oom.get("kubernetes").is_none(), "{oom}");
    assert_eq!(oom["message"], "oom kill");
    assert_eq!(
        labelled.unwrap()["tags"],
        json!({"namespace": "", "pod": "", "container": "", "scope": "global"})
    );
    // A report without a victim is not a kill.
    let report = parse_all(
        b"[1.5] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        &Options::new(),
    );
    let (oom, labelled) = through(&config(), from_exec(&report.last().unwrap()));
    assert_eq!(
        (oom["oom"]["type"].as_str(), labelled),
        (Some("report"), None)
    );
}

#[test]
fn the_time_is_when_it_happened() {
    let line = "2023-01-05T02:12:02+08:00 node-9 kernel: Out of memory: Killed process 7 (java)";
    let event = parse_all(line.as_bytes(), &Options::new()).next().unwrap();
    let (oom, _) = through(&config(), from_exec(&event));
    assert_eq!(oom["timestamp"], "2023-01-04T18:12:02Z");
    assert_eq!(oom["host"], "node-9");
}

/// Every event of the corpus goes through all programs, and keeps every field.
#[test]
fn every_event_of_the_corpus_passes_whole() {
    let config = config();
    let source = |name: &str| config["transforms"][name]["source"].as_str().unwrap();
    let (oom, labels) = (program(source("oom")), program(source("labels")));
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/cases");
    let mut events = 0;
    for case in fs::read_dir(cases).unwrap() {
        let log = fs::read(case.unwrap().path().join("input.log")).unwrap();
        for event in parse_all(&log, &Options::new()) {
            let (_, out) = run(&oom, from_exec(&event));
            let mut expected: Json = serde_json::from_str(&event.to_json()).unwrap();
            expected["host"] = out["host"].clone();
            assert_eq!(out["oom"], expected);
            run(&labels, out);
            events += 1;
        }
    }
    assert!(events > 300, "{events}");
}

/// `log_to_metric` drops an event without the field, and warns of a tag without a value.
#[test]
fn what_the_metric_needs_is_in_every_kill() {
    let config = config();
    let metric = &config["transforms"]["kills_total"]["metrics"][0];
    let find = |event: &Json, path: &str| {
        event
            .pointer(&format!("/{}", path.replace('.', "/")))
            .cloned()
    };
    let field = metric["field"].as_str().unwrap();
    for event in [
        kill(),
        parse_all(b"Killed process 7 (java)", &Options::new())
            .next()
            .unwrap(),
    ] {
        let (_, labelled) = through(&config, from_exec(&event));
        let labelled = labelled.unwrap();
        assert!(find(&labelled, field).is_some(), "{field}");
        let tags = metric["tags"].as_object().unwrap();
        assert_eq!(tags.len(), 4);
        for tag in tags.values() {
            let path = tag.as_str().unwrap().trim_matches(['{', '}', ' ']);
            assert!(
                find(&labelled, path).is_some_and(|value| value.is_string()),
                "{path}"
            );
        }
    }
}
