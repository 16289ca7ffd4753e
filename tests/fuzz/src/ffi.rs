//! The C interface, called as C does: any bytes, any numbers, any NULL; what it says is what the core says.
#![allow(unsafe_code, reason = "calls as C makes them")]

use oomparse::*;
use oomparse_core::{OomEvent, Options, Parser};
use std::ffi::c_char;
use std::mem::MaybeUninit;

/// Longest input: each is parsed four times.
const MAX_INPUT: usize = 32 << 10;

/// Numbers of fields, lists and figures that are tried: those that exist and those around them.
const NUMBERS: core::ops::Range<u32> = 0..160;

/// A pointer and a length, as C hands over text.
fn c(text: &[u8]) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

/// Calls a function that gives a value; what it gave if it says that it did.
fn out<T: Copy>(
    call: impl FnOnce(Option<&mut MaybeUninit<T>>) -> oomparse_result,
) -> Result<T, oomparse_result> {
    let mut value = MaybeUninit::uninit();
    match call(Some(&mut value)) {
        // SAFETY: `OK` promises that the value was written.
        oomparse_result::Ok => Ok(unsafe { value.assume_init() }),
        oomparse_result::Panic => panic!("a panic inside the library"),
        other => Err(other),
    }
}

/// The bytes of a view whose object still stands.
fn bytes(view: oomparse_str) -> Vec<u8> {
    if view.data.is_null() {
        assert_eq!(view.len, 0, "NULL of a length");
        return Vec::new();
    }
    // SAFETY: the library promises `len` bytes; an address sanitizer checks the promise.
    unsafe { std::slice::from_raw_parts(view.data.cast::<u8>(), view.len) }.to_vec()
}

/// An event taken from a parser, freed at its end.
struct Event(*mut oomparse_event);

impl Event {
    fn get(&self) -> Option<&oomparse_event> {
        // SAFETY: the library gave it, and only `drop` ends it.
        unsafe { self.0.as_ref() }
    }

    fn json(&self) -> String {
        let json = out(|to| oomparse_event_to_json(self.get(), to)).expect("an event has a JSON");
        String::from_utf8(bytes(json)).expect("JSON is UTF-8")
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: given by the library as the caller's own, and given back once.
        oomparse_event_free(Some(unsafe { Box::from_raw(self.0) }));
    }
}

/// Logs through the C interface and through the core give the same JSON.
pub fn ffi(data: &[u8]) {
    let data = &data[..data.len().min(MAX_INPUT)];
    let (first, log) = data.split_first().unwrap_or((&0, &[]));
    let (tasks, size) = (first & 1 == 1, usize::from(first >> 1) + 1);

    let options = out(|to| oomparse_options_new(to)).expect("options");
    // SAFETY: given by the library as the caller's own.
    let mut options = unsafe { Box::from_raw(options) };
    assert!(oomparse_options_set_tasks(Some(&mut options), tasks) == oomparse_result::Ok);
    // Numbers as they come: refused or taken, never a panic.
    let word = log
        .iter()
        .take(8)
        .fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let spare = out(|to| oomparse_options_new(to)).expect("options");
    // SAFETY: as above; a unique pointer.
    let spare_options = unsafe { spare.as_mut() };
    spared(spare_options, word, log);
    let parser = out(|to| oomparse_parser_new(Some(&options), to)).expect("a parser");
    oomparse_options_free(Some(options));
    // SAFETY: given by the library as the caller's own.
    let parser = unsafe { Box::from_raw(parser) };
    for piece in log.chunks(size) {
        let (at, len) = c(piece);
        // SAFETY: the piece stands until the call returns.
        let result = unsafe { oomparse_parser_push_chunk(Some(&parser), at, len) };
        assert!(result == oomparse_result::Ok);
    }
    assert!(oomparse_parser_finish(Some(&parser)) == oomparse_result::Ok);
    let mut events = Vec::new();
    while let Ok(event) = out(|to| oomparse_parser_next_event(Some(&parser), to)) {
        events.push(Event(event));
    }
    // Events may outlive their parser.
    oomparse_parser_free(Some(parser));

    let mut core_options = Options::default();
    core_options.tasks = tasks;
    let expected = core_events(core_options, log);
    assert_eq!(events.len(), expected.len());
    for (event, expected) in events.iter().zip(&expected) {
        assert_eq!(event.json(), expected.to_json());
        values(event, expected);
        lists(event, expected);
    }
    keyed(log, size);
    names(log, &events);
    // SAFETY: `spare` is the caller's own and freed once.
    let spare = unsafe { Box::from_raw(spare) };
    spare_parser(&spare, log);
    oomparse_options_free(Some(spare));
}

fn core_events(options: Options, log: &[u8]) -> Vec<OomEvent> {
    let mut parser = Parser::with_options(options);
    parser.push_chunk(log);
    parser.finish();
    std::iter::from_fn(|| parser.next_event()).collect()
}

