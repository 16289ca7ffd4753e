//! Every function's examples, run as they are documented.

use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, Function, TargetValue, TimeZone, compile};
use vrl::value::{Secrets, Value};

fn functions() -> Vec<Box<dyn Function>> {
    vrl::stdlib::all()
        .into_iter()
        .chain(oomparse_vrl::all())
        .collect()
}

fn run(source: &str, value: Value) -> Result<Value, String> {
    let program = compile(source, &functions())
        .unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
        .program;
    let mut target = TargetValue {
        value,
        metadata: Value::Object([].into()),
        secrets: Secrets::default(),
    };
    let (mut state, zone) = (RuntimeState::default(), TimeZone::default());
    let mut context = Context::new(&mut target, &mut state, &zone);
    program
        .resolve(&mut context)
        .map_err(|error| error.to_string())
}

#[test]
fn examples_are_what_comes_out() {
    let mut count = 0;
    for function in oomparse_vrl::all() {
        for example in function.examples() {
            let found = run(example.source, Value::Null);
            match example.result {
                Ok(expected) => {
                    let expected: Value = serde_json::from_str::<serde_json::Value>(expected)
                        .unwrap()
                        .into();
                    assert_eq!(found.unwrap(), expected, "{}", example.title);
                }
                Err(expected) => assert_eq!(found.unwrap_err(), expected, "{}", example.title),
            }
            count += 1;
        }
    }
    assert_eq!(count, 7);
}

#[test]
fn types_are_known_beforehand() {
    // `type` is always a text, so no coalescing is asked for; `victim` may be missing.
    assert!(compile("upcase(parse_oom_line!(\"x\").type)", &functions()).is_ok());
    assert!(compile("upcase(parse_oom_line!(\"x\").host)", &functions()).is_err());
    assert!(
        compile("parse_oom_line(\"x\")", &functions()).is_err(),
        "it can fail"
    );
    assert!(compile("length(parse_oom_report!(\"x\"))", &functions()).is_ok());
    assert!(compile("upcase(parse_pod_cgroup!(\"x\").level)", &functions()).is_ok());
    assert!(compile("parse_pod_cgroup!(1)", &functions()).is_err());
}

#[test]
fn one_line_knows_nothing_of_another() {
    let line =
        Value::from("[1.0] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
    for _ in 0..3 {
        assert!(run("parse_oom_line!(string!(.)).victim", line.clone()).is_ok());
        assert!(
            run(
                "parse_oom_line!(string!(.))",
                Value::from("[1.1] anon-rss:0kB")
            )
            .is_err()
        );
    }
}
