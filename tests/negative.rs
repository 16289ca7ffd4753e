//! One test per folder of `corpus/negative`: logs that look like an OOM report but are not one.

use libtest_mimic::{Arguments, Failed, Trial};
use oomparse_tests::{Case, negatives, to_values};

/// Fewer cases than this mean that the corpus was not found or was thinned out.
const AT_LEAST: usize = 30;

fn main() {
    let arguments = Arguments::from_args();
    let found = negatives().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let count = found.len();
    let mut trials: Vec<Trial> = found
        .into_iter()
        .map(|case| Trial::test(case.name.clone(), move || quiet(&case)))
        .collect();
    trials.push(Trial::test("number of cases", move || {
        if count < AT_LEAST {
            return Err(format!("{count} cases found, there must be {AT_LEAST}").into());
        }
        Ok(())
    }));
    if !arguments.list {
        println!("{count} cases in corpus/negative");
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// No event of type `kill`; and as many events as `events` in `case.toml` says, by default none.
fn quiet(case: &Case) -> Result<(), Failed> {
    if case.word("why").is_none_or(str::is_empty) {
        return Err("case.toml does not say `why` this is not a kill".into());
    }
    let texts = case.events();
    for event in to_values(&texts)? {
        if event.get("type").is_some_and(|kind| kind == "kill") {
            return Err(format!("a kill came out: {event}").into());
        }
    }
    let allowed = case.about.get("events").and_then(toml::Value::as_integer);
    let allowed = usize::try_from(allowed.unwrap_or(0)).unwrap_or(0);
    if texts.len() == allowed {
        Ok(())
    } else {
        Err(format!(
            "{allowed} events expected, {} came: {texts:#?}",
            texts.len()
        )
        .into())
    }
}