/// Options of any number and text.
fn spared(mut options: Option<&mut oomparse_options>, word: u64, log: &[u8]) {
    let year = u16::try_from(word & 0xffff).unwrap_or_default();
    let minutes = i16::from_ne_bytes([log.first().copied().unwrap_or(0), log.len() as u8]);
    let number = u32::try_from(word & 7).unwrap_or_default();
    let (at, len) = c(&log[..log.len().min(64)]);
    let size = usize::try_from(word >> 32).unwrap_or_default() % 2048;
    // SAFETY: the text stands until the call returns.
    let text = unsafe {
        [
            oomparse_options_set_host(options.as_deref_mut(), at, len),
            oomparse_options_set_boot_id(options.as_deref_mut(), at, len),
            oomparse_options_set_host(options.as_deref_mut(), at, usize::MAX),
            oomparse_options_set_host(options.as_deref_mut(), std::ptr::null(), 1),
        ]
    };
    let numbers = [
        oomparse_options_set_year(options.as_deref_mut(), year),
        oomparse_options_set_utc_offset(options.as_deref_mut(), minutes),
        oomparse_options_set_trust(options.as_deref_mut(), number),
        oomparse_options_set_max_streams(options.as_deref_mut(), size),
        oomparse_options_set_max_events(options, size),
        oomparse_options_set_tasks(None, true),
    ];
    for result in text.into_iter().chain(numbers) {
        assert!(result != oomparse_result::Panic);
    }
    assert!(text[2] == oomparse_result::InvalidLength || text[2] == oomparse_result::NullParameter);
    assert!(text[3] == oomparse_result::NullParameter);
}

/// A parser with such options takes lines, and asks for more or not.
fn spare_parser(options: &oomparse_options, log: &[u8]) {
    let Ok(parser) = out(|to| oomparse_parser_new(Some(options), to)) else {
        return;
    };
    // SAFETY: given by the library as the caller's own.
    let parser = unsafe { Box::from_raw(parser) };
    let core = Parser::new();
    for line in log.split(|byte| *byte == b'\n').take(64) {
        let (at, len) = c(line);
        // SAFETY: the line stands until the call returns.
        let candidate = unsafe { oomparse_line_is_candidate(at, len) };
        assert_eq!(candidate, core.is_candidate(line));
        // SAFETY: the same.
        let result = unsafe { oomparse_parser_push(Some(&parser), at, len) };
        assert!(result == oomparse_result::Ok);
        out(|to| oomparse_parser_wants_every_line(Some(&parser), to)).expect("an answer");
    }
    out(|to| oomparse_parser_dropped_events(Some(&parser), to)).expect("a number");
    // Not finished: what is open is dropped.
    oomparse_parser_free(Some(parser));
}

/// Every number of a field gives its value through its own function, and only through that.
fn values(event: &Event, expected: &OomEvent) {
    let event = event.get();
    for field in NUMBERS {
        let kind = oomparse_field_kind(field);
        let wrong = |result: Result<(), oomparse_result>, own: u32| match result {
            Ok(()) => assert_eq!(kind, own, "field {field}"),
            Err(oomparse_result::Absent) => assert_eq!(kind, own, "field {field}"),
            Err(oomparse_result::UnknownField) => assert_eq!(kind, 0, "field {field}"),
            Err(oomparse_result::WrongKind) => assert!(kind != own && kind != 0, "field {field}"),
            Err(_) => panic!("field {field}"),
        };
        wrong(
            out(|to| oomparse_event_get_str(event, field, to))
                .map(bytes)
                .map(drop),
            1,
        );
        wrong(
            out(|to| oomparse_event_get_u64(event, field, to)).map(drop),
            2,
        );
        wrong(
            out(|to| oomparse_event_get_i64(event, field, to)).map(drop),
            3,
        );
        wrong(
            out(|to| oomparse_event_get_bool(event, field, to)).map(drop),
            4,
        );
        assert_eq!(
            oomparse_field_name(field).is_null(),
            kind == 0,
            "field {field}"
        );
    }
    let pid = out(|to| oomparse_event_get_u64(event, oomparse_field::VictimPid as u32, to)).ok();
    let victim = expected.victim.as_ref();
    assert_eq!(pid, victim.map(|victim| u64::from(victim.pid)));
}

