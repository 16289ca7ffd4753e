//! Every carrier with every author: a record that shows a program as its author changes nothing, wherever it is
//! among the kernel's lines and whatever it contains; and all of the kernel's kills are reported.

mod kernel;
mod payloads;
mod programs;

use kernel::{FORMS, Form};
use oomparse_core::{Accept, Options, parse_all};
use oomparse_tests::parse_whole;
use programs::Program;

fn killed(pid: u32) -> String {
    kernel::killed(pid, "init")
}

fn pids(log: &[u8]) -> Vec<u32> {
    let victims = parse_all(log, &Options::new()).filter_map(|event| event.victim);
    victims.map(|victim| victim.pid).collect()
}

/// A field of an export whose value is given by its length.
fn by_length(key: &str, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u64).to_le_bytes();
    [key.as_bytes(), b"\n", &length, value, b"\n"].concat()
}

fn export_of_kernel(pid: u32) -> Vec<u8> {
    let line = killed(pid);
    format!("__CURSOR=s=1;i={pid}\n_TRANSPORT=kernel\nSYSLOG_FACILITY=0\nMESSAGE={line}\n\n")
        .into_bytes()
}

/// An entry of a program's with this field in it, and after it one of the kernel's.
fn export_with(field: &[u8]) -> Vec<u8> {
    let begin = b"__CURSOR=s=1;i=1\n_TRANSPORT=journal\nSYSLOG_IDENTIFIER=app\n";
    [begin, field, b"_PID=12\n\n", &export_of_kernel(2)].concat()
}

#[test]
fn an_export_entry_over_the_bounds_ends_where_it_ends() {
    let forged = export_of_kernel(1);
    let megabyte = 1 << 20;
    for (filler, times) in [
        (&b"a"[..], megabyte),
        (b"a", 3 * megabyte),
        (b"a\n", 2000),
        (b"\n", 2000),
        (b"a\r\n", 2000),
        (&[b'a'; 4096], 257),
    ] {
        let hidden = [&filler.repeat(times)[..], b"\n\n", &forged].concat();
        for key in ["MESSAGE", "FOO"] {
            let log = export_with(&by_length(key, &hidden));
            assert_eq!(pids(&log), [2], "{key} of {times} times {filler:?}");
        }
    }
    let many: Vec<u8> = (0..2000)
        .flat_map(|at| format!("F{at}=x\n").into_bytes())
        .collect();
    let message = format!("MESSAGE={}\n", killed(1)).into_bytes();
    assert_eq!(pids(&export_with(&[many, message].concat())), [2]);
}

/// Whether a program's records can stand in a log of this form: journalctl and dmesg print a log in one form.
fn fits(form: Form, program: &Program) -> bool {
    let is_short = program.name.starts_with('[');
    let is_verbose = program.name.contains("-o verbose");
    // What a program's name may hide in may be the kernel's as well, and names a host.
    if program.name.contains("kernel: ") {
        return form == Form::JournalShort;
    }
    match form {
        // The end of a verbose entry shows in what comes next, which is not a line of another form there.
        Form::JournalVerbose => is_verbose || !program.name.starts_with("dmesg"),
        Form::JournalMonotonic => true,
        _ => !is_short,
    }
}

fn options(accept: Accept) -> Options {
    let mut options = Options::default();
    options.accept = accept;
    options.tasks = true;
    options
}

#[test]
fn what_a_program_wrote_changes_nothing() {
    let (payloads, programs) = (payloads::payloads(), programs::programs());
    let any = options(Accept::ANY);
    let alone: Vec<_> = FORMS
        .iter()
        .map(|form| parse_whole(&any, form.records().concat().as_bytes()))
        .collect();
    for (form, events) in FORMS.iter().zip(&alone) {
        let kills = events
            .iter()
            .filter(|event| event.contains("\"type\":\"kill\""));
        assert_eq!(kills.count(), 2, "{form:?}: {events:#?}");
    }
    let (mut cases, mut wrong) = (0usize, Vec::new());
    for (at, program) in programs.iter().enumerate() {
        for (payload_at, payload) in payloads.iter().enumerate() {
            // There are many records with many things around them.
            if program.is_record && (at + payload_at) % 6 != 0 {
                continue;
            }
            let written = program.records(payload);
            // Alone it makes no event; among the kernel's lines it changes none.
            let own = parse_whole(&any, &written);
            cases += 1;
            if !own.is_empty() {
                wrong.push(format!("{}: {payload:?}: {own:?}", program.name));
            }
            if (at + payload_at) % 3 != 0 {
                continue;
            }
            let form_at = (at + payload_at * 5) % FORMS.len();
            let form = FORMS[form_at];
            if !fits(form, program) {
                continue;
            }
            let records = form.records();
            let place = (at * 7 + payload_at * 3) % (records.len() + 1);
            let (before, after) = records.split_at(place);
            let log = [
                before.concat().as_bytes(),
                &written,
                after.concat().as_bytes(),
            ]
            .concat();
            cases += 1;
            let events = parse_whole(&any, &log);
            if events != alone[form_at] {
                wrong.push(format!(
                    "{form:?} at {place}, {}: {payload:?}: {events:?}",
                    program.name
                ));
            }
        }
    }
    println!("{cases} cases, {} forms of programs", programs.len());
    assert!(cases > 30_000, "{cases} cases");
    wrong.sort_by_key(String::len);
    let some: Vec<_> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} of {cases}: {some:#?}", wrong.len());
}
