//! Runs the program as a user does: exit codes, streams, what it says when something is wrong.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use support::{Running, directory, events, oomparse, run, run_with, stderr, stdout};

/// One kill on a 6.1 kernel, as rsyslog writes it, between two lines that have nothing to do with it.
const LOG: &str = "\
Jan  5 02:12:01 node-7 systemd[1]: Started Session 3 of user root.
Jan  5 02:12:02 node-7 kernel: [198542.576101] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968
Jan  5 02:12:02 node-7 kernel: [198542.576304] memory: usage 122880kB, limit 122880kB, failcnt 83
Jan  5 02:12:02 node-7 kernel: [198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,mems_allowed=0,oom_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid=387602,uid=0
Jan  5 02:12:02 node-7 kernel: [198542.576728] Memory cgroup out of memory: Killed process 387602 (java) total-vm:2458092kB, anon-rss:100448kB, file-rss:1228kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:968
Jan  5 02:12:03 node-7 sshd[411]: Accepted publickey for root from 10.0.0.1 port 40000 ssh2
";

const POD: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const QUIET: &str = "Jan  5 02:12:01 node-7 systemd[1]: Started Session 3 of user root.\n";

/// A file of this test alone.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn lines_that_were_not_read_are_told_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let unread = dir.path().join("unread.log");
    let killed = "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    let log = dir.path().join("log");
    fs::write(
        &log,
        format!("{LOG}he said: {killed}\nJan  5 02:12:04 n1 app[7]: {killed}\n"),
    )
    .unwrap();
    let log = log.to_str().unwrap();
    let output = run(&["scan", "--count", log]);
    assert_eq!(stdout(&output), "1\n");
    assert_eq!(
        stderr(&output),
        "oomparse: 1 line looks like an OOM report in a form that is not read; --unread FILE writes it\n"
    );
    let path = unread.to_str().unwrap();
    for more in [&[][..], &["--threads", "2"], &["--stream-by", "word:1"]] {
        let args = ["scan", "--format", "json", "--unread", path, log, log];
        let output = run(&[&args[..], more].concat());
        let said = format!(
            "oomparse: 2 lines look like OOM reports in a form that is not read; {path} has them\n"
        );
        assert_eq!(stderr(&output), said, "{more:?}");
        let written = fs::read_to_string(&unread).unwrap();
        assert_eq!(
            written,
            format!("he said: {killed}\n").repeat(2),
            "{more:?}"
        );
    }
    let output = run_with(&["scan"], LOG);
    assert_eq!(stderr(&output), "", "nothing to say");
    let output = run(&["scan", "--unread", "/no/such/place", log]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "oomparse: /no/such/place: there is no such file\n"
    );
}

#[test]
fn a_report_as_a_page_and_as_markdown() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    fs::write(&page, "<p><!--events--></p>").unwrap();
    let log = &support::cases("477")[0];
    let args = ["report", "--html", "--page", page.to_str().unwrap(), log];
    let output = oomparse(&args).output().unwrap();
    let text = stdout(&output);
    assert_eq!(text.matches("\"schema\":\"oomparse.event/1\"").count(), 2);
    assert_eq!(
        text.matches("invoked oom-killer").count(),
        2,
        "each with its lines"
    );
    assert!(text.starts_with("<p><script ") && text.ends_with("</script></p>"));
    fs::write(&page, "another page").unwrap();
    let output = oomparse(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = oomparse(&["scan", "--format", "markdown", log])
        .output()
        .unwrap();
    assert!(stdout(&output).contains("\n| memory, of its limit | 32.0 MiB of 32.0 MiB |\n"));
}

