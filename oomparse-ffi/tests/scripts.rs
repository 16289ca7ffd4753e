//! What every host of the parser must do: `corpus/scripts`, record by record, through the C interface.
#![allow(unsafe_code, reason = "calls as C makes them")]

use oomparse::*;
use oomparse_tests::{Script, events_in, scripts};
use serde_json::Value;
use std::ffi::c_char;
use std::mem::MaybeUninit;

fn text(bytes: &[u8]) -> (*const c_char, usize) {
    (bytes.as_ptr().cast(), bytes.len())
}

#[track_caller]
fn right(result: oomparse_result) {
    assert_eq!(result, oomparse_result::Ok);
}

/// What a call wrote through its pointer.
#[track_caller]
fn made<T>(call: impl FnOnce(&mut MaybeUninit<T>) -> oomparse_result) -> T {
    let mut out = MaybeUninit::uninit();
    right(call(&mut out));
    // SAFETY: the call succeeded, so it wrote the value.
    unsafe { out.assume_init() }
}

fn parser(script: &Script) -> Box<oomparse_parser> {
    // SAFETY: the library gets objects that it made, and every text stays valid during its call.
    unsafe {
        let mut options = Box::from_raw(made(|out| oomparse_options_new(Some(out))));
        let trust = if script.trusts_any {
            oomparse_trust::Any
        } else {
            oomparse_trust::Kernel
        };
        right(oomparse_options_set_trust(Some(&mut options), trust as u32));
        for name in &script.sources {
            let (data, len) = text(name.as_bytes());
            right(oomparse_options_add_source(Some(&mut options), data, len));
        }
        if let Some(name) = &script.origin {
            let (data, len) = text(name.as_bytes());
            right(oomparse_options_set_origin(Some(&mut options), data, len));
        }
        for root in &script.cgroup_roots {
            let (data, len) = text(root.as_bytes());
            right(oomparse_options_add_cgroup_root(
                Some(&mut options),
                data,
                len,
            ));
        }
        let parser = Box::from_raw(made(|out| oomparse_parser_new(Some(&options), Some(out))));
        oomparse_options_free(Some(options));
        if let Some(listing) = &script.pods {
            let pods = Box::from_raw(made(|out| oomparse_pods_new(Some(out))));
            let (data, len) = text(listing.as_bytes());
            right(oomparse_pods_load(Some(&pods), data, len, None));
            right(oomparse_parser_set_pods(Some(&parser), Some(&pods)));
            oomparse_pods_free(Some(pods));
        }
        parser
    }
}

/// Every event that is ready, and whether the last line reports it.
fn take(parser: &oomparse_parser) -> Vec<(bool, Value)> {
    let mut events = Vec::new();
    loop {
        let mut out = MaybeUninit::uninit();
        if oomparse_parser_next_event(Some(parser), Some(&mut out)) != oomparse_result::Ok {
            return events;
        }
        // SAFETY: the call succeeded, so an event was written; it is freed once, below.
        unsafe {
            let event = Box::from_raw(out.assume_init());
            let json = made(|out| oomparse_event_to_json(Some(&event), Some(out)));
            let json = std::slice::from_raw_parts(json.data.cast::<u8>(), json.len);
            let told = oomparse_event_is_of_last_line(Some(&event));
            events.push((told, serde_json::from_slice(json).unwrap()));
            oomparse_event_free(Some(event));
        }
    }
}

/// Passes a record through the calls for lines: the events that it reports, and the late ones.
fn push_line(parser: &oomparse_parser, key: &str, record: &Value) -> (Vec<Value>, Vec<Value>) {
    let line = record.to_string();
    // SAFETY: line and key stay valid during each call.
    unsafe {
        let ((data, len), (key, key_len)) = (text(line.as_bytes()), text(key.as_bytes()));
        right(oomparse_parser_push_keyed(
            Some(parser),
            key,
            key_len,
            data,
            len,
        ));
        right(oomparse_parser_give_waiting_keyed(
            Some(parser),
            key,
            key_len,
        ));
    }
    let (told, late): (Vec<_>, Vec<_>) = take(parser).into_iter().partition(|(told, _)| *told);
    let events = |all: Vec<(bool, Value)>| all.into_iter().map(|(_, event)| event).collect();
    (events(told), events(late))
}

