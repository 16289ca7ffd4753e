//! The filter without a host: chunks that no input would make, and more tags than there is room for.

use flb_filter_oomparse::{Filter, Settings};
use rmpv::Value;

const POD: &str = "/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589";
const ALONE: &str =
    "[19.2] Out of memory: Killed process 8 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

fn summary() -> String {
    format!(
        "[9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
         oom_memcg={POD},task_memcg={POD},task=java,pid=8,uid=0"
    )
}

fn filter(options: &[(&str, &str)]) -> Filter {
    let settings = Settings::read(|name| {
        let all = [("Trust", "any"), ("Pods", "none")];
        let found = options.iter().chain(&all).find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    Filter::new(settings.unwrap()).0
}

fn record(seconds: u32, body: &[(&str, Value)]) -> Value {
    let stamp = Value::Ext(0, [seconds.to_be_bytes(), [0; 4]].concat());
    let head = Value::Array(vec![stamp, Value::Map(Vec::new())]);
    let body = body
        .iter()
        .map(|(key, value)| ((*key).into(), value.clone()));
    Value::Array(vec![head, Value::Map(body.collect())])
}

fn log(seconds: u32, text: &str) -> Value {
    record(seconds, &[("log", text.into())])
}

fn chunk(records: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        rmpv::encode::write_value(&mut bytes, record).unwrap();
    }
    bytes
}

/// The records at the beginning of a chunk, each with its bytes, and what follows them.
fn split(chunk: &[u8]) -> (Vec<(Value, &[u8])>, &[u8]) {
    let (mut records, mut rest) = (Vec::new(), chunk);
    loop {
        let mut next = rest;
        match rmpv::decode::read_value(&mut next) {
            Ok(record) if !rest.is_empty() => {
                let (bytes, _) = rest.split_at(rest.len() - next.len());
                records.push((record, bytes));
                rest = next;
            }
            _ => return (records, rest),
        }
    }
}

fn pairs(record: &Value) -> &[(Value, Value)] {
    let body = record.as_array().and_then(|parts| parts.get(1));
    body.and_then(Value::as_map).map_or(&[], Vec::as_slice)
}

fn is_event(record: &Value) -> bool {
    pairs(record).first().is_some_and(|(key, value)| {
        key.as_str() == Some("oom") && value.as_map().is_some_and(|map| map.len() > 3)
    })
}

/// Whatever came out holds everything that went in, in order; gives how many events were added.
#[track_caller]
fn assert_nothing_lost(input: &[u8], output: &[u8]) -> usize {
    let (input, input_rest) = split(input);
    let (output, output_rest) = split(output);
    assert_eq!(input_rest, output_rest);
    let mut events = 0;
    let mut left = output.iter();
    for (record, bytes) in &input {
        loop {
            let (found, found_bytes) = left.next().expect("a record is lost");
            if found_bytes == bytes {
                break;
            }
            events += 1;
            if is_event(found) {
                continue;
            }
            // What was added stands behind what was there.
            assert!(pairs(found).starts_with(pairs(record)), "{found}");
            assert_eq!(found.as_array().unwrap()[0], record.as_array().unwrap()[0]);
            break;
        }
    }
    for (record, _) in left {
        assert!(is_event(record), "{record}");
        events += 1;
    }
    events
}

#[test]
fn broken_chunks_lose_nothing() {
    let whole = chunk(&[
        log(1, "before"),
        log(2, &summary()),
        record(
            3,
            &[
                ("n", Value::from(-1)),
                ("log", "x".into()),
                ("f", Value::F64(0.5)),
            ],
        ),
        log(4, ALONE),
        record(
            5,
            &[
                ("m", Value::Array(vec![Value::Nil, true.into()])),
                ("log", ALONE.into()),
            ],
        ),
        log(6, "after"),
    ]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % below
    };
    let mut events = 0;
    for mode in ["enrich", "events"] {
        for round in 0..1500 {
            let mut filter = filter(&[("Mode", mode)]);
            let mut bytes = whole.clone();
            for _ in 0..round % 4 {
                let at = next(bytes.len());
                match next(3) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, [0x92, 0x81, 0xc1, 0xdf, 0xa3, 0xd9][next(6)]),
                }
            }
            // Twice: the second one finds what the first one left open.
            for _ in 0..2 {
                if let Some(output) = filter.chunk(&bytes, b"t") {
                    events += assert_nothing_lost(&bytes, &output);
                }
            }
        }
    }
    assert!(events > 1500, "{events} events");
}

#[test]
fn an_event_goes_into_no_record_of_another_tag() {
    for mode in ["enrich", "events"] {
        let mut filter = filter(&[("Mode", mode)]);
        let first = chunk(&[log(1, ALONE)]);
        assert_eq!(filter.chunk(&first, b"first"), None);
        for tag in 0..1023 {
            filter.chunk(&chunk(&[log(2, &summary())]), format!("{tag}").as_bytes());
        }
        assert_eq!(filter.counts().late, 0);
        // There is no room for one more: the first tag is finished, and its kill looks like this one.
        assert_eq!(filter.chunk(&first, b"last"), None);
        assert_eq!((filter.counts().late, filter.counts().events), (1, 0));
        let told = filter.take_homeless();
        assert_eq!(told.len(), usize::from(mode == "events"), "{told:?}");
        assert_eq!(filter.finish(), 1024);
        assert!(
            filter
                .take_homeless()
                .iter()
                .all(|event| event.starts_with('{'))
        );
    }
}

#[test]
fn an_indented_line_belongs_to_the_record_before_it() {
    for (head, has_pod) in [("[9.000000] ", true), ("           ", false)] {
        let mut filter = filter(&[]);
        let input = chunk(&[
            log(1, "[9.000000] x"),
            log(2, &summary().replace("[9.1] ", head)),
            log(
                3,
                &ALONE.replace("[19.2] Out", "[9.200000] Memory cgroup out"),
            ),
        ]);
        assert_eq!(filter.chunk(&input, b"t").is_some(), has_pod, "{head:?}");
    }
}

#[test]
fn other_lines_stay_when_a_report_is_dropped() {
    let mut filter = filter(&[("Mode", "events"), ("Drop_Report", "on")]);
    let others = [
        log(2, "requests 12"),
        log(3, "GET /healthz 200"),
        log(4, "[    9.000150] eth0: link is up"),
        record(
            5,
            &[("log", "anon 4096".into()), ("stream", "stdout".into())],
        ),
    ];
    let invoked =
        "[    9.000000] java invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0";
    let stats = format!("[    9.000100] Memory cgroup stats for {POD}:");
    let mut input = vec![log(1, invoked), log(1, &stats)];
    input.extend(others.clone());
    input.push(log(6, "[    9.000200] anon 4096"));
    input.push(log(6, &summary()));
    input.push(log(
        7,
        &ALONE.replace("[19.2] Out", "[9.2] Memory cgroup out"),
    ));
    let output = filter.chunk(&chunk(&input), b"t").expect("an event");
    let (output, _) = split(&output);
    let (events, kept): (Vec<_>, Vec<_>) = output.iter().partition(|(record, _)| is_event(record));
    let kept: Vec<_> = kept.iter().map(|(record, _)| record.clone()).collect();
    assert_eq!((events.len(), kept), (1, others.to_vec()));
}
