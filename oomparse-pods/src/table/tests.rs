use super::*;
use crate::record::PodSource;
use oomparse_core::enrich;
use oomparse_core::parse_cgroup_path;
use oomparse_core::{Container, OomEvent, Pod};
use std::format;

const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const OTHER: &str = "4962896b-ab69-4572-8f1d-ee756f9f3589";
const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

fn named(source: PodSource, uid: &str, name: &str) -> PodRecord {
    PodRecord::named(source, uid, "default", name)
}

fn name(table: &mut PodTable, uid: &str) -> Option<String> {
    table.pod(uid)?.name.map(Into::into)
}

/// A kill in the cgroup, as far as names go.
fn event(path: &str) -> OomEvent {
    let path = parse_cgroup_path(path.as_bytes());
    let mut event = OomEvent::default();
    if let Some(uid) = path.pod_uid_text() {
        event.pod.insert(Pod::default()).uid = Some(uid);
    }
    if let Some(id) = path.container_id_text() {
        event.container.insert(Container::default()).id = Some(id);
    }
    event
}

#[test]
fn every_spelling_finds_the_pod() {
    let mut table = PodTable::new();
    assert!(table.insert(named(PodSource::Kubernetes, &UID.to_uppercase(), "web-0")));
    for spelling in [
        UID.into(),
        UID.replace('-', "_"),
        UID.replace('-', ""),
        UID.to_uppercase(),
    ] {
        assert_eq!(
            name(&mut table, &spelling).as_deref(),
            Some("web-0"),
            "{spelling}"
        );
    }
    assert_eq!(name(&mut table, "3962896b"), None);
    assert_eq!(table.pods(), 1);
}

#[test]
fn static_pod_is_found_by_its_manifests_hash_and_by_its_mirror() {
    let mut table = PodTable::new();
    let loaded = table.load(
        br#"{"items":[{"metadata":{"name":"etcd-node-7","namespace":"kube-system","uid":"3962896b-ab69-4572-8f1d-ee756f9f3589",
        "annotations":{"kubernetes.io/config.mirror":"6b0099e3e7de21f55363249be4605571"}},
        "status":{"containerStatuses":[{"name":"etcd","containerID":"containerd://a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419"}]}}]}"#,
    );
    assert_eq!((loaded.records, loaded.error), (1, None));
    let mut event = event(&format!(
        "/kubepods/burstable/pod6b0099e3e7de21f55363249be4605571/{ID}"
    ));
    assert!(enrich(&mut event, &mut table));
    let pod = event.pod.unwrap();
    assert_eq!(pod.name.as_deref(), Some("etcd-node-7"));
    assert_eq!(pod.uid.as_deref(), Some("6b0099e3e7de21f55363249be4605571"));
    assert_eq!(event.container.unwrap().name.as_deref(), Some("etcd"));
    assert_eq!(name(&mut table, UID).as_deref(), Some("etcd-node-7"));
}

#[test]
fn a_second_claim_of_one_hash_leaves_no_name_and_the_owner_of_a_uid_wins() {
    let hash = "6b0099e3e7de21f55363249be4605571";
    let claim = |mirror: &str, name: &str| {
        let mut record = named(PodSource::Kubernetes, hash, name);
        record.mirror_uid = Some(mirror.into());
        record
    };
    let mut table = PodTable::new();
    assert!(table.insert(claim(UID, "etcd-node-7")));
    assert!(table.insert(claim(OTHER, "evil")));
    assert_eq!(name(&mut table, hash), None);
    assert_eq!(name(&mut table, UID).as_deref(), Some("etcd-node-7"));
    assert_eq!(name(&mut table, OTHER).as_deref(), Some("evil"));
    // The kubelet itself knows the pod by the hash.
    assert!(table.insert(named(PodSource::Kubernetes, hash, "etcd-node-7")));
    assert_eq!(name(&mut table, hash).as_deref(), Some("etcd-node-7"));
    assert!(table.insert(claim(OTHER, "evil")));
    assert_eq!(name(&mut table, hash).as_deref(), Some("etcd-node-7"));
}

#[test]
fn a_log_fills_in_but_never_replaces() {
    let mut table = PodTable::new();
    let mut listed = PodRecord::new(PodSource::File);
    listed.uid = Some(UID.into());
    listed.name = Some("web-0".into());
    assert!(table.insert(listed));
    table.insert(named(PodSource::KubeletLog, UID, "web-0"));
    let names = table.pod(UID).unwrap();
    assert_eq!(
        (names.namespace, names.source),
        (Some("default"), Some(PodSource::File))
    );
    table.insert(named(PodSource::KubeletLog, UID, "evil"));
    assert_eq!(name(&mut table, UID).as_deref(), Some("web-0"));
    table.insert(named(PodSource::Kubernetes, UID, "web-00"));
    assert_eq!(name(&mut table, UID).as_deref(), Some("web-00"));
}

