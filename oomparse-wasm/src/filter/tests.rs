use super::*;

const KILLED: &str = "Memory cgroup out of memory: Killed process 387602 (tail) total-vm:3072kB, anon-rss:2048kB, file-rss:4kB, shmem-rss:4kB, UID:0 pgtables:56kB oom_score_adj:968";

fn kmsg(sequence: u32, message: &str) -> String {
    format!(
        "{{\"priority\":6,\"sequence\":{sequence},\"sec\":9,\"usec\":{sequence},\"msg\":\"{message}\"}}"
    )
}

fn answer(filter: &mut Filter, mode: Mode, tag: &str, record: &str) -> Answer {
    if !filter.wants(record.as_bytes()) {
        return Answer::Keep;
    }
    filter.take(mode, tag.as_bytes(), 0, record.as_bytes())
}

#[test]
fn bare_killed_line_is_answered_at_once() {
    let mut filter = Filter::new();
    let record = kmsg(1, KILLED);
    assert_eq!(
        answer(&mut filter, Mode::Kernel, "k", &record),
        Answer::Replaced
    );
    let text = std::str::from_utf8(filter.answer()).unwrap();
    let body = record.strip_suffix('}').unwrap();
    assert!(text.starts_with(&format!("{body},\"oom\":{{\"schema\"")));
    assert!(text.ends_with("}}\0"));
    // Printed once more it is still one kill.
    let again = kmsg(2, KILLED);
    assert_eq!(answer(&mut filter, Mode::Kernel, "k", &again), Answer::Keep);
    assert_eq!(filter.lost(), 0);
}

#[test]
fn a_message_that_is_a_list_of_bytes_is_answered() {
    let mut filter = Filter::new();
    let text = KILLED.replace("tail", "a\u{1b}b");
    let bytes: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
    let record = format!(
        "{{\"MESSAGE\":[{}],\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\"}}",
        bytes.join(",")
    );
    assert_eq!(
        answer(&mut filter, Mode::Kernel, "k", &record),
        Answer::Replaced
    );
    assert_eq!(filter.lost(), 0);
}

#[test]
fn report_that_another_closes_is_counted() {
    let mut filter = Filter::new();
    for number in [1, 2] {
        let line = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
        let record =
            kmsg(number * 100_000, line).replace("\"sec\":9", &format!("\"sec\":{}", number * 900));
        assert_eq!(
            answer(&mut filter, Mode::Kernel, "k", &record),
            Answer::Keep
        );
    }
    assert_eq!(filter.lost(), 1);
}

#[test]
fn tags_are_kept_apart_and_bounded() {
    let mut filter = Filter::new();
    for tag in 0..1000 {
        let line = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
        answer(&mut filter, Mode::Kernel, &tag.to_string(), &kmsg(1, line));
    }
    assert_eq!(filter.streams.len(), MAX_TAGS);
    assert_eq!(filter.in_report, MAX_TAGS);
}

#[test]
fn ordinary_records_are_not_wanted() {
    let filter = Filter::new();
    assert!(
        !filter
            .wants(br#"{"log":"GET / 200 12ms out of 14 processes in 3 tasks","stream":"stdout"}"#)
    );
    assert!(filter.wants(kmsg(1, KILLED).as_bytes()));
}

#[test]
fn an_open_report_does_not_make_other_tags_be_read_for_ever() {
    let mut filter = Filter::new();
    let line = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
    let record = kmsg(1, line);
    filter.take(Mode::Kernel, b"kernel", 1000, record.as_bytes());
    assert!(filter.wants_every_record());
    let other = br#"{"log":"GET / 200"}"#;
    filter.take(Mode::Kernel, b"app", 1000 + PATIENCE, other);
    assert!(filter.wants_every_record());
    filter.take(Mode::Kernel, b"app", 1001 + PATIENCE, other);
    assert!(!filter.wants_every_record());
    assert_eq!((filter.streams.len(), filter.lost()), (1, 1));
}

#[test]
fn all_kills_of_a_record_reach_it() {
    let report = format!(
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\\n\
         Memory cgroup out of memory: Kill process 10 (sh) score 3 or sacrifice child\\nKilled process 11 (php) total-vm:8kB\\n{KILLED}"
    );
    let record = format!(r#"{{"log":"{report}","ident":"kernel"}}"#);
    for mode in [Mode::Kernel, Mode::Any, Mode::Events, Mode::Lines] {
        let mut filter = Filter::new();
        let found = answer(&mut filter, mode, "k", &record);
        assert_eq!(found, Answer::Replaced, "{mode:?}");
        let text = std::str::from_utf8(filter.answer()).unwrap();
        let oom = text.split_once(r#""oom":"#).unwrap().1;
        let (first, others) = oom.split_once(r#""others":["#).unwrap();
        assert!(first.contains(r#""victim":{"pid":11,"#), "{text}");
        assert!(others.contains(r#""victim":{"pid":387602,"#), "{text}");
        assert_eq!(filter.lost(), 0);
    }
    // Without its kills it is of a report all the same.
    let header = report.split("\\n").next().unwrap();
    let record = format!(r#"{{"log":"{header}\n{header}","ident":"kernel"}}"#);
    let mut filter = Filter::new();
    assert_eq!(
        answer(&mut filter, Mode::Events, "k", &record),
        Answer::Drop
    );
}
