//! The filter in a small host that calls it as Fluent Bit does: under sanitizers and valgrind, with both
//! formats of log events, over the whole corpus.

use oomparse_tests::{Case, cases, lines, negatives, parse_records};
use rmpv::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

const TASK: &str = "[9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=memc,pid=7,uid=0";
const KILLED: &str = "[9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:968";
/// A kill whose cgroup nothing shows: it waits for the next line.
const ALONE: &str =
    "[19.2] Out of memory: Killed process 8 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
const POD_DIR: &str = "default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589";

fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oomparse-fluent-bit");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{errors}",
        output.status
    );
    output
}

/// The filter under the name that Fluent Bit wants.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let build = ["build", "--quiet", "--package", "oomparse-fluent-bit"];
        run(Command::new(env!("CARGO")).args(build).current_dir(root));
        // .../target/<profile>/deps/<test>
        let test = std::env::current_exe().unwrap();
        let built = test
            .ancestors()
            .nth(2)
            .unwrap()
            .join("libflb_filter_oomparse.so");
        let named = scratch("flb-filter_oomparse.so");
        std::fs::copy(built, &named).unwrap();
        named
    })
}

fn host(name: &str, flags: &[&str]) -> PathBuf {
    let out = scratch(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host.c");
    let mut compiler = Command::new("gcc");
    compiler.args([
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-g",
        "-O1",
        "-rdynamic",
    ]);
    run(compiler
        .args(flags)
        .arg(source)
        .args(["-ldl", "-o"])
        .arg(&out));
    out
}

fn sanitized() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| host("host-sanitized", &["-fsanitize=address,undefined"]))
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(
        pairs
            .iter()
            .map(|(key, value)| ((*key).into(), value.clone()))
            .collect(),
    )
}

fn stamp(seconds: u32) -> Value {
    Value::Ext(0, [seconds.to_be_bytes(), 5u32.to_be_bytes()].concat())
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

/// A log event of format v2 with metadata.
fn v2(seconds: u32, body: Value) -> Value {
    let head = Value::Array(vec![stamp(seconds), map(&[("kept", "yes".into())])]);
    Value::Array(vec![head, body])
}

/// A log event of format v1.
fn v1(seconds: u32, body: Value) -> Value {
    Value::Array(vec![stamp(seconds), body])
}

fn log(text: &str) -> Value {
    map(&[("log", Value::from(text))])
}

fn chunk(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(bytes).collect()
}

fn events(chunk: &[u8]) -> Vec<Value> {
    let mut rest = chunk;
    let mut events = Vec::new();
    while !rest.is_empty() {
        events.push(rmpv::decode::read_value(&mut rest).unwrap());
    }
    events
}

fn body(event: &Value) -> &Value {
    &event.as_array().unwrap()[1]
}

fn get<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, key| {
        let pairs = value.as_map()?;
        pairs
            .iter()
            .find(|(name, _)| name.as_str() == Some(key))
            .map(|(_, value)| value)
    })
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    get(value, path)
        .and_then(Value::as_str)
        .unwrap_or("nothing")
}

/// What the host answered: each chunk as it goes on, whether it was touched, and what was logged.
struct Answer {
    chunks: Vec<Vec<u8>>,
    touched: Vec<bool>,
    log: String,
}

/// Runs chunks through the filter; `name` distinguishes tests that run at the same time.
fn filter(
    name: &str,
    host: &Path,
    under: &[&str],
    options: &[&str],
    chunks: &[(&str, Vec<u8>)],
) -> Answer {
    let mut list = String::new();
    let mut outs = Vec::new();
    for (index, (tag, chunk)) in chunks.iter().enumerate() {
        let (input, output) = (
            scratch(&format!("{name}-{index}.in")),
            scratch(&format!("{name}-{index}.out")),
        );
        std::fs::write(&input, chunk).unwrap();
        list.push_str(&format!(
            "{tag}\t{}\t{}\n",
            input.display(),
            output.display()
        ));
        outs.push((input, output));
    }
    let mut words: Vec<std::ffi::OsString> = under.iter().map(Into::into).collect();
    words.push(host.into());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(library()).args(options);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {log}", output.status);
    let answers = String::from_utf8(output.stdout).unwrap();
    let touched = answers.lines().map(|line| line == "1").collect();
    let read = |(input, output): &(PathBuf, PathBuf)| {
        let bytes = std::fs::read(output).unwrap();
        std::fs::remove_file(input).unwrap();
        std::fs::remove_file(output).unwrap();
        bytes
    };
    Answer {
        chunks: outs.iter().map(read).collect(),
        touched,
        log,
    }
}

