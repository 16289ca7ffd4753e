use crate::OomEvent;
use alloc::string::String;
use serde::de::Deserialize;
use serde::de::value::{BytesDeserializer, Error};

/// A record that has every field, in the record's order; no line has all of them.
const EVERY_FIELD: &str = r#"{
    "schema":"oomparse.event/1","type":"kill","id":"5d41402abc4b2a76","report_id":"7d793037a0760186","origin":"kernel",
    "killer":"earlyoom","reporter":"systemd","stage":"confirmed","signal":"SIGKILL","first_signal":"SIGTERM",
    "action":"command","outcome":"zombie",
    "time":"2023-01-05T02:12:02.050+08:00","time_estimated":true,"kernel_time_us":12500000,
    "host":"node\\x0a7","host_hex":"6e6f64650a37","kernel_release":"5.15.0-91-generic",
    "source":{"path":"logs.tar: kern.log"},
    "scope":"memcg","constraint":"CONSTRAINT_MEMCG","oom_group":true,
    "invoker":{"comm":"sh","pid":9,"uid":1000,"gfp_mask":"0xcc0","gfp_flags":"GFP_KERNEL","order":-1,"oom_score_adj":-998,"nodemask":"0-1"},
    "selected":{"pid":6,"comm":"parent","oom_score":1272},
    "victim":{"pid":7,"comm":"java","uid":65534,"total_vm_bytes":8192,"rss_bytes":4096,"swap_bytes":0,"anon_rss_bytes":2048,
        "file_rss_bytes":1024,"shmem_rss_bytes":512,"pgtables_bytes":256,"oom_score_adj":-17,"oom_score":900,"cmdline":"java -jar"},
    "victims":[{"pid":7,"comm":"java"},{"pid":8}],"process_count":2,"inferred":true,
    "cgroup":{"task_memcg":"/kubepods/pod1/c","oom_memcg":"/kubepods/pod1","driver":"cgroupfs","limit_level":"pod"},
    "pod":{"uid":"3962896b-ab69-4572-8f1d-ee756f9f3589","qos_class":"Burstable","nested":true,"namespace":"shop","name":"web-0",
        "node":"node-7","owner":"StatefulSet/web","labels":{"app":"web","tier":"front"},"source":"kubernetes"},
    "container":{"id":"0123456789ab","id_prefix":"0123","runtime":"containerd","name":"app"},
    "openvz":{"ctid":"101"},
    "cause":{"kind":"memory-pressure","pressure_percent":51.07,"limit_percent":50.0,"duration_us":30000000,"monitored_cgroup":"/user.slice"},
    "system":{"memory_used_bytes":1,"memory_total_bytes":2,"swap_used_bytes":3,"swap_total_bytes":4},
    "unit":"web.service","unit_result":"oom-kill","resource":"memory",
    "init":{"pid":3,"exit_code":-1,"time":"2023-01-04T18:12:03Z"},
    "event":{"uid":"u","reason":"OOMKilling","object":{"kind":"Node","name":"node-7","namespace":"default"},"component":"kubelet","verb":"ADDED"},
    "count":5,
    "memory":{"usage_bytes":1,"limit_bytes":2,"failcnt":3,"threshold_bytes":4},"memory_swap":{"limit_bytes":5},
    "swap":{"usage_bytes":6},"kmem":{"failcnt":7},
    "memcg_stats":[{"path":"/kubepods/pod1","values":{"anon":4096,"pgfault":12}}],
    "meminfo":{"ram_pages":1,"highmem_pages":2,"reserved_pages":3,"free_pages":4,"active_anon_pages":5,"inactive_anon_pages":6,
        "active_file_pages":7,"inactive_file_pages":8,"unevictable_pages":9,"dirty_pages":10,"writeback_pages":11,
        "slab_reclaimable_pages":12,"slab_unreclaimable_pages":13,"mapped_pages":14,"shmem_pages":15,"pagetables_pages":16,
        "pagecache_pages":17,"swapcache_pages":18,"free_swap_bytes":19,"total_swap_bytes":20},
    "tasks":[{"pid":7,"tgid":7,"uid":0,"total_vm_pages":1,"rss_pages":2,"rss_anon_pages":3,"rss_file_pages":4,"rss_shmem_pages":5,
        "nr_ptes_pages":6,"nr_pmds_pages":7,"pgtables_bytes":8,"swapents_pages":9,"cpu":1,"oom_adj":-17,"oom_score_adj":968,"comm":"java"}],
    "reaped":{"anon_rss_bytes":1,"file_rss_bytes":2,"shmem_rss_bytes":3},"suppressed_reports":4,
    "evidence":["invoked","killed"],"truncated":["victim.uid","cgroup.oom_memcg"],
    "others":[{"schema":"oomparse.event/1","type":"no_victim","origin":"user"}]
}"#;

#[test]
fn every_field_is_written_as_it_was_read() {
    let text: String = EVERY_FIELD.lines().map(str::trim).collect();
    let event: OomEvent = serde_json::from_str(&text).unwrap();
    assert_eq!(event.to_json(), text);
}

#[test]
fn fields_and_words_of_a_later_release_are_skipped() {
    let text = r#"{"schema":"oomparse.event/1","type":"kill","origin":"kernel","victim":{"pid":7},"evidence":["killed"]}"#;
    let event: OomEvent = serde_json::from_str(text).unwrap();
    for (known, later) in [
        (r#""killed""#, r#""killed","guessed",7,null"#),
        (r#""pid":7"#, r#""pid":7,"age":null,"oom_score":"high""#),
        (
            r#""victim""#,
            r#""swap":[],"tasks":[7],"count":-1,"victim""#,
        ),
        (r#""victim""#, r#""host_hex":"6g","unit_hex":"6","victim""#),
        (
            r#""victim""#,
            r#""signal":"SIGHUP","inferred":"true","victim""#,
        ),
    ] {
        let later = text.replacen(known, later, 1);
        let read: OomEvent = serde_json::from_str(&later).unwrap();
        assert_eq!(read, event, "{later}");
    }
}

#[test]
fn what_json_does_not_have_is_refused() {
    let bytes = BytesDeserializer::<Error>::new(b"{}");
    let error = OomEvent::deserialize(bytes).unwrap_err();
    assert_eq!(
        alloc::format!("{error}"),
        "invalid type: byte array, expected a value"
    );
}
