//! `oomparse pods` and `who` on the corpus of listings, and `scan` that learns names from the log.

mod support;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{Running, oomparse, run, run_with, until};

const UID: &str = "0f5eb28f-6722-4cf5-ab0f-b62748c018d4";
const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
const NAME: &str = "memory-request-limit-54ff657644-wm7pj";

/// What is read where no source is named.
const NODE_DIRECTORIES: [&str; 2] = ["/var/log/pods", "/var/log/containers"];

/// A table without rows.
const CSV_HEADER: &str =
    "pod_uid,namespace,pod_name,node,owner,labels,container_name,container_id,source\n";

fn corpus(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus/pods")
        .join(part)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn samples(part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus(part)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        !name.ends_with(".expected.csv") && name != "expected.txt"
    });
    paths.sort();
    assert!(paths.len() >= 10, "{paths:?}");
    paths
}

#[test]
fn every_sound_listing() {
    for path in samples("sound") {
        let path = path.to_str().unwrap();
        let expected = fs::read_to_string(format!("{path}.expected.csv")).unwrap();
        let output = run(&["pods", "--pod-label", "*", "--format", "csv", path]);
        assert_eq!(text(&output.stderr), "", "{path}");
        assert_eq!(output.status.code(), Some(0), "{path}");
        assert_eq!(sorted(text(&output.stdout)), sorted(&expected), "{path}");
        assert!(expected.contains(UID) || path.ends_with("docker"), "{path}");
        assert!(!expected.contains("forged"), "{path}");
        // Both forms that it writes are forms that it reads.
        for format in ["csv", "json"] {
            let written = run(&["pods", "--pod-label", "*", "--format", format, path]);
            let again = ["pods", "--pod-label", "*", "--format", "csv", "-"];
            let back = run_with(&again, &written.stdout);
            assert_eq!(
                sorted(text(&back.stdout)),
                sorted(&expected),
                "{path}: {format}"
            );
        }
    }
}

#[test]
fn every_damaged_listing_is_one_warning_and_the_others_serve() {
    let sound = corpus("sound/find-var-log-pods.txt");
    let mut seen = String::new();
    for path in samples("damaged") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let path = path.to_str().unwrap();
        let output = run(&["pods", "--format", "csv", path, sound.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(
            text(&output.stdout).contains("etcd-node-7,,,,,,pod-logs-dir"),
            "{path}"
        );
        let stderr = text(&output.stderr);
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let prefix = format!("oomparse: pods from {path}: ");
        let sentence = stderr
            .strip_prefix(&prefix)
            .unwrap_or_else(|| panic!("{stderr}"));
        seen.push_str(&format!("{name}\n    {sentence}"));
        let alone = run(&["pods", "--format", "csv", path]);
        for row in text(&alone.stdout).lines().skip(1) {
            seen.push_str(&format!("    {row}\n"));
        }
    }
    let path = corpus("damaged/expected.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &seen).unwrap();
    }
    assert_eq!(seen, fs::read_to_string(path).unwrap());
}

#[test]
fn who_answers_from_the_table() {
    let source = corpus("sound/kubectl.json");
    let source = source.to_str().unwrap();
    let path = format!("/kubepods/burstable/pod{UID}/{ID}");
    for (asked, container) in [
        (UID.to_owned(), false),
        (UID.to_uppercase(), false),
        (ID.to_owned(), true),
        (format!("containerd://{ID}"), true),
        (path, true),
    ] {
        let output = run(&["who", "--pods", source, "--format", "json", &asked]);
        assert_eq!(output.status.code(), Some(0), "{asked}");
        let who: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(who["pod"]["uid"], UID, "{asked}");
        assert_eq!(who["pod"]["namespace"], "default", "{asked}");
        assert_eq!(who["pod"]["name"], NAME, "{asked}");
        assert_eq!(who["pod"]["source"], "kubernetes", "{asked}");
        assert_eq!(who["pod"]["node"], "node-7", "{asked}");
        if container {
            assert_eq!(who["container"]["name"], "memory-demo-ctr", "{asked}");
        }
    }
    // The kubelet names a static pod's cgroups after its config.hash.
    let output = run(&["who", "--pods", source, "6b0099e3e7de21f55363249be4605571"]);
    assert!(text(&output.stdout).contains("kube-system/etcd-node-7"));
    let output = run(&["who", "--no-pods", UID]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("no pod and no container of this name is known"));
}

fn pod_of(output: &Output) -> serde_json::Value {
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?} {}", text(&output.stderr));
    serde_json::from_str(lines[0]).unwrap()
}