fn simple(name: &str, options: &[&str], events: &[Value]) -> (Vec<Value>, Answer) {
    let answer = filter(
        name,
        sanitized(),
        &[],
        options,
        &[("tail.0", chunk(events))],
    );
    (self::events(&answer.chunks[0]), answer)
}

/// A directory as /var/log/pods.
fn pods() -> String {
    let dir = scratch("pods");
    std::fs::create_dir_all(dir.join(POD_DIR).join("app")).unwrap();
    format!("Pods={}", dir.display())
}

#[test]
fn chunks_without_a_candidate_are_not_touched() {
    let ordinary = chunk(&[v2(1, log("the quick brown fox")), v1(2, log("jumps"))]);
    let answer = filter(
        "ordinary",
        sanitized(),
        &[],
        &[],
        &[("a", ordinary.clone()), ("a", b"\xc1\xff".to_vec())],
    );
    assert_eq!(answer.touched, [false, false]);
    assert_eq!(answer.chunks[0], ordinary);
    assert!(
        answer.log.contains("0 of 2 chunks decoded"),
        "{}",
        answer.log
    );
}

#[test]
fn the_event_goes_into_the_record_that_completes_it() {
    for (name, event) in [("v1", v1 as fn(u32, Value) -> Value), ("v2", v2)] {
        let group = |seconds: u32| v2(seconds, map(&[("resource", "r".into())]));
        let input = [
            group(u32::MAX),
            event(1, log("before")),
            event(2, log(TASK)),
            event(
                3,
                map(&[("log", KILLED.into()), ("file", "/var/log/x".into())]),
            ),
            event(4, log("after")),
            group(u32::MAX - 1),
        ];
        let (output, _) = simple(name, &["Trust=any", &pods()], &input);
        assert_eq!(output.len(), input.len());
        for at in [0, 1, 2, 4, 5] {
            assert_eq!(output[at], input[at]);
        }
        // Head and metadata are as they were, and so are the record's own keys.
        assert_eq!(
            output[3].as_array().unwrap()[0],
            input[3].as_array().unwrap()[0]
        );
        let body = body(&output[3]);
        assert_eq!(text(body, "log"), KILLED);
        assert_eq!(text(body, "file"), "/var/log/x");
        assert_eq!(get(body, "oom.victim.pid"), Some(&7.into()));
        assert_eq!(text(body, "oom.pod.name"), "web-0");
        assert_eq!(text(body, "kubernetes.pod_name"), "web-0");
        assert_eq!(text(body, "kubernetes.namespace_name"), "default");
        assert_eq!(
            text(body, "kubernetes.pod_id"),
            "3962896b-ab69-4572-8f1d-ee756f9f3589"
        );
        assert!(text(body, "kubernetes.docker_id").starts_with("a2172e8d1101"));
    }
}

#[test]
fn a_report_over_several_chunks_and_tags() {
    let one = |text: &str| chunk(&[v2(1, log(text))]);
    let chunks = [
        ("a", one(TASK)),
        ("b", one(KILLED)),
        ("b", one("x")),
        ("a", one("x")),
        ("a", one(KILLED)),
    ];
    let answer = filter("tags", sanitized(), &[], &["Trust=any"], &chunks);
    let last = events(&answer.chunks[4]);
    assert!(get(body(&last[0]), "oom.pod.uid").is_some());
    // The kill of tag b knows nothing of tag a's cgroup.
    let other = events(&answer.chunks[1]);
    assert_eq!(get(body(&other[0]), "oom.victim.pid"), Some(&7.into()));
    assert!(get(body(&other[0]), "oom.pod").is_none());
    assert_eq!(answer.touched, [false, true, false, false, true]);
    assert!(
        answer.log.contains("2 events; 0 had no record"),
        "{}",
        answer.log
    );
}

