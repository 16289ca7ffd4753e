//! Archives: every log in them is found, named, and read as if it stood alone; what cannot be read is said.

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Write};
use support::{LOG, directory, events, run, run_with, stderr, stdout};
use zip::write::SimpleFileOptions;

/// Files by their names.
type Files<'f> = &'f [(&'f str, &'f [u8])];

fn tar(files: Files<'_>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zip(files: Files<'_>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

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
    let info = FrameInfo::new().block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// The kill of [`LOG`] with another pid.
fn log(pid: u32) -> String {
    LOG.replace("387602", &pid.to_string())
}

/// A kill's pid and where it was found.
fn found(event: &Value) -> (u64, &str) {
    let path = event["source"]["path"].as_str().unwrap_or_default();
    (event["victim"]["pid"].as_u64().unwrap(), path)
}

fn in_file(name: &str, bytes: &[u8]) -> String {
    let path = directory(name).join("a");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn each_member_is_a_log_and_named() {
    let (one, two, three) = (log(1001), log(1002), log(1003));
    let rotated = gzip(two.as_bytes());
    let files: Files<'_> = &[
        ("sos/var/log/messages", one.as_bytes()),
        ("sos/empty", b""),
        ("sos/var/log/messages.1.gz", &rotated),
        ("sos/dmesg", three.as_bytes()),
    ];
    let tape = tar(files);
    let packed = [gzip, bzip2, xz, lz4, zstd].map(|pack| pack(&tape));
    for archive in packed.iter().chain([&tape, &zip(files)]) {
        let path = in_file("members", archive);
        let expected = [
            (1001, format!("{path}: sos/var/log/messages")),
            (1002, format!("{path}: sos/var/log/messages.1.gz")),
            (1003, format!("{path}: sos/dmesg")),
        ];
        let output = run(&["scan", &path]);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
        let told = events(&output);
        let told: Vec<_> = told.iter().map(found).collect();
        assert_eq!(
            told,
            expected.each_ref().map(|(pid, path)| (*pid, path.as_str()))
        );
        // All else is as if the member stood alone.
        let alone = run_with(&["scan"], &one);
        let mut first = events(&output).remove(0);
        first.as_object_mut().unwrap().remove("source");
        assert_eq!(first, events(&alone)[0]);
        // From a pipe, and several at a time.
        let piped = run_with(&["scan"], archive);
        let told = events(&piped);
        assert_eq!(
            found(&told[1]),
            (1002, "standard input: sos/var/log/messages.1.gz")
        );
        assert_eq!(told.len(), 3);
        let twice = run(&["scan", "--threads", "2", &path, &path]);
        let once = stdout(&output);
        assert_eq!(stdout(&twice), format!("{once}{once}"));
        assert_eq!(stdout(&run(&["scan", "--count", &path, &path])), "3\n");
        assert_eq!(run(&["scan", "-q", &path]).status.code(), Some(0));
    }
}

#[test]
fn archives_in_archives() {
    let one = log(1001);
    let inner = xz(&tar(&[("var/log/kern.log", one.as_bytes())]));
    let middle = zip(&[("node-1.tar.xz", &inner), ("readme", b"nothing\n")]);
    let outer = gzip(&tar(&[("nodes.zip", &middle)]));
    let path = in_file("nested", &outer);
    let output = run(&["scan", &path]);
    let told = events(&output);
    let place = format!("{path}: nodes.zip: node-1.tar.xz: var/log/kern.log");
    assert_eq!(found(&told[0]), (1001, place.as_str()));
    assert_eq!((told.len(), stderr(&output)), (1, ""));
    // A directory's files are looked into too.
    let dir = directory("bundles");
    fs::write(dir.join("b.tgz"), &outer).unwrap();
    assert_eq!(
        stdout(&run(&["scan", "--count", dir.to_str().unwrap()])),
        "1\n"
    );
}

#[test]
fn nothing_of_a_member_goes_into_the_next() {
    let lines: Vec<&str> = LOG.lines().collect();
    let [invoked, summary, killed] = lines[..] else {
        panic!("{LOG}");
    };
    // The first ends without a line end, within a report.
    let first = format!("{invoked}\n{summary}");
    let second = format!("{}\n", killed.replace("387602", "7"));
    let entry = "__CURSOR=x\n_TRANSPORT=kernel\nMESSAGE=half an entry";
    let files: Files<'_> = &[
        ("a", first.as_bytes()),
        ("b", second.as_bytes()),
        ("c", entry.as_bytes()),
        ("d", second.as_bytes()),
    ];
    for archive in [tar(files), zip(files)] {
        let output = run_with(&["scan"], &archive);
        let mut told = events(&output);
        let alone: Vec<Value> = files
            .iter()
            .flat_map(|(_, bytes)| events(&run_with(&["scan"], bytes)))
            .collect();
        for event in &mut told {
            event.as_object_mut().unwrap().remove("source");
        }
        assert_eq!(told, alone);
        assert!(told[1].get("pod").is_none() && told[1]["victim"]["pid"] == 7);
    }
}