#[test]
fn scan_finds_the_kill() {
    let log = file("found.log", LOG);
    let output = run(&["scan", log.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let events = events(&output);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["schema"], "oomparse.event/1");
    assert_eq!(events[0]["type"], "kill");
    assert_eq!(events[0]["victim"]["pid"], 387_602);
    assert_eq!(events[0]["pod"]["uid"], POD);
    assert_eq!(events[0]["host"], "node-7");
    assert_eq!(events[0].get("time"), None);
    assert_eq!(events[0].get("tasks"), None);
}

#[test]
fn scan_reads_standard_input_when_no_file_is_named_and_for_a_dash() {
    for args in [&["scan"][..], &["scan", "-"]] {
        let output = run_with(args, LOG);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(events(&output).len(), 1, "{args:?}");
    }
}

#[test]
fn each_file_is_a_log_of_its_own() {
    let log = file("twice.log", LOG);
    let log = log.to_str().unwrap();
    let output = run(&["scan", log, log]);
    assert_eq!(events(&output).len(), 2);
}

#[test]
fn nothing_found_is_1() {
    let output = run_with(&["scan"], QUIET);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((output.stdout.as_slice(), stderr(&output)), (&b""[..], ""));
    let output = run_with(&["scan", "--format", "report"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"No OOM kill found.\n");
}

#[test]
fn a_file_that_cannot_be_read_is_2_and_the_rest_is_read() {
    let log = file("rest.log", LOG);
    let output = run(&["scan", "/no/such.log", log.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(events(&output).len(), 1);
    assert_eq!(
        stderr(&output),
        "oomparse: /no/such.log: there is no such file\n"
    );
}

#[test]
fn standard_input_is_read_for_one_thing() {
    for args in [&["scan", "--pods", "-"][..], &["scan", "--pods", "-", "-"]] {
        let output = run_with(args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(
            stderr(&output),
            "oomparse: --pods -: standard input is the log already; name a file for one of the two\n"
        );
    }
}

#[test]
fn wrong_arguments_are_2() {
    for args in [
        &["scan", "--timezone", "Mars/Olympus"][..],
        &["scan", "--year", "23"],
        &["scan", "--format", "xml"],
        &["nothing"],
        &["who"],
        &["filter", "--key", ""],
        &["scan", "--cgroup-root", "user.slice"],
        &["man", "nothing"],
        &[],
    ] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn year_and_zone_complete_the_time() {
    for (zone, time) in [
        ("+08:00", "2023-01-05T02:12:02+08:00"),
        ("UTC", "2023-01-05T02:12:02Z"),
        ("Europe/Berlin", "2023-01-05T02:12:02+01:00"),
    ] {
        let output = run_with(&["scan", "--year", "2023", "--timezone", zone], LOG);
        assert_eq!(events(&output)[0]["time"], time, "{zone}");
    }
}

#[test]
fn the_node_name_is_taken_where_the_log_shows_none() {
    let bare: String = LOG.lines().fold(String::new(), |text, line| {
        let (_, message) = line.split_once("]").unwrap_or(("", line));
        text + "[198542.576101]" + message + "\n"
    });
    let by_option = run_with(&["scan", "--node-name", "node-9"], &bare);
    assert_eq!(events(&by_option)[0]["host"], "node-9");
    let mut command = oomparse(&["scan"]);
    let mut child = command
        .env("NODE_NAME", "node-8")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(bare.as_bytes())
        .unwrap();
    assert_eq!(
        events(&child.wait_with_output().unwrap())[0]["host"],
        "node-8"
    );
}

#[test]
fn the_report_is_for_people() {
    let output = run_with(&["scan", "--format", "report"], LOG);
    assert_eq!(output.status.code(), Some(0));
    let expected = format!(
        "\
01-05 02:12:02 node-7: java (pid 387602) of pod
    {POD} (Burstable), container a2172e8d1101,
    was killed with 99.3 MiB resident: the pod reached its memory limit of
    120.0 MiB; it was chosen with oom_score_adj 968; java asked for the memory.
    limit      ████████████████████ 120.0 MiB of 120.0 MiB, hit 83 times
    cgroup     /kubepods/burstable/pod{POD}
    victim     anon 98.1 MiB, file 1.2 MiB, shmem 0 B, page tables 56.0 KiB,
               uid 0
    not shown  what the memory was, the other processes
    advice     java held 98.1 MiB of 120.0 MiB: it needs more than the limit
               allows, or holds more than it needs.
    would hold 160Mi = 120.0 MiB in use at the kill, a quarter more, rounded up

1 kill in 1 pod.
Times are as the log shows them; --year and --timezone complete them.
"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let log = file("many.log", &LOG.repeat(2_000));
    for format in ["json", "report"] {
        let args = ["scan", "--format", format, log.to_str().unwrap()];
        let mut child = oomparse(&args).spawn().unwrap();
        let mut byte = [0];
        child.stdout.take().unwrap().read_exact(&mut byte).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), stderr(&output)),
            (Some(0), ""),
            "{format}"
        );
    }
}

#[test]
fn from_a_live_pipe_an_event_comes_at_once() {
    let mut child = Running::start(oomparse(&["scan"]).stdin(Stdio::piped()));
    let mut stdin = child.0.stdin.take().unwrap();
    let stdout = BufReader::new(child.0.stdout.take().unwrap());
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        stdout
            .lines()
            .try_for_each(|line| sender.send(line.unwrap()))
    });
    // A kill that is reported twice is one event.
    let later = LOG
        .replace("[198542", "[198642")
        .replace("387602", "387702");
    for log in [LOG, &later] {
        stdin.write_all(log.as_bytes()).unwrap();
        // The pipe stays open: a program that waited for its end would never answer.
        let line = lines.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(line.contains(POD), "{line}");
    }
}

#[test]
fn who_explains_a_path() {
    let path = format!("/kubepods/burstable/pod{POD}");
    let output = run(&["who", &path]);
    assert_eq!(output.status.code(), Some(0));
    let expected = format!(
        "{path}\n    pod        {POD}\n    class      Burstable\n    driver     cgroupfs\n    \
         level      pod\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);

    let output = run(&["who", "--format", "json", &format!("0::{path}")]);
    let expected = format!(
        "{{\"path\":\"{path}\",\"level\":\"pod\",\"driver\":\"cgroupfs\",\"pod\":{{\"uid\":\"{POD}\",\
         \"qos_class\":\"Burstable\"}}}}\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_cluster_without_root_is_where_it_is_named() {
    let root = "/user.slice/user-1000.slice/user@1000.service";
    let path = format!("{root}/kubepods/burstable/pod{POD}");
    let said = |args: &[&str]| String::from_utf8(run(args).stdout).unwrap();
    assert!(!said(&["who", &path]).contains("\n    pod "), "anybody's");
    assert!(said(&["who", "--cgroup-root", root, &path]).contains("\n    pod "));
    let nested = format!("/lxc.payload.node{path}")
        .replace("/user.slice/user-1000.slice/user@1000.service", "");
    assert!(said(&["who", "--format", "json", &nested]).contains("\"nested\":true"));
    let log = std::env::temp_dir().join(format!("oomparse-root-{}.log", std::process::id()));
    std::fs::write(
        &log,
        format!(
            "[1.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=a,pid=7,uid=0\n"
        ),
    )
    .unwrap();
    let log_arg = log.to_str().unwrap();
    let scan = ["scan", "--format", "json", "--no-pods"];
    assert!(!said(&[&scan[..], &[log_arg]].concat()).contains("\"pod\":"));
    let named = [&scan[..], &["--cgroup-root", root, log_arg]].concat();
    assert!(said(&named).contains(&format!("\"pod\":{{\"uid\":\"{POD}\"")));
    std::fs::remove_file(&log).unwrap();
}

#[test]
fn who_knows_nothing_is_1() {
    let output = run(&["who", "/user.slice/user-0.slice"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output
            .stdout
            .ends_with(b"nothing is known about this path\n")
    );
}

#[test]
fn help_and_version() {
    let output = run(&["scan", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for word in [
        "--format",
        "--tasks",
        "--year",
        "--timezone",
        "--node-name",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word}");
    }
    let output = run(&["--version"]);
    let version = concat!("oomparse ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), version);
}

/// What turns the direction of writing, has no width, ends a line or is a terminal's command, wherever a person
/// reads a name that others chose.
#[test]
fn nothing_that_a_terminal_obeys_or_hides_reaches_a_person() {
    let hidden = [
        "\u{1b}[2J",
        "\u{7}",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
        "\u{2069}",
        "\u{200b}",
        "\u{2028}",
        "\u{feff}",
    ];
    let dir = directory("hidden");
    for hidden in hidden {
        let first = hidden.chars().next().unwrap();
        let comm = format!("a{hidden}b");
        let path = format!("/docker/x{hidden}y");
        let log = format!(
            "kernel: {comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
             kernel: Task in {path} killed as a result of limit of {path}\n\
             kernel: Memory cgroup out of memory: Killed process 7 ({comm}) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n\
             kernel: Memory cgroup out of memory: Killed process 8 ({comm}) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
        );
        let name = format!("x{hidden}y\nz.log");
        let file = dir.join(&name);
        let outputs = [
            run_with(&["scan", "--format", "report"], &log),
            run_with(&["scan", "--format", "table"], &log),
            run(&["who", &path]),
            run(&["explain", &comm]),
            run(&["scan", file.to_str().unwrap()]),
            run(&["pods", file.to_str().unwrap()]),
            run(&["watch", "--file", file.to_str().unwrap()]),
        ];
        for output in outputs {
            let shown = format!("{}{}", stdout(&output), stderr(&output));
            assert!(shown.contains('\\'), "{first:?}: {shown:?}");
            let lines_are_whole = shown.lines().all(|line| !line.starts_with('z'));
            assert!(!shown.contains(first) && lines_are_whole, "{shown:?}");
        }
    }
}

/// A pod of a cluster within a container is not one of the node's that has the same uid.
#[test]
fn a_nested_pod_says_so_wherever_a_person_reads() {
    const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    let report = |pid: u32, above: &str| {
        let path = format!("{above}/kubepods/burstable/pod{UID}");
        format!(
            "[{pid}.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=0\n\
             [{pid}.2] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0\n"
        )
    };
    let docker = format!("/docker/{}", "7a".repeat(32));
    let log = report(10, "") + &report(20, &docker);
    for format in ["report", "table", "markdown"] {
        let output = run_with(&["scan", "--format", format, "-"], &log);
        let text = stdout(&output);
        let nested = text.lines().filter(|line| line.contains("nested")).count();
        let own = text.lines().filter(|line| line.contains(&UID[..8])).count();
        assert!(nested >= 1 && own > nested, "{text}");
    }
}

#[cfg(not(feature = "columns"))]
#[test]
fn without_the_feature_columns_a_sentence_names_it() {
    for format in ["parquet", "arrow"] {
        let output = run_with(&["scan", "--format", format], LOG);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(output.stdout, b"");
        let said = stderr(&output);
        assert!(said.starts_with("oomparse: --format: "), "{said}");
        assert!(said.contains("without the feature `columns`"), "{said}");
    }
}