#[test]
fn late_events_go_into_no_other_record_and_are_given_out_alone() {
    // A report that names nobody ends with the beginning of the next one.
    let invoked = |at: &str| {
        log(&format!(
            "[{at}] java invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0"
        ))
    };
    let input = [v2(1, invoked("9.0")), v2(2, invoked("99.0"))];
    let (output, answer) = simple("late-enrich", &["Trust=any"], &input);
    assert_eq!(output, input);
    assert!(
        answer.log.contains("0 events; 2 had no record"),
        "{}",
        answer.log
    );
    let (output, _) = simple("late-events", &["Trust=any", "mode=events"], &input);
    assert_eq!(output.len(), 3);
    let alone: Vec<_> = output
        .iter()
        .filter(|event| get(body(event), "oom").is_some())
        .collect();
    assert_eq!(text(body(alone[0]), "oom.type"), "report");
    let kept: Vec<_> = output
        .iter()
        .filter(|event| get(body(event), "oom").is_none())
        .cloned()
        .collect();
    assert_eq!(kept, input);
}

#[test]
fn the_reports_lines_are_dropped_only_when_asked() {
    let input = [
        v2(1, log("a")),
        v2(2, log(TASK)),
        v2(3, log(KILLED)),
        v2(4, log("b")),
    ];
    let (output, _) = simple("kept", &["Trust=any", "Mode=events"], &input);
    assert_eq!(output.len(), 5);
    assert_eq!(text(body(&output[2]), "log"), KILLED);
    assert_eq!(
        output[3].as_array().unwrap()[0],
        input[2].as_array().unwrap()[0]
    );
    let (output, answer) = simple(
        "dropped",
        &["Trust=any", "Mode=events", "Drop_Report=On"],
        &input,
    );
    assert_eq!(output.len(), 3);
    assert_eq!((&output[0], &output[2]), (&input[0], &input[3]));
    assert!(get(body(&output[1]), "oom.victim").is_some());
    let only = [v2(2, log(TASK))];
    let (output, _) = simple(
        "all-dropped",
        &["Trust=any", "Mode=events", "Drop_Report=On"],
        &only,
    );
    assert!(output.is_empty() && answer.touched == [true]);
    // The last kill does not wait for a line that never comes.
    let (output, answer) = simple(
        "dropped-bare",
        &["Trust=any", "Mode=events", "Drop_Report=On"],
        &[v2(3, log(ALONE))],
    );
    assert_eq!(output.len(), 1);
    assert_eq!(get(body(&output[0]), "oom.victim.pid"), Some(&8.into()));
    assert!(!answer.log.contains("open at the end: "), "{}", answer.log);
    // What is open when the host ends has no record any more: it goes to the host's log.
    let (output, answer) = simple(
        "dropped-open",
        &["Trust=any", "Mode=events", "Drop_Report=On"],
        &[v2(3, log(TASK))],
    );
    assert!(output.is_empty());
    let told = answer.log.split_once("was open at the end: ").unwrap().1;
    assert!(
        told.starts_with("{\"schema\":") && told.contains("\"pid\":7,"),
        "{told}"
    );
}