/// The members for a record from the call for records.
fn answer(
    parser: &oomparse_parser,
    key: &str,
    seconds: u64,
    record: &str,
) -> Result<Value, oomparse_result> {
    let ((data, len), (key, key_len)) = (text(record.as_bytes()), text(key.as_bytes()));
    let mut out = MaybeUninit::uninit();
    // SAFETY: record and key stay valid during the call; an event that was written is freed once.
    unsafe {
        let result = oomparse_parser_push_record(
            Some(parser),
            key,
            key_len,
            data,
            len,
            seconds,
            Some(&mut out),
        );
        if result != oomparse_result::Ok {
            return Err(result);
        }
        let event = Box::from_raw(out.assume_init());
        let mut members = MaybeUninit::uninit();
        let result = oomparse_event_members(Some(&event), Some(&mut members));
        let members = members.assume_init();
        let members = (result == oomparse_result::Ok).then(|| {
            serde_json::from_slice(std::slice::from_raw_parts(
                members.data.cast::<u8>(),
                members.len,
            ))
            .unwrap()
        });
        oomparse_event_free(Some(event));
        members.ok_or(result)
    }
}

/// The same through the call for records.
fn push_record(parser: &oomparse_parser, key: &str, record: &Value) -> (Vec<Value>, Vec<Value>) {
    let answer = answer(parser, key, 0, &record.to_string());
    let late = take(parser).into_iter().map(|(told, event)| {
        assert!(!told);
        event
    });
    let mut after = record.clone();
    match answer {
        Ok(members) => {
            let after = after.as_object_mut().unwrap();
            after.extend(members.as_object().unwrap().clone());
        }
        Err(result) => assert_eq!(result, oomparse_result::Absent),
    }
    (events_in(record, &after).unwrap(), late.collect())
}

#[test]
fn the_scripts_give_the_events_that_they_must() {
    for push in [push_line, push_record] {
        for script in scripts().unwrap() {
            let parser = parser(&script);
            let (mut given, mut late) = (Vec::new(), Vec::new());
            for (at, record) in script.records.iter().enumerate() {
                let (told, others) = push(&parser, &script.stream_of(record), record);
                given.extend(told.into_iter().map(|event| (at, event)));
                late.extend(others);
            }
            right(oomparse_parser_finish(Some(&parser)));
            late.extend(take(&parser).into_iter().map(|(_, event)| event));
            script.check(&given, Some(&late)).unwrap();
            oomparse_parser_free(Some(parser));
        }
    }
}

fn wants(parser: &oomparse_parser, key: &str, line: &str) -> bool {
    let ((data, len), (key, key_len)) = (text(line.as_bytes()), text(key.as_bytes()));
    // SAFETY: line and key stay valid during the call.
    unsafe { oomparse_parser_wants_record(Some(parser), key, key_len, data, len) }
}

#[test]
fn a_record_is_answered_as_its_keys_and_its_time_say() {
    // SAFETY: the library gets objects that it made, and every text stays valid during its call.
    let parser = unsafe {
        let mut options = Box::from_raw(made(|out| oomparse_options_new(Some(out))));
        for key in ["text", "$a['b']"] {
            let (data, len) = text(key.as_bytes());
            right(oomparse_options_add_text_key(Some(&mut options), data, len));
        }
        right(oomparse_options_set_utc_offset(Some(&mut options), 0));
        right(oomparse_options_set_since(
            Some(&mut options),
            1_704_067_200,
        ));
        let parser = Box::from_raw(made(|out| oomparse_parser_new(Some(&options), Some(out))));
        oomparse_options_free(Some(options));
        parser
    };
    let killed = |pid: u32| {
        format!(
            "Dec 31 23:59:59 n1 kernel: [{pid}.1] Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
        )
    };
    let pid = |answer: Result<Value, oomparse_result>, key: &str| {
        let event = &answer.unwrap()[key];
        event["victim"]["pid"].as_u64().unwrap()
    };
    let record = |key: &str, pid: u32| format!("{{\"{key}\":{:?},\"n\":1}}", killed(pid));
    assert!(wants(&parser, "t", &killed(1)) && !wants(&parser, "t", "GET / 200"));
    assert_eq!(pid(answer(&parser, "t", 0, &record("text", 1)), "oom"), 1);
    assert_eq!(pid(answer(&parser, "t", 0, &killed(2)), "oom"), 2);
    let nested = format!("{{\"a\":{},\"oom\":7}}", record("b", 3));
    assert_eq!(pid(answer(&parser, "t", 0, &nested), "oom_event"), 3);
    let full = format!("{{\"text\":{:?},\"oom\":7,\"oom_event\":7}}", killed(4));
    let absent = Err(oomparse_result::Absent);
    assert_eq!(answer(&parser, "t", 0, &full), absent);
    assert_eq!(answer(&parser, "t", 0, &record("message", 5)), absent);
    // From before the start; then in the first minute of 2024.
    assert_eq!(answer(&parser, "t", 1_704_067_199, &killed(6)), absent);
    let answer = answer(&parser, "t", 1_704_067_201, &(killed(7) + "\n")).unwrap();
    assert_eq!(answer["oom"]["time"], "2023-12-31T23:59:59Z");
    assert!(take(&parser).is_empty());
    oomparse_parser_free(Some(parser));
}