/// The kill stands before the kubelet's line and after it, in a file and in a pipe.
#[test]
fn scan_learns_names_from_the_log_whichever_side_comes_first() {
    let log = fs::read_to_string(corpus("sound/node.syslog")).unwrap();
    let (kernel, others): (Vec<&str>, Vec<&str>) =
        log.lines().partition(|line| line.contains(" kernel: "));
    let orders = [
        format!("{}\n{}\n", kernel.join("\n"), others.join("\n")),
        format!("{}\n{}\n", others.join("\n"), kernel.join("\n")),
    ];
    for (number, log) in orders.iter().enumerate() {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("learn-{number}.log"));
        fs::write(&path, log).unwrap();
        let outputs = [
            run(&["scan", "--learn", path.to_str().unwrap()]),
            run_with(&["scan", "--learn"], log.as_bytes()),
            oomparse(&["scan", "--learn"])
                .stdin(fs::File::open(&path).unwrap())
                .output()
                .unwrap(),
        ];
        for output in outputs {
            let event = pod_of(&output);
            assert_eq!(event["pod"]["name"], NAME, "{event}");
            assert_eq!(event["pod"]["namespace"], "default");
            assert_eq!(event["pod"]["source"], "kubelet-log");
        }
        let event = pod_of(&run(&["scan", "--no-pods", path.to_str().unwrap()]));
        assert!(event["pod"].get("name").is_none());
    }
}

/// Two files, as two greps: the kernel's lines in one, the kubelet's in the other.
#[test]
fn scan_learns_names_from_another_log() {
    let log = fs::read_to_string(corpus("sound/node.syslog")).unwrap();
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (kernel, kubelet) = (dir.join("two-kernel.log"), dir.join("two-kubelet.log"));
    let part = |word: &str| {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(word)).collect();
        lines.join("\n")
    };
    fs::write(&kernel, part(" kernel: ")).unwrap();
    fs::write(&kubelet, part(" kubelet[")).unwrap();
    let (kernel, kubelet) = (kernel.to_str().unwrap(), kubelet.to_str().unwrap());
    for arguments in [
        &["scan", "--learn", kernel, kubelet][..],
        &["scan", "--learn", kubelet, kernel],
        &["scan", "--pods", kubelet, kernel],
    ] {
        assert_eq!(
            pod_of(&run(arguments))["pod"]["name"],
            NAME,
            "{arguments:?}"
        );
    }
    // A listing is believed over a log.
    let listing = dir.join("two-pods.csv");
    fs::write(
        &listing,
        format!("pod_uid,namespace,pod_name\n{UID},default,right\n"),
    )
    .unwrap();
    let listing = listing.to_str().unwrap();
    let event = pod_of(&run(&[
        "scan", "--pods", kubelet, "--pods", listing, kernel,
    ]));
    assert_eq!(event["pod"]["name"], "right");
    assert_eq!(event["pod"]["source"], "file");
}

#[test]
fn nothing_known_is_1() {
    let empty = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-pods");
    fs::create_dir_all(&empty).unwrap();
    for (format, none) in [
        ("table", "No pods found.\n"),
        ("csv", CSV_HEADER),
        ("json", ""),
    ] {
        let output = run(&["pods", "--format", format, empty.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stdout), none);
        assert_eq!(text(&output.stderr), "");
        // The default sources may be empty, or not there at all: the table is whole.
        if NODE_DIRECTORIES
            .iter()
            .all(|path| !Path::new(path).exists())
        {
            let output = run(&["pods", "--format", format]);
            assert_eq!(output.status.code(), Some(0), "{format}");
            assert_eq!((text(&output.stdout), text(&output.stderr)), (none, ""));
        }
    }
    let output = run(&["pods", "--format", "csv", "/no/such/source"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), CSV_HEADER);
}

#[test]
fn a_device_without_an_end_is_refused_with_a_sentence() {
    for source in ["/dev/zero", "-"] {
        let zeros = fs::File::open("/dev/zero").unwrap();
        let mut command = oomparse(&["pods", source]);
        let mut running = Running::start(command.stdin(zeros));
        until("it does not end", || {
            running.0.try_wait().unwrap().is_some()
        });
        assert_eq!(running.0.wait().unwrap().code(), Some(2));
        let mut told = String::new();
        let mut stderr = running.0.stderr.take().unwrap();
        stderr.read_to_string(&mut told).unwrap();
        assert!(told.contains("expected UTF-8"), "{told}");
    }
}
