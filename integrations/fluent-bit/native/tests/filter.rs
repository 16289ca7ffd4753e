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

/// The pod's uid in a record's event.
fn pod(record: &Value) -> Option<String> {
    let get = |map: &[(Value, Value)], key: &str| {
        let pair = map.iter().find(|(name, _)| name.as_str() == Some(key));
        pair.map(|(_, value)| value.clone())
    };
    let event = get(pairs(record), "oom")?;
    let pod = get(event.as_map()?, "pod")?;
    Some(get(pod.as_map()?, "uid")?.as_str()?.to_owned())
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
            // What was added stands after what was there.
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
    // A kill that was reported is not an event a second time.
    assert!(events > 1200, "{events} events");
}

#[test]
fn an_event_goes_into_no_record_of_another_tag() {
    for mode in ["enrich", "events"] {
        let mut filter = filter(&[("Mode", mode)]);
        for tag in 0..1024 {
            filter.chunk(&chunk(&[log(2, &summary())]), format!("{tag}").as_bytes());
        }
        assert_eq!(filter.counts().late, 0);
        // There is no room for one more: the first tag is finished, and its kill is of a process like this one.
        let output = filter.chunk(&chunk(&[log(1, ALONE)]), b"last").unwrap();
        let pods: Vec<_> = split(&output).0.iter().map(|(it, _)| pod(it)).collect();
        let kept = if mode == "events" {
            vec![None; 2]
        } else {
            vec![None]
        };
        assert_eq!(pods, kept);
        assert_eq!((filter.counts().late, filter.counts().events), (1, 1));
        let told = filter.take_homeless();
        assert_eq!(told.len(), usize::from(mode == "events"), "{told:?}");
        assert_eq!(filter.finish(), 1023);
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
        let output = filter.chunk(&input, b"t").expect("a kill");
        let last = &split(&output).0[2].0;
        assert_eq!(pod(last).is_some(), has_pod, "{head:?}");
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

/// A `Killed process` line as the kernel prints it once the rate limit swallows the reports; 4.14 shows no uid.
fn bare(pid: u32) -> String {
    let rest = ["UID:0 pgtables:56kB oom_score_adj:968", ""][pid as usize % 2];
    let comma = if rest.is_empty() { "" } else { ", " };
    format!(
        "[{pid}.5] Memory cgroup out of memory: Killed process {pid} (java) total-vm:18896kB, anon-rss:16456kB, file-rss:516kB, shmem-rss:4kB{comma}{rest}"
    )
}

fn victim(record: &Value) -> Option<u64> {
    let (_, event) = pairs(record)
        .iter()
        .find(|(key, _)| key.as_str() == Some("oom"))?;
    let (_, victim) = event
        .as_map()?
        .iter()
        .find(|(key, _)| key.as_str() == Some("victim"))?;
    let (_, pid) = victim
        .as_map()?
        .iter()
        .find(|(key, _)| key.as_str() == Some("pid"))?;
    pid.as_u64()
}

/// A storm of bare kills, in chunks of one record and of many: each has its event in its own chunk, once.
#[test]
fn every_bare_kill_of_a_storm_has_its_event() {
    for (mode, drop) in [("enrich", "off"), ("events", "off"), ("events", "on")] {
        for at_once in [1, 7, 1000] {
            let mut filter = filter(&[("Mode", mode), ("Drop_Report", drop)]);
            let records: Vec<Value> = (1000..2000).map(|pid| log(pid, &bare(pid))).collect();
            let mut found = Vec::new();
            for records in records.chunks(at_once) {
                let output = filter.chunk(&chunk(records), b"t").expect("kills");
                let (output, rest) = split(&output);
                assert!(rest.is_empty());
                let is_kept =
                    |(record, _): &&(Value, &[u8])| pairs(record)[0].0.as_str() == Some("log");
                let kept = output.iter().filter(is_kept).count();
                assert_eq!(kept, if drop == "on" { 0 } else { records.len() });
                found.extend(output.iter().filter_map(|(record, _)| victim(record)));
            }
            assert_eq!(
                found,
                (1000..2000).collect::<Vec<u64>>(),
                "{mode} {at_once}"
            );
            assert_eq!((filter.counts().events, filter.finish()), (1000, 0));
        }
    }
}

/// In one chunk a bare kill still learns its pod from the line of its group after it.
#[test]
fn a_bare_kill_waits_for_its_group_within_a_chunk() {
    let mut filter = filter(&[("Mode", "events")]);
    let group =
        format!("[1000.6] Tasks in {POD} are going to be killed due to memory.oom.group set");
    let input = chunk(&[
        log(1, &bare(1000)),
        log(2, &group),
        log(3, &bare(1000)),
        log(4, "[1001.0] x"),
    ]);
    let output = filter.chunk(&input, b"t").expect("a kill");
    let events: Vec<_> = split(&output)
        .0
        .iter()
        .filter_map(|(it, _)| pod(it))
        .collect();
    assert_eq!(events, ["3962896b-ab69-4572-8f1d-ee756f9f3589"]);
    assert_eq!(filter.counts().events, 1);
}

/// Between the marks of a group nothing is put after the last one.
#[test]
fn an_event_stays_in_its_group() {
    let mark = |seconds: u32| record(seconds, &[("resource", "r".into())]);
    let input = [
        mark(u32::MAX),
        log(1, &bare(1000)),
        mark(u32::MAX - 1),
        log(2, &bare(1001)),
    ];
    let mut filter = filter(&[("Mode", "events")]);
    let output = filter.chunk(&chunk(&input), b"t").expect("kills");
    let output: Vec<Value> = split(&output).0.into_iter().map(|(it, _)| it).collect();
    let [a, first, own, b, second, own_too] = output.as_slice() else {
        panic!("{output:?}");
    };
    assert_eq!(
        [a, first, b, second],
        [&input[0], &input[1], &input[2], &input[3]]
    );
    assert_eq!([victim(own), victim(own_too)], [Some(1000), Some(1001)]);
}

#[test]
fn the_text_may_stand_in_an_object() {
    let nested = |text: &str| {
        let inner = Value::Map(vec![
            ("message".into(), text.into()),
            ("msg".into(), "other".into()),
        ]);
        record(
            1,
            &[
                ("j", inner),
                (
                    "data",
                    Value::Map(vec![("message".into(), "another".into())]),
                ),
            ],
        )
    };
    let killed = ALONE.replace("[19.2] Out", "[9.2] Memory cgroup out");
    for key in ["j.message", "$j['message']", "nowhere, j.message"] {
        let mut filter = filter(&[("Key", key)]);
        let output = filter.chunk(&chunk(&[nested(&summary()), nested(&killed)]), b"t");
        let output = output.expect(key);
        let (records, _) = split(&output);
        assert!(pod(&records[1].0).is_some(), "{key}");
    }
    let mut filter = filter(&[("Key", "j.msg")]);
    assert_eq!(filter.chunk(&chunk(&[nested(ALONE)]), b"t"), None);
}

#[test]
fn kills_of_before_the_start_are_passed_over_on_request() {
    let now = u32::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    for (mode, since, events) in [
        ("enrich", "start", 1),
        ("events", "start", 1),
        ("enrich", "all", 2),
    ] {
        let mut filter = filter(&[("Mode", mode), ("Since", since)]);
        let records = [log(now - 60, &bare(1000)), log(now + 1, &bare(1001))];
        let output = filter.chunk(&chunk(&records), b"t").unwrap();
        let (output, _) = split(&output);
        let found: Vec<_> = output
            .iter()
            .filter_map(|(record, _)| victim(record))
            .collect();
        assert_eq!(found.last(), Some(&1001));
        assert_eq!(
            (found.len(), filter.counts().old),
            (events, 2 - events as u64)
        );
    }
}

/// The record of counts at the end of a chunk, if there is one.
fn counts(output: &[u8]) -> Option<Vec<(String, u64)>> {
    let (records, rest) = split(output);
    assert!(rest.is_empty());
    let [(name, counts)] = pairs(&records.last()?.0) else {
        return None;
    };
    let pairs = counts
        .as_map()
        .filter(|_| name.as_str() == Some("oomparse"))?;
    let (schema, pairs) = pairs.split_first()?;
    assert_eq!(*schema, ("schema".into(), "oomparse.counts/1".into()));
    let pair = |(name, count): &(Value, Value)| Some((name.as_str()?.to_owned(), count.as_u64()?));
    pairs.iter().map(pair).collect()
}

#[test]
fn what_was_counted_is_a_record_on_request() {
    let kills = chunk(&[log(1, &bare(1000)), log(2, &bare(1001))]);
    let ordinary = chunk(&[log(3, "x"), log(4, "y")]);
    let mark = |seconds: u32| record(seconds, &[("resource", "r".into())]);
    let group = chunk(&[mark(u32::MAX), log(5, "x"), mark(u32::MAX - 1)]);
    let broken = [&ordinary[..], &[0xc1]].concat();
    for (plain, of_last) in [(&ordinary, log(4, "")), (&group, log(5, ""))] {
        let mut filter = filter(&[("Mode", "events"), ("Counts_Every", "1")]);
        assert_eq!(counts(&filter.chunk(&kills, b"t").unwrap()), None);
        let output = loop {
            std::thread::sleep(std::time::Duration::from_millis(50));
            // Nothing is put after what is not a log event.
            assert_eq!(filter.chunk(&broken, b"t"), None);
            if let Some(output) = filter.chunk(plain, b"u") {
                break output;
            }
        };
        assert!(output.starts_with(plain));
        let told = counts(&output).unwrap();
        for (name, count) in [("events", 2), ("kills", 2), ("late", 0), ("old", 0)] {
            assert!(told.contains(&(name.to_owned(), count)), "{told:?}");
        }
        let (records, _) = split(&output);
        let time = |record: &Value| record.as_array().unwrap()[0].clone();
        assert_eq!(time(&records.last().unwrap().0), time(&of_last));
        // Not again before its time.
        assert_eq!(filter.chunk(plain, b"u"), None);
    }
    let mut silent = filter(&[("Counts_Every", "0")]);
    assert_eq!(silent.chunk(&ordinary, b"t"), None);
}

#[test]
fn all_kills_of_a_record_reach_it() {
    let text = format!(
        "{}\n[9.2] Memory cgroup out of memory: Killed process 8 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n\
         [9.3] Out of memory: Kill process 9 (sh) score 3 or sacrifice child\n[9.4] Killed process 10 (php) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        summary()
    );
    let mut enrich = filter(&[]);
    let input = chunk(&[log(9, &text)]);
    let output = enrich.chunk(&input, b"t").unwrap();
    let (records, _) = split(&output);
    let found = pids(&records[0].0);
    assert_eq!(found, [8, 10]);
    assert!(pod(&records[0].0).is_some());
    assert_eq!((enrich.counts().events, enrich.counts().late), (2, 0));
    // Alone each is a record, and the report may go.
    let mut events = filter(&[("Mode", "events"), ("Drop_Report", "true")]);
    let output = events.chunk(&input, b"t").unwrap();
    assert_eq!(split(&output).0.len(), 2);
    assert_eq!((events.counts().events, events.counts().dropped), (2, 1));
}

/// The pids of a record's kills.
fn pids(record: &Value) -> Vec<u64> {
    fn get<'v>(map: &'v Value, key: &str) -> Option<&'v Value> {
        let pair = map
            .as_map()?
            .iter()
            .find(|(name, _)| name.as_str() == Some(key));
        pair.map(|(_, value)| value)
    }
    fn pid(event: &Value) -> Option<u64> {
        get(get(event, "victim")?, "pid")?.as_u64()
    }
    let event = pairs(record)
        .iter()
        .find(|(key, _)| key.as_str() == Some("oom"))
        .map(|(_, event)| event);
    let others = event
        .and_then(|event| get(event, "others"))
        .and_then(Value::as_array);
    event
        .into_iter()
        .chain(others.into_iter().flatten())
        .filter_map(pid)
        .collect()
}