#[test]
fn a_damaged_archive_gives_what_was_read() {
    let ordinary: String = (0..60_000u32)
        .map(|at| {
            format!(
                "Jan  5 02:12:03 node-7 sshd[{at}]: {}\n",
                at.wrapping_mul(2_654_435_761)
            )
        })
        .collect();
    let (one, three) = (log(1001), log(1003));
    let files: Files<'_> = &[
        ("one", one.as_bytes()),
        ("two", ordinary.as_bytes()),
        ("three", three.as_bytes()),
    ];
    let (tape, zipped) = (tar(files), zip(files));
    let packed = [gzip, bzip2, xz, lz4, zstd].map(|pack| pack(&tape));
    for archive in packed.iter().chain([&tape, &zipped]) {
        let cut = &archive[..archive.len() * 2 / 3];
        let output = run_with(&["scan"], cut);
        let told = stderr(&output);
        assert_eq!(
            (output.status.code(), told.lines().count() >= 1),
            (Some(2), true)
        );
        let pids: Vec<u64> = events(&output).iter().map(|event| found(event).0).collect();
        assert_eq!(pids, [1001], "{told}");
        assert!(
            told.starts_with("oomparse: standard input: two: the "),
            "{told}"
        );
        assert!(told.contains("cut or damaged"), "{told}");
    }
    // A member of a zip archive is found without those before it.
    let mut damaged = zipped.clone();
    let middle = zipped.len() / 2;
    damaged[middle..middle + 100].fill(0x55);
    let output = run_with(&["scan"], &damaged);
    let pids: Vec<u64> = events(&output).iter().map(|event| found(event).0).collect();
    assert_eq!(
        (pids.as_slice(), output.status.code()),
        (&[1001, 1003][..], Some(2))
    );
    let sentence = "oomparse: standard input: two: the zip data is cut or damaged; what stands before that was read\n";
    assert_eq!(stderr(&output), sentence);
    // So is what follows a damaged file in a sound archive.
    let rotated = gzip(ordinary.as_bytes());
    let files: Files<'_> = &[("cut.gz", &rotated[..9999]), ("three", three.as_bytes())];
    let output = run_with(&["scan"], tar(files));
    assert_eq!(events(&output).len(), 1);
    let sentence = "oomparse: standard input: cut.gz: the gzip data is cut or damaged; what stands before that was read\n";
    assert_eq!(stderr(&output), sentence);
}

/// Whatever stands in an archive, the program ends by itself, and says what it did not read.
#[test]
fn archives_changed_anywhere_end_with_a_sentence_or_their_logs() {
    let one = log(1001);
    let files: Files<'_> = &[("one", one.as_bytes()), ("two", LOG.as_bytes())];
    for archive in [tar(files), zip(files), gzip(&tar(files))] {
        for at in 0..40 {
            let mut damaged = archive.clone();
            let place = at * at * 131 % archive.len();
            damaged[place] ^= 1 << (at % 8);
            if at % 3 == 0 {
                damaged.truncate(place);
            }
            let output = run_with(&["scan", "--count"], &damaged);
            let code = output.status.code();
            assert!(
                matches!(code, Some(0..=2)),
                "{at}: {code:?} {}",
                stderr(&output)
            );
            // A line that was changed may look like a report's in no form that is read.
            let said = stderr(&output);
            let mut troubles = said.lines().filter(|line| !line.contains("--unread"));
            assert_eq!(code == Some(2), troubles.next().is_some(), "{at}: {said}");
        }
    }
}

