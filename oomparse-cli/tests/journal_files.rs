//! Files of the systemd journal, made by `systemd-journal-remote` and read through `journalctl`.
//!
//! Where one of them is not installed the test says so and is counted as ignored.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use support::{directory, events, oomparse, root, run, run_with, stderr, stdout};

/// Debian's place and others'.
const MAKERS: [&str; 2] = [
    "/lib/systemd/systemd-journal-remote",
    "/usr/lib/systemd/systemd-journal-remote",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let maker = MAKERS
        .map(Path::new)
        .into_iter()
        .find(|path| path.is_file());
    let journalctl = Command::new("journalctl")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let missing = maker.is_none() || journalctl.is_err();
    if missing {
        println!(
            "!!! NOT RUN: journalctl or systemd-journal-remote is not installed; the packages are systemd and systemd-journal-remote"
        );
    }
    let maker = maker.map(Path::to_owned).unwrap_or_default();
    let trial = |name: &str, test: fn(&Path) -> Result<(), Failed>| {
        let maker = maker.clone();
        Trial::test(name, move || test(&maker)).with_ignored_flag(missing)
    };
    let trials = vec![
        trial("gives_what_its_export_gives", whole),
        trial("in_archives_directories_and_pipes", elsewhere),
        trial("damaged_or_without_journalctl", trouble),
        trial("learns_names_from_its_programs", learned),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A captured log as the journal holds it, with a program's word between, and the file made of it.
fn journal(maker: &Path, name: &str) -> Result<(String, PathBuf), Failed> {
    let dir = directory(name);
    let log =
        fs::read_to_string(root().join("corpus/cases/477-captured-6-12-group-pod/input.log"))?;
    let mut export = String::new();
    for (at, line) in log.lines().enumerate() {
        let text = line.split_once(';').map_or(line, |it| it.1);
        export += &entry(
            at,
            &format!("_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nMESSAGE={text}"),
        );
    }
    export += &entry(
        9_998,
        "_TRANSPORT=syslog\nSYSLOG_IDENTIFIER=app\n_PID=7\n_COMM=app\nMESSAGE=Out of memory: Killed process 7 (app) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
    );
    export += &entry(
        9_997,
        "_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=earlyoom\n_COMM=earlyoom\n_PID=700\n_SYSTEMD_UNIT=earlyoom.service\nMESSAGE=sending SIGTERM to process 4242 uid 1000 \"java\": badness 900, VmRSS 3000 MiB",
    );
    let uid = "4d95697a-4da7-a813-b6e9-a224d9d1b872";
    export += &entry(
        9_999,
        &format!(
            "_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=kubelet\n_COMM=kubelet\n_PID=912\n_SYSTEMD_UNIT=kubelet.service\nMESSAGE=I0105 02:00:00.000000     912 kubelet.go:2080] \"SyncLoop (PLEG): event for pod\" pod=\"shop/web-0\" event={{\"ID\":\"{uid}\",\"Type\":\"ContainerStarted\",\"Data\":\"f7e6613df741f7e6613df741f7e6613df741f7e6613df741f7e6613df741f7e6\"}}"
        ),
    );
    let source = dir.join("export");
    fs::write(&source, &export)?;
    // A name that is a pattern too.
    let made = dir.join("system@[0]*.journal");
    let output = Command::new(maker)
        .arg("-o")
        .arg(&made)
        .arg(&source)
        .output()?;
    if !output.status.success() {
        return Err(stderr(&output).into());
    }
    fs::remove_file(&source)?;
    Ok((export, made))
}

fn entry(at: usize, fields: &str) -> String {
    let clock = 1_000_000 + at * 100;
    let time = 1_700_000_000_000_000 + clock;
    format!(
        "__CURSOR=s=00;i={at:x}\n__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={clock}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=node-7\nPRIORITY=4\n{fields}\n\n"
    )
}

fn path_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn whole(maker: &Path) -> Result<(), Failed> {
    let (export, journal) = journal(maker, "journal")?;
    let expected = run_with(&["scan", "--no-pods"], export);
    let output = run(&["scan", "--no-pods", path_of(&journal)]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    assert_eq!(stdout(&output).lines().count(), 2);
    assert!(stdout(&output) == stdout(&expected));
    assert_eq!(events(&output)[0]["origin"], "kernel");
    // With other killers asked for their words are read too.
    let oomd = run(&["scan", "--no-pods", "--sources", "all", path_of(&journal)]);
    let killers: Vec<_> = events(&oomd)
        .iter()
        .map(|event| event["killer"].clone())
        .collect();
    assert!(killers.contains(&"earlyoom".into()), "{killers:?}");
    Ok(())
}

fn elsewhere(maker: &Path) -> Result<(), Failed> {
    let (_, journal) = journal(maker, "journals")?;
    let bytes = fs::read(&journal)?;
    assert_eq!(stdout(&run_with(&["scan", "--count"], &bytes)), "2\n");
    let dir = journal.parent().unwrap();
    assert_eq!(stdout(&run(&["scan", "--count", path_of(dir)])), "2\n");
    let mut archive = tar::Builder::new(Vec::new());
    let name = "var/log/journal/0123/system.journal";
    archive.append_path_with_name(&journal, name)?;
    let output = run_with(&["scan"], archive.into_inner()?);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let paths: Vec<_> = events(&output)
        .iter()
        .map(|event| event["source"]["path"].clone())
        .collect();
    let place = format!("standard input: {name}");
    assert_eq!(paths, [place.as_str(), &place]);
    Ok(())
}

fn trouble(maker: &Path) -> Result<(), Failed> {
    let (_, journal) = journal(maker, "bad-journal")?;
    let output = oomparse(&["scan", path_of(&journal)])
        .env("PATH", "/nowhere")
        .output()?;
    let told = stderr(&output);
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(2), ""),
        "{told}"
    );
    let hint =
        "where it is: `journalctl --file FILE -o export _TRANSPORT=kernel | oomparse scan`\n";
    assert!(told.ends_with(hint), "{told}");
    let bytes = fs::read(&journal)?;
    fs::write(&journal, &bytes[..100_000])?;
    let output = run(&["scan", path_of(&journal)]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""));
    let told = stderr(&output);
    assert!(
        told.contains("is a journal that `journalctl` does not read to its end: "),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1);
    Ok(())
}

fn learned(maker: &Path) -> Result<(), Failed> {
    let (_, journal) = journal(maker, "named-journal")?;
    let output = run(&["scan", "--learn", path_of(&journal)]);
    let told = events(&output);
    assert_eq!(told.len(), 2, "{}", stderr(&output));
    assert_eq!(told[0]["pod"]["name"], "web-0", "{}", told[0]);
    Ok(())
}