#[test]
fn what_a_poorer_listing_does_not_know_stays() {
    let mut table = PodTable::new();
    let mut rich = named(PodSource::Kubernetes, UID, "web-0");
    rich.node = Some("node-7".into());
    rich.owner = Some("StatefulSet/web".into());
    rich.add_container(ID, Some("app"));
    assert!(table.insert(rich));
    assert!(table.insert(named(PodSource::PodLogsDir, UID, "web-0")));
    let names = table.pod(UID).unwrap();
    assert_eq!(names.node, Some("node-7"));
    assert_eq!(names.owner, Some("StatefulSet/web"));
    assert_eq!(table.container(ID).unwrap().name, Some("app"));
}

#[test]
fn labels_only_those_asked_for() {
    let mut table = PodTable::new();
    let record = || {
        let mut record = named(PodSource::Kubernetes, UID, "web-0");
        record.labels = std::vec![("app".into(), "web".into()), ("tier".into(), "db".into())];
        record
    };
    assert!(table.insert(record()));
    assert!(table.pod(UID).unwrap().labels.is_empty());
    table.keep_labels(&["tier"]);
    assert!(table.insert(record()));
    assert_eq!(
        table.pod(UID).unwrap().labels,
        [("tier".into(), "db".into())]
    );
    table.keep_labels(&["*"]);
    assert!(table.insert(record()));
    assert_eq!(table.pod(UID).unwrap().labels.len(), 2);
}

#[test]
fn cut_id_is_found_when_only_one_begins_so() {
    let mut table = PodTable::new();
    let mut record = named(PodSource::Crictl, UID, "web-0");
    record.add_container(ID, Some("app"));
    record.add_container(&format!("{}0", &ID[..63]), Some("twin"));
    assert!(table.insert(record));
    assert_eq!(
        table.container(&ID.to_uppercase()).unwrap().name,
        Some("app")
    );
    assert!(table.container(&ID[..20]).is_none(), "two begin so");
    assert!(table.container(&ID[..11]).is_none());
}

#[test]
fn ids_that_begin_alike_are_found_however_many_they_are() {
    let id = |number: usize| format!("{number:064x}");
    let mut table = PodTable::new();
    for _ in 0..2 {
        for number in 0..5_000 {
            let mut record = named(PodSource::Crictl, UID, "web-0");
            record.add_container(&id(number), Some(&format!("c{number}")));
            assert!(table.insert(record));
        }
        assert_eq!(table.containers(), 5_000);
    }
    for number in 0..5_000 {
        let name = format!("c{number}");
        assert_eq!(table.container(&id(number)).unwrap().name, Some(&*name));
    }
    assert!(table.container(&id(5_000)).is_none());
    assert!(table.container(&id(0)[..12]).is_none(), "all begin so");
    // 4992 to 4999 begin so, and only one of them with one digit more.
    assert!(table.container(&id(4_992)[..62]).is_none());
    let mut last = named(PodSource::Crictl, UID, "web-0");
    last.add_container(&format!("{}f0000", &id(0)[..59]), Some("last"));
    assert!(table.insert(last));
    let found = table.container(&format!("{}f", &id(0)[..59]));
    assert_eq!(found.unwrap().name, Some("last"));
}

#[test]
fn what_is_no_longer_listed_leaves_first() {
    let uid = |number: usize| format!("{number:08x}-ab69-4572-8f1d-ee756f9f3589");
    let mut table = PodTable::with_max_bytes(40_000);
    table.insert(named(PodSource::Kubernetes, UID, "gone"));
    for round in 0..20 {
        for number in 0..50 {
            table.insert(named(PodSource::Kubernetes, &uid(number), "listed"));
        }
        assert_eq!(name(&mut table, UID).as_deref(), Some("gone"), "{round}");
        assert!(table.bytes() <= 40_000);
    }
    // New pods come: the one that is not listed any more goes, whoever asked for it.
    let mut number = 1000;
    while name(&mut table, UID).is_some() {
        table.insert(named(PodSource::Kubernetes, &uid(number), "new"));
        number += 1;
    }
    for number in 0..50 {
        assert!(name(&mut table, &uid(number)).is_some(), "{number}");
    }
}

#[test]
fn bytes_are_bounded_whatever_comes() {
    let mut table = PodTable::with_max_bytes(20_000);
    table.keep_labels(&["*"]);
    for number in 0..2_000usize {
        let mut record = named(
            PodSource::Kubernetes,
            &format!("{number:08x}-ab69-4572-8f1d-ee756f9f3589"),
            &"n".repeat(1 + number % 253),
        );
        record.labels = (0..number % 100)
            .map(|at| (format!("key{at}"), "v".repeat(63)))
            .collect();
        record.add_container(&format!("{number:064x}"), Some("app"));
        table.insert(record);
        assert!(table.bytes() <= 20_000);
    }
    assert!(table.pods() > 0);
    let texts = &table.texts;
    let pods = table.pods.iter().map(|(_, entry)| entry.cost(texts));
    let containers = table.containers.iter();
    let containers = containers.map(|(_, entry)| entry.cost(texts));
    let (pods, containers): (usize, usize) = (pods.sum(), containers.sum());
    assert_eq!(table.bytes(), pods + containers, "the count is kept right");
}

