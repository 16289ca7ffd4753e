//! `parse_oom_line` gives what a parser gives that sees the line alone: over every line of the corpus, as it
//! is and as it comes out of mail, other line ends, and pastes.

use oomparse_core::{OomEvent, Parser};
use std::fs;
use std::path::Path;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, Program, TargetValue, TimeZone, compile};
use vrl::value::{Secrets, Value};

fn program() -> Program {
    let mut functions = vrl::stdlib::all();
    functions.extend(oomparse_vrl::all());
    compile("parse_oom_line!(string!(.))", &functions)
        .unwrap_or_else(|errors| panic!("{errors:?}"))
        .program
}

fn parser_says(line: &[u8]) -> Option<Value> {
    let mut parser = Parser::new();
    parser.push_line(line);
    parser.finish();
    let event = OomEvent::of_record(std::iter::from_fn(|| parser.next_event()))?;
    Some(Value::from(serde_json::to_value(&event).unwrap()))
}

fn function_says(program: &Program, line: &[u8]) -> Option<Value> {
    let mut target = TargetValue {
        value: Value::from(line),
        metadata: Value::Object([].into()),
        secrets: Secrets::default(),
    };
    let (mut state, zone) = (RuntimeState::default(), TimeZone::default());
    let mut context = Context::new(&mut target, &mut state, &zone);
    program.resolve(&mut context).ok()
}

/// Compares for one line; says whether there was an event.
fn is_same(program: &Program, line: &[u8]) -> bool {
    let found = function_says(program, line);
    assert_eq!(found, parser_says(line), "{}", line.escape_ascii());
    found.is_some()
}

#[test]
fn every_line_of_the_corpus() {
    let program = program();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/cases");
    let (mut lines, mut events) = (0, 0);
    let mut last: Vec<u8> = Vec::new();
    let mut cases: Vec<_> = fs::read_dir(cases).unwrap().map(Result::unwrap).collect();
    cases.sort_by_key(fs::DirEntry::path);
    for case in cases {
        let log = fs::read(case.path().join("input.log")).unwrap();
        for line in log.split(|byte| *byte == b'\n') {
            lines += 1;
            if !is_same(&program, line) {
                continue;
            }
            events += 1;
            is_same(&program, &[line, b"\r".as_slice()].concat());
            is_same(&program, &[b"> ".as_slice(), line].concat());
            is_same(&program, &[line, b" ", last.as_slice()].concat());
            is_same(&program, &[last.as_slice(), b" ", line].concat());
            let quoted = String::from_utf8_lossy(line).replace('=', "=3D");
            is_same(&program, quoted.as_bytes());
            for len in (0..line.len()).step_by(7) {
                is_same(&program, &line[..len]);
            }
            last = line.to_vec();
        }
    }
    println!("{lines} lines, {events} events");
    assert!(events > 1000, "{events}");
}