#[test]
fn the_struct_is_all_that_the_library_shows() {
    let nm = ["--dynamic", "--defined-only", "--format=posix"];
    let output = run(Command::new("nm").args(nm).arg(library()));
    let shown = String::from_utf8(output.stdout).unwrap();
    let names: Vec<_> = shown
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, ["filter_oomparse_plugin"]);
    let output = run(Command::new("readelf").arg("--dynamic").arg(library()));
    assert!(String::from_utf8_lossy(&output.stdout).contains("NODELETE"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn only_the_kernels_word_counts_by_default() {
    let kmsg = |text: &str| {
        let pairs = [
            ("priority", Value::from(6)),
            ("sequence", 5452.into()),
            ("sec", 9.into()),
            ("usec", 100.into()),
            ("msg", text.into()),
        ];
        map(&pairs)
    };
    let journal = |text: &str, facility: &str| {
        let pairs = [
            ("_TRANSPORT", "kernel"),
            ("SYSLOG_FACILITY", facility),
            ("MESSAGE", text),
            ("_HOSTNAME", "n1"),
        ];
        map(&pairs.map(|(key, value)| (key, Value::from(value))))
    };
    let syslog = |text: &str| log(&format!("Jan  5 02:12:02 n1 kernel: {text}"));
    let contained = |text: &str| map(&[("log", text.into()), ("stream", "stdout".into())]);
    let within = |text: &str| {
        map(&[
            ("msg", text.into()),
            ("kubernetes", map(&[("pod_name", "x".into())])),
        ])
    };
    let plain = (&TASK[6..], &KILLED[6..]);
    let cases: [(&str, [Value; 2], bool); 8] = [
        ("kmsg", [kmsg(plain.0), kmsg(plain.1)], true),
        (
            "journal",
            [journal(plain.0, "0"), journal(plain.1, "0")],
            true,
        ),
        (
            "journal-1",
            [journal(plain.0, "1"), journal(plain.1, "1")],
            false,
        ),
        ("syslog", [syslog(TASK), syslog(KILLED)], true),
        ("plain", [log(TASK), log(KILLED)], false),
        ("stream", [contained(TASK), contained(KILLED)], false),
        (
            "stream-syslog",
            [contained("Jan  5 02:12:02 n1 kernel: x"), contained(KILLED)],
            false,
        ),
        ("kubernetes", [within(TASK), within(KILLED)], false),
    ];
    for (name, bodies, proven) in cases {
        let input = bodies.map(|body| v2(1_700_000_000, body));
        let (output, _) = simple(&format!("trust-{name}"), &[], &input);
        assert_eq!(get(body(&output[1]), "oom").is_some(), proven, "{name}");
        if !proven {
            assert_eq!(output, input, "{name}");
        }
        let contained = name.starts_with("stream") || name == "kubernetes" || name == "journal-1";
        let (output, _) = simple(&format!("any-{name}"), &["Trust=any"], &input);
        assert_eq!(
            get(body(&output[1]), "oom").is_some(),
            !contained,
            "any {name}"
        );
    }
}

#[test]
fn the_users_keys_stay() {
    let record = map(&[
        ("log", KILLED.into()),
        ("oom", 1.into()),
        ("kubernetes", "mine".into()),
    ]);
    let input = [v2(1, log(TASK)), v2(2, record)];
    let (output, _) = simple("users", &["Trust=any", &pods()], &input);
    // `kubernetes` says that a container printed it.
    assert_eq!(output, input);
    let record = map(&[
        ("text", KILLED.into()),
        ("oom", 1.into()),
        ("log", "other".into()),
    ]);
    let input = [v2(1, map(&[("text", TASK.into())])), v2(2, record)];
    let (output, _) = simple("users-key", &["Trust=any", "Key=text,log"], &input);
    assert_eq!(get(body(&output[1]), "oom"), Some(&1.into()));
    assert_eq!(
        get(body(&output[1]), "oom_event.victim.pid"),
        Some(&7.into())
    );
    let (output, _) = simple(
        "event-key",
        &["Trust=any", "Key=text", "Event_Key=kill"],
        &input,
    );
    assert_eq!(get(body(&output[1]), "kill.victim.pid"), Some(&7.into()));
}

#[test]
fn what_cannot_be_is_refused_with_a_sentence() {
    let refuse = |host: &Path, options: &[&str]| {
        let output = Command::new(host)
            .arg(library())
            .args(options)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let log = refuse(sanitized(), &["Mdoe=events"]);
    assert!(
        log.contains("[error] [filter:oomparse] `Mdoe` is not an option"),
        "{log}"
    );
    let log = refuse(sanitized(), &["Mode=event"]);
    assert!(log.contains("Mode is `enrich` or `events`"), "{log}");
    let old = host("host-old", &["-DOLD"]);
    let log = refuse(&old, &[]);
    assert!(log.contains("older than 2.2.0"), "{log}");
    let answer = filter("no-pods", sanitized(), &[], &["Pods=/nowhere"], &[]);
    assert!(
        answer.log.contains("[warn] [filter:oomparse] /nowhere: "),
        "{}",
        answer.log
    );
}

#[test]
fn broken_chunks_go_on_as_they_are() {
    let whole = chunk(&[v2(1, log(TASK)), v2(2, log(KILLED))]);
    let chunks: Vec<_> = (0..whole.len())
        .map(|len| ("t", whole[..len].to_vec()))
        .chain((0..whole.len()).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            ("u", bytes)
        }))
        .collect();
    let answer = filter("broken", sanitized(), &[], &["Trust=any"], &chunks);
    for ((_, input), (output, touched)) in
        chunks.iter().zip(answer.chunks.iter().zip(&answer.touched))
    {
        // Nothing is lost, whatever is broken in it.
        assert!(if *touched {
            output.len() > input.len()
        } else {
            input == output
        });
    }
}

/// The corpus as lines of a tail input, one tag for each log: the kernel's logs, or those in which all daemons are read.
fn corpus(of_daemons: bool) -> (Vec<Case>, Vec<(String, Vec<u8>)>) {
    let folders = [cases().unwrap(), negatives().unwrap()].concat();
    let of_plain_options: Vec<Case> = folders
        .into_iter()
        .filter(|case| {
            let options = &case.options;
            // The filter has one set of options for all of its streams; each line is a record of its own.
            !options.tasks
                && options.year.is_none()
                && options.utc_offset_minutes.is_none()
                && options.host.is_none()
                && options.boot_id.is_none()
                && case.pods.is_none()
                && options.origin.is_none()
                && case.reads_others() == of_daemons
                && (!of_daemons || options.accept == options.accept.and_all_daemons())
                && !case.needs_line_above()
        })
        .collect();
    assert!(of_plain_options.len() > if of_daemons { 20 } else { 200 });
    let chunks = of_plain_options
        .iter()
        .map(|case| {
            let events: Vec<Value> = lines(&case.input)
                .map(|line| {
                    let text = Value::String(String::from_utf8(line.to_vec()).map_or_else(
                        |_| rmpv::Utf8String::from("not text"),
                        rmpv::Utf8String::from,
                    ));
                    let text = if std::str::from_utf8(line).is_ok() {
                        text
                    } else {
                        Value::Binary(line.to_vec())
                    };
                    v2(1, map(&[("log", text)]))
                })
                .collect();
            (case.name.clone(), chunk(&events))
        })
        .collect();
    (of_plain_options, chunks)
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.as_str().unwrap().to_owned(), to_json(value)))
            .collect(),
        Value::Array(list) => list.iter().map(to_json).collect(),
        Value::Integer(number) => number
            .as_u64()
            .map_or_else(|| number.as_i64().unwrap().into(), serde_json::Value::from),
        Value::String(text) => text.as_str().unwrap().into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::F64(number) => (*number).into(),
        other => panic!("{other}"),
    }
}

