//! One test per folder of `corpus/cases`: the truth holds, and the snapshot equals the output.

use libtest_mimic::{Arguments, Failed, Trial};
use oomparse_tests::{Case, cases, compare, to_snapshot, to_values};
use std::fmt::Write;

/// Fewer cases than this mean that the corpus was not found or was thinned out.
const AT_LEAST: usize = 270;

fn main() {
    let arguments = Arguments::from_args();
    let (trials, found) = match cases() {
        Ok(cases) => {
            let found = cases.len();
            (cases.into_iter().flat_map(tests_of).collect(), found)
        }
        Err(error) => {
            let fail = move || Err(Failed::from(error));
            (vec![Trial::test("corpus can be read", fail)], 0)
        }
    };
    let mut trials: Vec<Trial> = trials;
    trials.push(Trial::test("number of cases", move || {
        if found < AT_LEAST {
            return Err(format!("{found} cases found, there must be {AT_LEAST}").into());
        }
        Ok(())
    }));
    if !arguments.list {
        println!("{found} cases in corpus/cases");
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn tests_of(case: Case) -> [Trial; 3] {
    let [named, truth, snapshot] = [case.clone(), case.clone(), case];
    [
        Trial::test(format!("about::{}", named.name), move || about(&named)),
        Trial::test(format!("truth::{}", truth.name), move || holds(&truth)),
        Trial::test(format!("snapshot::{}", snapshot.name), move || {
            equal(&snapshot)
        }),
    ]
}

/// `case.toml` says where the log is from.
fn about(case: &Case) -> Result<(), Failed> {
    match case.word("kind") {
        Some("captured" | "written") => {}
        _ => return Err("`kind` must be \"captured\" or \"written\"".into()),
    }
    for key in ["kernel", "carrier", "shows", "source", "licence"] {
        if case.word(key).is_none_or(str::is_empty) {
            return Err(format!("case.toml has no `{key}`").into());
        }
    }
    Ok(())
}

fn holds(case: &Case) -> Result<(), Failed> {
    let (truth, count) = case.truth()?;
    let texts = case.events();
    let events = to_values(&texts)?;
    let mut complaint = String::new();
    if events.len() != count {
        let _ = writeln!(complaint, "{count} events expected, {} came", events.len());
        for text in &texts {
            let _ = writeln!(complaint, "    {text}");
        }
    }
    for (index, (truth, event)) in truth.iter().zip(&events).enumerate() {
        for difference in compare(truth, event) {
            let _ = writeln!(complaint, "event {index}: {difference}");
        }
    }
    if complaint.is_empty() {
        Ok(())
    } else {
        Err(complaint.into())
    }
}

fn equal(case: &Case) -> Result<(), Failed> {
    let Some(snapshot) = case.snapshot() else {
        return Err("no snapshot.json: run `cargo xtask bless`, then read what it wrote".into());
    };
    let now = to_snapshot(&case.events());
    if now == snapshot {
        return Ok(());
    }
    let mut complaint = String::new();
    let (mut old, mut new) = (snapshot.lines(), now.lines());
    for index in 0.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let _ = writeln!(
                    complaint,
                    "event {index}\n  snapshot: {old:?}\n  now:      {new:?}"
                );
            }
        }
    }
    complaint.push_str("if this is right, run `cargo xtask bless` and read the difference");
    Err(complaint.into())
}
