//! What every host of the parser is held to: `corpus/scripts`, record by record, through the C interface.
#![allow(unsafe_code, reason = "calls as C makes them")]

use oomparse::*;
use oomparse_tests::{Script, scripts};
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
    // SAFETY: the call succeeded, so that it wrote.
    unsafe { out.assume_init() }
}

fn parser(script: &Script) -> Box<oomparse_parser> {
    // SAFETY: what the library made is given to it, and every text stands for the whole of its call.
    unsafe {
        let mut options = Box::from_raw(made(|out| oomparse_options_new(Some(out))));
        let trust = if script.trusts_any {
            oomparse_trust::Any
        } else {
            oomparse_trust::Kernel
        };
        right(oomparse_options_set_trust(Some(&mut options), trust as u32));
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

/// Every event that is ready, and whether the last line tells it.
fn take(parser: &oomparse_parser) -> Vec<(bool, Value)> {
    let mut events = Vec::new();
    loop {
        let mut out = MaybeUninit::uninit();
        if oomparse_parser_next_event(Some(parser), Some(&mut out)) != oomparse_result::Ok {
            return events;
        }
        // SAFETY: the call succeeded, so that an event was written; it is freed once, below.
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

#[test]
fn the_scripts_give_the_events_that_they_must() {
    for script in scripts().unwrap() {
        let parser = parser(&script);
        let (mut given, mut late) = (Vec::new(), Vec::new());
        for (at, record) in script.records.iter().enumerate() {
            let (line, key) = (record.to_string(), script.stream_of(record));
            // SAFETY: line and key stand for the whole of each call.
            unsafe {
                let ((data, len), (key, key_len)) = (text(line.as_bytes()), text(key.as_bytes()));
                right(oomparse_parser_push_keyed(
                    Some(&parser),
                    key,
                    key_len,
                    data,
                    len,
                ));
                right(oomparse_parser_give_waiting_keyed(
                    Some(&parser),
                    key,
                    key_len,
                ));
            }
            for (told, event) in take(&parser) {
                if told {
                    given.push((at, event));
                } else {
                    late.push(event);
                }
            }
        }
        right(oomparse_parser_finish(Some(&parser)));
        late.extend(take(&parser).into_iter().map(|(_, event)| event));
        script.check(&given, Some(&late)).unwrap();
        oomparse_parser_free(Some(parser));
    }
}