#[test]
fn layers_and_headers_are_bounded() {
    let mut deep = gzip(LOG.as_bytes());
    for _ in 0..7 {
        deep = gzip(&deep);
    }
    assert_eq!(stdout(&run_with(&["scan", "--count"], &deep)), "1\n");
    let sentence = "is packed in more than 8 layers; unpack it and scan what comes out\n";
    let output = run_with(&["scan", "--count"], gzip(&deep));
    assert_eq!(
        stderr(&output),
        format!("oomparse: standard input: {sentence}")
    );
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), "0\n"));
    let inner = tar(&[("x.gz", &deep)]);
    let output = run_with(
        &["scan", "--count"],
        tar(&[("log", LOG.as_bytes()), ("x.tar", &inner)]),
    );
    assert_eq!(
        stderr(&output),
        format!("oomparse: standard input: x.tar: x.gz: {sentence}")
    );
    assert_eq!(stdout(&output), "1\n");
    // A name of 8 MiB, which packs to nothing.
    let mut header = tar::Header::new_gnu();
    header.set_size(8 << 20);
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_cksum();
    let mut long = tar(&[("log", LOG.as_bytes())]);
    long.truncate(long.len() - 1024);
    long.extend_from_slice(header.as_bytes());
    long.resize(long.len() + (8 << 20), b'a');
    long.extend_from_slice(&tar(&[("after", LOG.as_bytes())]));
    let output = run_with(&["scan", "--count"], gzip(&long));
    let sentence = "the tar archive is cut or damaged: its headers are longer than 1 MiB; the members before that were read\n";
    assert_eq!(
        stderr(&output),
        format!("oomparse: standard input: {sentence}")
    );
    assert_eq!(stdout(&output), "1\n");
}

/// What is not a log, in whatever form it is.
#[test]
fn members_that_are_no_text_are_passed_over() {
    let program = fs::read(std::env::current_exe().unwrap()).unwrap();
    let program = [&program[..50_000], log(1001).as_bytes()].concat();
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(LOG.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: Files<'_> = &[
        ("usr/bin/x", &program),
        ("wide", &utf16),
        ("log", LOG.as_bytes()),
    ];
    for archive in [tar(files), zip(files)] {
        let output = run_with(&["scan", "--count"], &archive);
        assert_eq!(stdout(&output), "1\n");
        let told = stderr(&output);
        assert!(
            told.starts_with("oomparse: standard input: wide: is UTF-16; "),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1);
    }
    // Nor is a link.
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    archive
        .append_link(&mut header, "messages", "/var/log/messages")
        .unwrap();
    let output = run_with(&["scan"], archive.into_inner().unwrap());
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), ""));
}

#[test]
fn names_are_learned_from_other_members() {
    let node = include_str!("../../corpus/cases/077-rhel9-crio/input.log");
    let uid = "3bc28570-4428-46da-a0df-1c5c76f0dac8";
    let kubelet = format!(
        "Jan  5 02:00:00 node-7 kubelet[912]: I0105 02:00:00.000000 912 kubelet.go:2080] \"SyncLoop (PLEG): event for pod\" pod=\"shop/web-0\" event={{\"ID\":\"{uid}\",\"Type\":\"ContainerStarted\",\"Data\":\"c0b191608843e26edc572f7e5a615f17527776d2c0d1b6cff93b782076eed87d\"}}\n"
    );
    let files: Files<'_> = &[
        ("kern.log", node.as_bytes()),
        ("kubelet.log", kubelet.as_bytes()),
    ];
    for archive in [tar(files), gzip(&tar(files)), zip(files)] {
        let path = in_file("learned", &archive);
        let output = run(&["scan", "--learn", &path]);
        let told = events(&output);
        assert_eq!(told[0]["pod"]["name"], "web-0", "{}", stderr(&output));
    }
}