/// Lists end where they say.
fn lists(event: &Event, expected: &OomEvent) {
    let event = event.get();
    for list in 0..8 {
        let Ok(len) = out(|to| oomparse_event_list_len(event, list, to)) else {
            continue;
        };
        for index in 0..len {
            bytes(out(|to| oomparse_event_list_str(event, list, index, to)).expect("an entry"));
        }
        for beyond in [len, usize::MAX] {
            assert!(out(|to| oomparse_event_list_str(event, list, beyond, to)).is_err());
        }
    }
    let rows = out(|to| oomparse_event_tasks_len(event, to)).unwrap_or(0);
    assert_eq!(rows, expected.tasks.len());
    for row in 0..rows {
        let _ = out(|to| oomparse_event_get_task_comm(event, row, to)).map(bytes);
        for figure in 0..20 {
            let _ = out(|to| oomparse_event_get_task(event, row, figure, to));
        }
    }
    assert!(out(|to| oomparse_event_get_task_comm(event, rows, to)).is_err());
    for block in 0..3 {
        for index in 0..out(|to| oomparse_event_stats_len(event, block, to)).unwrap_or(0) {
            let mut value = MaybeUninit::uninit();
            let key = out(|to| oomparse_event_get_stat(event, block, index, to, Some(&mut value)));
            bytes(key.expect("a figure"));
        }
    }
    let mut copy = out(|to| oomparse_event_clone(event, to))
        .map(Event)
        .expect("a copy");
    assert_eq!(copy.json(), expected.to_json());
    copy = out(|to| oomparse_event_clone(copy.get(), to))
        .map(Event)
        .expect("a copy of a copy");
    assert_eq!(copy.json(), expected.to_json());
}

/// Two keys with the same log give the same events each.
fn keyed(log: &[u8], size: usize) {
    let parser = out(|to| oomparse_parser_new(None, to)).expect("a parser");
    // SAFETY: given by the library as the caller's own.
    let parser = unsafe { Box::from_raw(parser) };
    let keys = [b"a".as_slice(), b"b\0c"];
    for piece in log.chunks(size.max(7)) {
        for key in keys {
            let ((key, key_len), (at, len)) = (c(key), c(piece));
            // SAFETY: key and piece stand until the call returns.
            let result =
                unsafe { oomparse_parser_push_chunk_keyed(Some(&parser), key, key_len, at, len) };
            assert!(result == oomparse_result::Ok);
        }
    }
    for key in keys {
        let (key, len) = c(key);
        // SAFETY: the key stands until the call returns.
        let result = unsafe { oomparse_parser_finish_keyed(Some(&parser), key, len) };
        assert!(result == oomparse_result::Ok);
    }
    let mut of_key = [Vec::new(), Vec::new()];
    while let Ok(event) = out(|to| oomparse_parser_next_event(Some(&parser), to)) {
        let event = Event(event);
        let key = bytes(out(|to| oomparse_event_key(event.get(), to)).expect("a key"));
        of_key[usize::from(key == keys[1])].push(event.json());
    }
    oomparse_parser_free(Some(parser));
    let [a, b] = of_key;
    assert_eq!(a, b);
}

/// A table of pods from any bytes, and what it adds to events.
fn names(listing: &[u8], events: &[Event]) {
    let pods = out(|to| oomparse_pods_new(to)).expect("a table");
    // SAFETY: given by the library as the caller's own.
    let pods = unsafe { Box::from_raw(pods) };
    let (at, len) = c(listing);
    // SAFETY: the bytes stand until each call returns.
    unsafe {
        let _ = out(|to| oomparse_pods_load(Some(&pods), at, len, to));
        assert!(oomparse_pods_load(Some(&pods), at, len, None) != oomparse_result::Panic);
        let (daemon, daemon_len) = c(b"kubelet");
        let learnt = oomparse_pods_learn(Some(&pods), daemon, daemon_len, at, len);
        assert!(learnt != oomparse_result::Panic);
        let short = len.min(64);
        assert!(oomparse_pods_keep_labels(Some(&pods), at, short) != oomparse_result::Panic);
        let mut cgroup = MaybeUninit::uninit();
        let parsed = oomparse_cgroup_parse(at, len, Some(&mut cgroup));
        assert!(parsed != oomparse_result::Panic);
        for found in [
            out(|to| oomparse_pods_lookup(Some(&pods), at, short, to)),
            out(|to| oomparse_pods_lookup_container(Some(&pods), at, short, to)),
        ] {
            let Ok(found) = found else { continue };
            let found = Box::from_raw(found);
            for name in 0..12 {
                let _ = out(|to| oomparse_names_get(Some(&found), name, to)).map(bytes);
            }
            oomparse_names_free(Some(found));
        }
    }
    for event in events {
        let mut copy = out(|to| oomparse_event_clone(event.get(), to))
            .map(Event)
            .expect("a copy");
        // SAFETY: the copy is this function's own.
        let result = oomparse_pods_enrich(Some(&pods), unsafe { copy.0.as_mut() });
        assert!(result != oomparse_result::Panic);
        assert!(copy.json().ends_with('}'));
        copy = out(|to| oomparse_event_clone(copy.get(), to))
            .map(Event)
            .expect("a copy");
        drop(copy);
    }
    oomparse_pods_free(Some(pods));
}
