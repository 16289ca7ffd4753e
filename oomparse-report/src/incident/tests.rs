use super::{Correlator, Incident, Joined, Kubernetes};
use crate::incident::kubernetes::Silence;
use crate::read_event;

const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

/// An event at a second, with more keys.
fn event(id: &str, second: &str, kind: &str, more: &str) -> String {
    format!(
        r#"{{"schema":"oomparse.event/1","type":"{kind}","id":"{id}","origin":"kernel","time":"2026-01-05T02:12:{second}Z","host":"n1"{more}}}"#
    )
}

fn kill(id: &str, second: &str, pid: u32) -> String {
    let more = format!(
        r#","victim":{{"pid":{pid},"comm":"java"}},"pod":{{"uid":"{UID}"}},"container":{{"id":"{ID}"}}"#
    );
    event(id, second, "kill", &more)
}

fn notice(id: &str, second: &str, reporter: &str, more: &str) -> String {
    event(
        id,
        second,
        "notice",
        &format!(r#","reporter":"{reporter}"{more}"#),
    )
}

fn incidents(events: &[String]) -> Vec<Incident> {
    let mut correlator = Correlator::default();
    for event in events {
        correlator.push(read_event(event).expect("an event"));
    }
    correlator.finish()
}

fn joined(incident: &Incident) -> Vec<Joined> {
    incident.testimonies.iter().map(|it| it.joined_by).collect()
}

#[test]
fn a_container_joins_within_five_seconds() {
    let by_id = format!(r#","container":{{"id":"{ID}"}}"#);
    for (second, together) in [("03", true), ("07", true), ("08", false)] {
        let found = incidents(&[
            kill("1", "02", 7),
            notice("2", second, "containerd", &by_id),
        ]);
        assert_eq!(found.len(), if together { 1 } else { 2 }, "{second}");
    }
}

#[test]
fn the_order_of_the_voices_does_not_matter() {
    let by_id = format!(r#","container":{{"id":"{ID}"}}"#);
    let mut events = [
        notice("2", "03", "containerd", &by_id),
        kill("1", "02", 7),
        notice("3", "02", "kubelet", r#","victim":{"pid":7,"comm":"java"}"#),
    ];
    let first = incidents(&events);
    assert_eq!(
        joined(&first[0]),
        [Joined::First, Joined::Process, Joined::Container]
    );
    assert_eq!(first[0].kubernetes, Kubernetes::Echo);
    events.reverse();
    assert_eq!(incidents(&events), first);
}

#[test]
fn a_comm_or_another_pid_proves_nothing() {
    for victim in [r#"{"pid":8,"comm":"java"}"#, r#"{"pid":7,"comm":"sh"}"#] {
        let more = format!(r#","victim":{victim}"#);
        let found = incidents(&[kill("1", "02", 7), notice("2", "02", "kubelet", &more)]);
        assert_eq!(found.len(), 2, "{victim}");
    }
}

#[test]
fn kills_are_deaths_of_their_own() {
    assert_eq!(
        incidents(&[kill("1", "02", 7), kill("2", "02", 8)]).len(),
        2
    );
    // The same death reported again.
    assert_eq!(
        incidents(&[kill("1", "02", 7), kill("1", "02", 7)]).len(),
        1
    );
}

#[test]
fn what_another_killer_and_the_kernel_kill_is_one_death() {
    let more = r#","killer":"earlyoom","stage":"sent","victim":{"pid":7,"comm":"java"}"#;
    let found = incidents(&[kill("1", "14", 7), event("2", "02", "userspace_kill", more)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].killer.map(|it| it.as_str()), Some("earlyoom"));
}

#[test]
fn a_status_reports_an_end_with_137_and_no_other() {
    let status = |code: i32, second: &str| {
        let more = format!(
            r#","container":{{"id":"{ID}"}},"init":{{"exit_code":{code},"time":"2026-01-05T02:12:{second}Z"}}"#
        );
        notice("2", "59", "kubernetes-status", &more)
    };
    let found = incidents(&[kill("1", "02", 7), status(137, "03")]);
    assert_eq!(
        (found.len(), found[0].kubernetes),
        (1, Kubernetes::Reported)
    );
    let found = incidents(&[kill("1", "02", 7), status(0, "03")]);
    assert_eq!(joined(&found[0]), [Joined::First, Joined::OtherExitCode]);
    assert_eq!((found.len(), found[0].kubernetes), (1, Kubernetes::Unknown));
    assert_eq!(incidents(&[kill("1", "02", 7), status(137, "20")]).len(), 2);
}

#[test]
fn silence_is_proven_by_the_first_process_or_by_life() {
    let with_init = format!(r#","container":{{"id":"{ID}"}},"init":{{"pid":5}}"#);
    let found = incidents(&[
        kill("1", "02", 7),
        notice("2", "02", "containerd", &with_init),
    ]);
    assert_eq!(
        found[0].kubernetes,
        Kubernetes::Silent(Silence::OtherInit(5))
    );
    let found = incidents(&[kill("1", "02", 7), kill("2", "30", 9)]);
    let said: Vec<Kubernetes> = found.iter().map(|it| it.kubernetes).collect();
    assert_eq!(
        said,
        [Kubernetes::Silent(Silence::Lived), Kubernetes::Unknown]
    );
}

#[test]
fn the_record_has_what_the_schema_says() {
    let by_id = format!(r#","container":{{"id":"{ID}","name":"app"}}"#);
    let found = incidents(&[kill("1", "02", 7), notice("2", "03", "containerd", &by_id)]);
    let record: serde_json::Value = serde_json::from_str(&found[0].to_json()).expect("JSON");
    assert_eq!(record["schema"], "oomparse.incident/1");
    assert_eq!(record["id"], "1");
    assert_eq!(record["killer"], "kernel");
    assert_eq!(record["container"]["name"], "app");
    assert_eq!(record["victims"][0]["pid"], 7);
    assert_eq!(record["first_time"], "2026-01-05T02:12:02.000000Z");
    assert_eq!(record["testimonies"][1]["joined_by"], "container");
    assert_eq!(record["testimonies"][1]["proof"], true);
}

#[test]
fn clocks_without_a_zone_are_compared_on_their_own_machine() {
    let line = |second: &str, host: &str, pid: u32| {
        let log = format!(
            "Jan  5 02:12:{second} {host} kernel: Out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
        );
        let event = oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new()).next();
        event.expect("a kill")
    };
    let voice = |second: &str, host: &str| {
        let text = notice("2", "02", "kubelet", r#","victim":{"pid":7,"comm":"java"}"#);
        let mut event = read_event(&text).expect("an event");
        let shown = line(second, host, 1);
        (event.time, event.host) = (shown.time, shown.host);
        event
    };
    for (second, host, incidents) in [("04", "n1", 1), ("40", "n1", 2), ("04", "n2", 2)] {
        let mut correlator = Correlator::default();
        correlator.push(line("02", "n1", 7));
        correlator.push(voice(second, host));
        assert_eq!(correlator.finish().len(), incidents, "{second} {host}");
    }
}

/// A correlator that holds less.
fn small(voices: usize, age_us: u64, fresh: usize) -> Correlator {
    Correlator {
        limits: super::Limits {
            voices,
            age_us,
            fresh,
        },
        ..Correlator::default()
    }
}

/// A kill and containerd's word for it at a minute, of a container of its own.
fn death(minute: u32) -> [String; 2] {
    let id = format!("{minute:064x}");
    let at = |text: String| {
        text.replace(
            "T02:12:",
            &format!("T{:02}:{:02}:", minute / 60, minute % 60),
        )
    };
    [
        at(kill(&format!("k{minute}"), "02", 7000 + minute).replace(ID, &id)),
        at(notice(
            &format!("n{minute}"),
            "03",
            "containerd",
            &format!(r#","container":{{"id":"{id}"}}"#),
        )),
    ]
}

fn push(correlator: &mut Correlator, event: &str) {
    correlator.push(read_event(event).expect("an event"));
}

#[test]
fn more_than_is_held_is_given_out_in_the_order_of_time_and_lost_is_nothing() {
    let mut correlator = small(20, u64::MAX, 8);
    let mut found = Vec::new();
    for minute in 0..100 {
        for event in death(minute) {
            push(&mut correlator, &event);
            assert!(correlator.voices.len() < 20);
            found.extend(correlator.settled());
        }
    }
    assert!(
        found.len() >= 80 && correlator.late() == 0,
        "{}",
        found.len()
    );
    // What was reported is known, though its incident has been emitted.
    push(&mut correlator, &death(0)[0]);
    assert_eq!(correlator.repeated(), 1);
    // Another word about it is none of it any more.
    push(&mut correlator, &death(0)[1].replace("\"n0\"", "\"late\""));
    assert_eq!(correlator.late(), 1);
    found.extend(correlator.finish());
    let whole = found.iter().filter(|it| it.testimonies.len() == 2).count();
    assert_eq!((found.len(), whole), (101, 100));
}

#[test]
fn what_is_older_than_the_bound_is_given_out() {
    let hour = 3_600_000_000;
    let mut correlator = small(1000, hour, 16);
    let mut found = Vec::new();
    for minute in 0..120 {
        for event in death(minute) {
            push(&mut correlator, &event);
        }
        found.extend(correlator.settled());
    }
    // Those of the last hour, and what came since the last look.
    assert!((50..=60).contains(&found.len()), "{}", found.len());
    assert!(correlator.voices.len() >= 120);
    // Younger ones stay, however many.
    let mut correlator = small(1000, 3 * hour, 16);
    for minute in 0..120 {
        death(minute)
            .iter()
            .for_each(|event| push(&mut correlator, event));
    }
    assert!(correlator.settled().is_empty());
}

#[test]
fn a_wrong_clock_makes_the_others_not_old() {
    let mut correlator = small(1000, 3_600_000_000, 64);
    let future = kill("f", "02", 5).replace("2026-", "2096-");
    push(&mut correlator, &future);
    for minute in 0..100 {
        for event in death(minute) {
            push(&mut correlator, &event);
            assert!(correlator.voices.len() >= 32 || minute < 16, "{minute}");
        }
    }
    let mut found = correlator.settled();
    found.extend(correlator.finish());
    let whole = found.iter().filter(|it| it.testimonies.len() == 2).count();
    assert_eq!((found.len(), whole), (101, 100));
}