#[test]
fn corpus_gives_the_cores_keys_and_values() {
    corpus_through(false, &["Trust=any", "Mode=events"], 150);
}

#[test]
fn corpus_of_daemons_gives_the_cores_keys_and_values() {
    corpus_through(true, &["Trust=any", "Mode=events", "Sources=all"], 100);
}

fn corpus_through(of_daemons: bool, options: &[&str], at_least: usize) {
    let (cases, chunks) = corpus(of_daemons);
    let chunks: Vec<_> = chunks
        .iter()
        .map(|(tag, chunk)| (tag.as_str(), chunk.clone()))
        .collect();
    let name = if of_daemons { "daemons" } else { "corpus" };
    let answer = filter(name, sanitized(), &[], options, &chunks);
    let mut compared = 0;
    for (case, (input, output)) in cases.iter().zip(chunks.iter().zip(&answer.chunks)) {
        let found: Vec<_> = events(output)
            .iter()
            .filter_map(|event| get(body(event), "oom").map(to_json))
            .collect();
        let expected: Vec<serde_json::Value> =
            [case.events(), parse_records(&case.options, &case.input)]
                .iter()
                .flatten()
                .map(|event| serde_json::from_str(event).unwrap())
                .collect();
        // What the end of the log completes is still open in a filter.
        assert!(found.len() <= expected.len(), "{}", case.name);
        for event in &found {
            assert!(expected.contains(event), "{}: {event}", case.name);
            compared += 1;
        }
        assert!(events(output).len() >= events(&input.1).len());
    }
    assert!(compared > at_least, "{compared} events compared");
}

#[test]
fn nothing_leaks_under_valgrind() {
    let plain = host("host-plain", &[]);
    let under = [
        "valgrind",
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite,indirect,possible",
    ];
    let report = chunk(&[v2(1, log(TASK)), v2(2, log(KILLED)), v2(3, log("x"))]);
    let chunks: Vec<_> = (0..20).map(|_| ("t", report.clone())).collect();
    for mode in ["Mode=enrich", "Mode=events"] {
        let answer = filter(
            &format!("valgrind-{mode}"),
            &plain,
            &under,
            &["Trust=any", mode, &pods()],
            &chunks,
        );
        assert!(answer.touched.iter().any(|touched| *touched));
    }
}
