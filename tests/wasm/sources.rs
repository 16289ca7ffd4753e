//! The module that reads daemons' lines too: which daemons, and that it gives what the core gives.

use crate::Kind;
use crate::corpus::through;
use crate::host::Host;
use crate::records;
use crate::wasi::Dirs;
use libtest_mimic::{Failed, Trial};
use oomparse_core::{Accept, Options, Parser};
use oomparse_tests::{Case, cases, lines, negatives};
use serde_json::Value;
use std::path::PathBuf;

type Test = fn(Kind, &[u8]) -> Result<(), Failed>;

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    let tests: [(&str, Test); 5] = [
        ("sources_equal_core", equal_core),
        ("sources_negative_cases_give_no_kill", negative),
        ("sources_a_line_by_itself_is_no_dry_run", alone),
        ("sources_of_a_file", of_a_file),
        ("sources_ordinary_records_cost_little", cost),
    ];
    let test = |(name, test): (&str, Test)| Trial::test(kind.named(name), move || test(kind, wasm));
    tests.into_iter().map(test).collect()
}

fn all(accept: Accept) -> Options {
    let mut options = Options::default();
    options.accept = accept.and_all_daemons();
    options
}

/// What the core makes of the same records when it must answer on each of them.
fn core(case: &Case) -> Vec<Value> {
    let mut parser = Parser::with_options(all(Accept::ANY));
    let mut events = Vec::new();
    for line in lines(&case.input) {
        parser.push_line(&records::tail(line));
        parser.give_waiting();
        while let Some(event) = parser.next_event() {
            events.push(serde_json::from_str(&event.to_json()).expect("the core writes JSON"));
        }
    }
    events
}

fn equal_core(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut of_daemons = 0;
    for case in cases()?.iter().filter(|case| !case.needs_carriers()) {
        let mut engine = kind.start_with(wasm, Dirs::default())?;
        let mut host = Host::new(&mut *engine);
        let given = through(&mut host, "oomparse_filter_any", &case.input)
            .map_err(|e| format!("{}: {e}", case.name))?;
        let lost = host.engine().number("oomparse_lost")?;
        let expected = core(case);
        let mut rest = expected.iter();
        for event in &given {
            if !rest.any(|other| other == event) {
                return Err(format!("{}: the core does not give {event}", case.name).into());
            }
            let is_kernels = matches!(
                event["type"].as_str(),
                Some("kill" | "no_victim" | "report")
            );
            of_daemons += usize::from(!is_kernels);
        }
        if given.len() + usize::try_from(lost)? != expected.len() {
            let (given, expected) = (given.len(), expected.len());
            return Err(format!("{}: {given} and {lost} of {expected}", case.name).into());
        }
    }
    println!("{of_daemons} events of daemons in records");
    if of_daemons < 50 {
        return Err(format!("{of_daemons} events of daemons").into());
    }
    Ok(())
}

fn negative(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    for case in negatives()? {
        for function in ["oomparse_filter", "oomparse_filter_any", "oomparse_lines"] {
            if function != "oomparse_filter" && case.needs_line_above() {
                continue;
            }
            let mut engine = kind.start_with(wasm, Dirs::default())?;
            let events = through(&mut Host::new(&mut *engine), function, &case.input)
                .map_err(|e| format!("{}: {e}", case.name))?;
            // Other killers' lines are among the cases, and are not kills by the kernel.
            if let Some(event) = events.iter().find(|event| event["type"] == "kill") {
                return Err(format!("{}: {function}: {event}", case.name).into());
            }
        }
    }
    Ok(())
}

const OOMD: &str = "Jan  5 02:12:02 n1 systemd-oomd[901]: Killed /a.slice/b.service due to memory pressure for /a.slice being 65.15% > 50.00% for > 20s with reclaim activity";
const EARLYOOM: &str = "Jan  5 02:12:02 n1 earlyoom[77]: sending SIGTERM to process 3112 uid 33 \"php\": oom_score 820, VmRSS 2 MiB, cmdline \"php\"";
const EXITED: &str = "Jan  5 02:12:02 n1 earlyoom[77]: process 3112 exited after 0.1 seconds";

/// Who killed, by these lines.
fn killers(host: &mut Host<'_>, function: &str, log: &[&str]) -> Result<Vec<String>, Failed> {
    let events = through(host, function, log.join("\n").as_bytes())?;
    let killer = |event: &Value| event["killer"].as_str().unwrap_or("nobody").to_owned();
    Ok(events.iter().map(killer).collect())
}

/// The next line may say that nothing was killed.
fn alone(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut engine = kind.start_with(wasm, Dirs::default())?;
    let found = killers(
        &mut Host::new(&mut *engine),
        "oomparse_lines",
        &[EARLYOOM, EXITED, OOMD],
    )?;
    if found != ["systemd-oomd"] {
        return Err(format!("{found:?}").into());
    }
    Ok(())
}

fn of_a_file(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let bare = EXITED.split_once(": ").map_or("", |(_, text)| text);
    let bare_kill = EARLYOOM.split_once(": ").map_or("", |(_, text)| text);
    let log = [OOMD, EARLYOOM, EXITED, bare_kill, bare];
    let refused = "; only the kernel's lines are read\n";
    for (text, killed, said) in [
        (None, &["systemd-oomd", "earlyoom"][..], String::new()),
        (Some("Sources earlyoom\n"), &["earlyoom"], String::new()),
        (Some("# none\nSources\n"), &[], String::new()),
        (
            Some("Sources all\r\nOrigin earlyoom\r\n"),
            &["systemd-oomd", "earlyoom", "earlyoom"],
            String::new(),
        ),
        (
            Some("Sources earlyoom,sh"),
            &[],
            format!(
                "oomparse.conf: Sources: `sh` is not a daemon whose lines are read, as `earlyoom` or `kubelet`{refused}"
            ),
        ),
        (
            Some("\u{fffd}Trust any"),
            &[],
            format!("oomparse.conf: there is no option `\u{fffd}Trust`{refused}"),
        ),
    ] {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("conf-{kind:?}"));
        drop(std::fs::remove_dir_all(&dir));
        std::fs::create_dir_all(&dir)?;
        if let Some(text) = text {
            std::fs::write(dir.join("oomparse.conf"), text)?;
        }
        // In the second directory, and the first one has nothing to say.
        let dirs = vec![PathBuf::from("/nowhere"), dir];
        let mut engine = kind.start_with(wasm, Dirs::new(dirs))?;
        let mut host = Host::new(&mut *engine);
        let found = killers(&mut host, "oomparse_filter_any", &log)?;
        let complaints = String::from_utf8(host.engine().dirs().complaints.clone())?;
        if found != killed || complaints != said {
            return Err(format!("{text:?}: {found:?}, {complaints}").into());
        }
        if host.engine().dirs().open_files() != 0 {
            return Err("a file was left open".into());
        }
    }
    Ok(())
}

/// An ordinary record is searched, not read: by steps of the engine, as it counts them.
fn cost(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    const MOST: u64 = 12_000;
    let mut engine = kind.start_with(wasm, Dirs::default())?;
    let mut host = Host::new(&mut *engine);
    host.record("oomparse_filter", "t", &records::container(0));
    for number in 1..50 {
        host.engine().limit(MOST);
        let record = records::container(number);
        let outcome = host.record("oomparse_filter", "t", &record);
        if outcome != crate::host::Outcome::Same {
            return Err(format!("{outcome:?}").into());
        }
    }
    Ok(())
}