#[test]
fn unsound_names_are_refused() {
    let mut table = PodTable::new();
    for (uid, name) in [
        ("3962896b", "web-0"),
        (UID, ""),
        (UID, "web 0"),
        (UID, "web\n0"),
        (UID, "<script>"),
    ] {
        assert!(
            !table.insert(named(PodSource::Kubernetes, uid, name)),
            "{name:?}"
        );
    }
    assert!(table.insert({
        let mut record = named(PodSource::Kubernetes, UID, "web-0");
        record.owner = Some("no owner".into());
        record.node = Some("a b".into());
        record
    }));
    let names = table.pod(UID).unwrap();
    assert_eq!((names.owner, names.node), (None, None));
}

#[test]
fn the_container_that_was_killed_is_the_one_before() {
    let mut table = PodTable::new();
    let listing = format!(
        r#"{{"kind":"Pod","metadata":{{"name":"web-0","namespace":"default","uid":"{UID}"}},
        "status":{{"containerStatuses":[{{"name":"app","containerID":"cri-o://{}",
        "lastState":{{"terminated":{{"containerID":"cri-o://{ID}"}}}}}}]}}}}"#,
        "0".repeat(64)
    );
    assert_eq!(table.load(listing.as_bytes()).records, 1);
    let mut event = event(&format!("/kubepods/pod{UID}/{ID}"));
    assert!(enrich(&mut event, &mut table));
    assert_eq!(event.container.unwrap().name.as_deref(), Some("app"));
    let mut other = self::event(&format!("/kubepods/pod{OTHER}/{ID}"));
    assert!(
        !enrich(&mut other, &mut table),
        "the container is another pod's"
    );
}

#[test]
fn pods_of_a_runtime_that_shows_no_uid() {
    let mut table = PodTable::new();
    let mut record = PodRecord::new(PodSource::RuntimeLog);
    record.namespace = Some("default".into());
    record.name = Some("web-0".into());
    record.add_container(ID, Some("app"));
    assert!(table.insert(record));
    let mut event = event(&format!("/kubepods/pod{UID}/crio-{ID}"));
    assert!(enrich(&mut event, &mut table));
    let pod = event.pod.unwrap();
    assert_eq!(pod.name.as_deref(), Some("web-0"));
    assert_eq!(pod.uid.as_deref(), Some(UID));
    assert_eq!(pod.source, Some(PodSource::RuntimeLog));
}

#[test]
fn broken_listings_of_every_form_never_panic() {
    let seeds = [
        format!("{{\"items\":[{{\"metadata\":{{\"uid\":\"{UID}\",\"name\":\"a\"}}}}]}}"),
        format!("NS   NAME   UID\nd   web-0   {UID}\n"),
        format!("uid,name\n\"{UID}\",web-0\n"),
        format!("{{\"pod_uid\":\"{UID}\",\"pod_name\":\"a\"}}\n"),
        format!("/var/log/pods/default_web-0_{UID}/app/0.log\n"),
    ];
    for seed in seeds {
        let seed = seed.into_bytes();
        for at in 0..seed.len() {
            for byte in *b"\"{}[],;\t \n\\<\xc3\0" {
                let mut text = seed.clone();
                text[at] = byte;
                PodTable::new().load(&text);
            }
            PodTable::new().load(&seed[..at]);
        }
    }
}

#[test]
fn what_a_log_says_of_a_container_does_not_outdo_a_listing() {
    let id = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
    let mut listed = PodRecord::new(PodSource::PodLogsDir);
    (listed.namespace, listed.name) = (Some("default".into()), Some("web-0".into()));
    listed.add_container(id, Some("app"));
    let mut told = PodRecord::named(PodSource::KubeletLog, UID, "default", "web-1");
    told.add_container(id, None);
    for records in [[&listed, &told], [&told, &listed]] {
        let mut table = PodTable::new();
        for record in records {
            assert!(table.insert(record.clone()));
        }
        let found = table.container(id).unwrap();
        assert_eq!((found.pod.name, found.pod_uid), (Some("web-0"), None));
        // And the other way round: the uid is the listing's, and the name beside it a log's.
        let mut listed = PodRecord::named(PodSource::Kubernetes, UID, "default", "web-0");
        listed.add_container(id, None);
        let mut told = PodRecord::new(PodSource::RuntimeLog);
        (told.namespace, told.name) = (Some("default".into()), Some("web-1".into()));
        told.add_container(id, None);
        let mut table = PodTable::new();
        for record in [&listed, &told] {
            assert!(table.insert(record.clone()));
        }
        let found = table.container(id).unwrap();
        assert_eq!(found.pod.name, None);
        assert_eq!(found.pod_uid.as_deref(), Some(UID));
    }
}
