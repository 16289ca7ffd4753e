//! Where logs come from: packed files, directories, several at a time, merged ones; and what is
//! written when only an answer is wanted.

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::fs;
use std::io::{Read as _, Write};
use std::process::Stdio;
use support::{LOG, Running, cases, directory, oomparse, run, run_with, stderr, stdout};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The same bytes packed in every way.
fn packed(bytes: &[u8]) -> [Vec<u8>; 5] {
    [gzip, zstd, bzip2, xz, lz4].map(|pack| pack(bytes))
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

#[test]
fn packed_logs_give_what_plain_ones_give() {
    let plain = run_with(&["scan"], LOG.as_bytes());
    assert_eq!(stdout(&plain).lines().count(), 1);
    for packed in packed(LOG.as_bytes()) {
        assert_eq!(run_with(&["scan"], &packed).stdout, plain.stdout);
        // `cat a.gz b.gz`: the members go on as one log, in which a kill printed twice is one.
        let two = [packed.clone(), packed.clone()].concat();
        let twice = run_with(&["scan"], LOG.repeat(2).as_bytes());
        assert_eq!(run_with(&["scan"], &two).stdout, twice.stdout);
    }
}

#[test]
fn a_packed_log_that_is_cut_gives_what_is_there() {
    let long = LOG.to_owned() + &"Jan  5 02:12:03 node-7 sshd[411]: nothing\n".repeat(50_000);
    for packed in packed(long.as_bytes()) {
        let output = run_with(&["scan"], &packed[..packed.len() - 20]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let told = stderr(&output);
        assert!(told.starts_with("oomparse: standard input: the "), "{told}");
        let sentence = "data is cut or damaged; what stands before that was read\n";
        assert!(told.ends_with(sentence), "{told}");
    }
}

#[test]
fn what_cannot_be_read_as_it_is_is_no_log_without_kills() {
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(LOG.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: [(&[u8], &str); 2] = [
        (b"\x02\x21\x4c\x18\x64", "lz4 -dc FILE | oomparse scan"),
        (&utf16, "iconv -f UTF-16 -t UTF-8 FILE"),
    ];
    for (bytes, hint) in files {
        let output = run_with(&["scan"], bytes);
        let told = stderr(&output);
        assert_eq!(
            (output.status.code(), stdout(&output)),
            (Some(2), ""),
            "{told}"
        );
        assert!(told.starts_with("oomparse: standard input: is "), "{told}");
        assert!(told.contains(hint), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

/// As pzstd writes its files, and a window that would take 2 GiB: 128 MiB are taken at most.
#[test]
fn zstd_in_every_form_takes_a_bounded_memory() {
    let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd".to_vec();
    let whole = [skippable.clone(), zstd(LOG.as_bytes()), skippable].concat();
    let output = run_with(&["scan", "--count"], &whole);
    assert_eq!((stdout(&output), stderr(&output)), ("1\n", ""));
    let dir = directory("windows");
    let frame = |window: u8| {
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0, window].to_vec();
        // 3,000 blocks of 128 KiB of one byte.
        let blocks = [0x02, 0, 0x10, b'x'].repeat(3_000);
        let last = [0x03, 0, 0x10, b'x'].to_vec();
        [head, blocks, last].concat()
    };
    for (window, told) in [(17 << 3, ""), (21 << 3, "more than 128 MiB")] {
        let path = dir.join(format!("{window}.zst"));
        fs::write(&path, frame(window)).unwrap();
        let mut command = oomparse(&["scan", "--format", "json", path.to_str().unwrap(), "-"]);
        let mut running = Running::start(command.stdin(Stdio::piped()));
        // Standard input comes next: once that is read, all of the file is.
        let mut stdin = running.0.stdin.take().unwrap();
        stdin.write_all(&vec![b'\n'; 1 << 20]).unwrap();
        let status = fs::read_to_string(format!("/proc/{}/status", running.0.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.unwrap().trim().trim_end_matches(" kB");
        drop(stdin);
        assert!(
            peak.parse::<u64>().unwrap() * 1024 <= 160_000_000,
            "{peak} kB"
        );
        let mut stderr = String::new();
        let mut pipe = running.0.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        assert_eq!(
            stderr.contains("more than 128 MiB"),
            !told.is_empty(),
            "{stderr}"
        );
    }
}

#[test]
fn a_directory_reads_its_files() {
    let dir = directory("rotated");
    fs::write(dir.join("messages"), LOG).unwrap();
    fs::write(dir.join("messages.1.gz"), gzip(LOG.as_bytes())).unwrap();
    fs::create_dir(dir.join("below")).unwrap();
    fs::write(dir.join("below/messages"), LOG).unwrap();
    let output = run(&["scan", dir.to_str().unwrap()]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    assert_eq!(stdout(&output).lines().count(), 2);
    let empty = directory("empty");
    let empty = empty.to_str().unwrap();
    let output = run(&["scan", empty]);
    let sentence = "holds no files; directories in it are not read";
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(1), format!("oomparse: {empty}: {sentence}\n").as_str())
    );
}

#[test]
fn threads_change_nothing() {
    let dir = directory("threads");
    let mut logs = cases("4");
    logs.insert(3, "/no/such.log".to_owned());
    let many = dir.join("many.log");
    fs::write(&many, LOG.replace("387602", "387603").repeat(500)).unwrap();
    logs.insert(0, many.to_str().unwrap().to_owned());
    for format in ["json", "report", "table"] {
        let with = |threads: &str| {
            let mut args = vec!["scan", "--format", format, "--threads", threads];
            args.extend(logs.iter().map(String::as_str));
            run(&args)
        };
        let one = with("1");
        assert_eq!(one.status.code(), Some(2));
        for threads in ["2", "7", "256"] {
            let several = with(threads);
            assert_eq!(several.stdout, one.stdout, "{format} {threads}");
            assert_eq!(stderr(&several), stderr(&one));
            assert_eq!(several.status.code(), Some(2));
        }
    }
}

#[test]
fn quiet_writes_nothing_and_stops_at_the_first() {
    let dir = directory("quiet");
    let log = dir.join("a.log");
    fs::write(&log, LOG).unwrap();
    let log = log.to_str().unwrap();
    for args in [
        &["scan", "-q", log][..],
        &["scan", "-q", log, "/no/such.log"],
        &["scan", "-q", "--threads", "2", log, "/no/such.log"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!((stdout(&output), stderr(&output)), ("", ""), "{args:?}");
    }
    let output = run_with(&["scan", "-q"], b"nothing here\n");
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
}

#[test]
fn count_is_of_kills() {
    let output = run_with(&["scan", "--count"], LOG.as_bytes());
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), "1\n"));
    let output = run_with(&["scan", "--count"], b"");
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), "0\n"));
    assert_eq!(run(&["scan", "--count", "-q"]).status.code(), Some(2));
    // The same log twice reports the same kill.
    let dir = directory("count");
    let files = ["a.log", "b.log"].map(|name| {
        let path = dir.join(name);
        fs::write(&path, LOG).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let [a, b] = &files;
    assert_eq!(stdout(&run(&["scan", "--count", a, b])), "1\n");
    let report = run(&["scan", "--format", "report", a, b]);
    assert!(
        stdout(&report).contains("\n1 kill in 1 pod.\n"),
        "{}",
        stdout(&report)
    );
    assert_eq!(
        stdout(&run(&["scan", "--format", "json", a, b]))
            .lines()
            .count(),
        2
    );
}

/// Two machines' reports, line by line in turn, in records that name the machine under a key of their own.
#[test]
fn stream_by_keeps_machines_apart() {
    let bare: Vec<&str> = LOG
        .lines()
        .filter_map(|line| line.split_once("] "))
        .map(|it| it.1)
        .collect();
    let other = |line: &str| {
        line.replace("387602", "41")
            .replace("3962896b", "11111111")
            .replace("java", "node")
    };
    let (mut records, mut words) = (String::new(), String::new());
    for line in &bare {
        for (node, line) in [("n1", (*line).to_owned()), ("n2", other(line))] {
            let text = serde_json::to_string(&line).unwrap();
            records += &format!("{{\"meta\":{{\"node\":\"{node}\"}},\"message\":{text}}}\n");
            words += &format!("{node} [198542.576101] {line}\n");
        }
    }
    let expected = [
        ("n1", 387_602, "3962896b-ab69-4572-8f1d-ee756f9f3589"),
        ("n2", 41, "11111111-ab69-4572-8f1d-ee756f9f3589"),
    ];
    for (by, log) in [("meta.node", &records), ("word:1", &words)] {
        let output = run_with(&["scan", "--stream-by", by], log.as_bytes());
        let events: Vec<serde_json::Value> = stdout(&output)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(events.len(), 2, "{by}");
        for (event, (host, pid, uid)) in events.iter().zip(expected) {
            assert_eq!(event["host"], host, "{by}");
            assert_eq!(event["victim"]["pid"], pid, "{by}");
            assert_eq!(event["pod"]["uid"], uid, "{by}");
            assert_eq!(event["invoker"]["comm"], event["victim"]["comm"], "{by}");
        }
    }
}

#[test]
fn explain_prints_the_schemas_row() {
    let output = run(&["explain", "memory.failcnt"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stdout(&output),
        "memory.failcnt\n    type      number\n    meaning   how often the limit was hit\n    \
         from      memory: … failcnt\n"
    );
    let output = run(&["explain", "nonsense"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
    let all = run(&["explain"]);
    assert!(stdout(&all).lines().any(|line| line == "tasks[].rss_pages"));
}

#[test]
fn what_a_package_installs() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert!(stdout(&output).contains("stream-by"), "{shell}");
    }
    let page = run(&["man"]);
    assert!(
        stdout(&page).contains(".TH oomparse 1"),
        "{}",
        stdout(&page)
    );
    let page = run(&["man", "scan"]);
    for word in [".TH oomparse-scan 1", "stream", "Examples:"] {
        assert!(stdout(&page).contains(word), "{word}");
    }
    assert_eq!(
        stderr(&run(&["man", "nothing"])),
        "oomparse: nothing: is not a command; `oomparse help` lists the commands\n"
    );
}
