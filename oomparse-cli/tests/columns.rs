//! `scan --format parquet` and `arrow`. That the tables have what the JSON has is tested where they are written, in
//! `oomparse-columns`, and with the engines that read them, in the Python package's tests.

mod support;

use std::fs;
use support::{LOG, directory, oomparse, run, run_with, stderr};

#[test]
fn a_parquet_file_begins_and_ends_as_one() {
    let dir = directory("columns-parquet");
    fs::write(dir.join("a.log"), LOG).unwrap();
    fs::write(dir.join("b.log"), "nothing\n").unwrap();
    let path = dir.to_str().unwrap();
    for threads in ["1", "2"] {
        let output = run(&["scan", "--format", "parquet", "--threads", threads, path]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let table = output.stdout;
        assert!(table.starts_with(b"PAR1") && table.ends_with(b"PAR1"));
        let name = dir.join("a.log");
        assert!(contains(&table, name.to_str().unwrap()), "it names the log");
    }
    let none = run(&["scan", "--format", "parquet", &format!("{path}/b.log")]);
    assert_eq!(none.status.code(), Some(1));
    assert!(none.stdout.ends_with(b"PAR1"));
}

#[test]
fn what_cannot_be_read_is_a_row_and_is_told() {
    let dir = directory("columns-trouble");
    let missing = dir.join("nowhere.log");
    let missing = missing.to_str().unwrap();
    let output = run(&["scan", "--format", "arrow", missing]);
    assert_eq!(output.status.code(), Some(2));
    let said = format!("oomparse: {missing}: there is no such file\n");
    assert_eq!(stderr(&output), said);
    assert!(contains(&output.stdout, "there is no such file"));
    assert!(contains(&output.stdout, missing));
}

#[test]
fn an_arrow_stream_ends_as_one() {
    let output = run_with(&["scan", "--format", "arrow"], LOG);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(b"\xff\xff\xff\xff"));
    assert!(output.stdout.ends_with(b"\xff\xff\xff\xff\0\0\0\0"));
    assert!(contains(
        &output.stdout,
        "3962896b-ab69-4572-8f1d-ee756f9f3589"
    ));
}

#[test]
fn a_reader_that_goes_is_no_trouble_and_a_full_disk_is() {
    for format in ["arrow", "parquet"] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut scan = oomparse(&["scan", "--format", format, "/dev/null"]);
        let output = scan.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(
            stderr(&output).contains("No space left"),
            "{}",
            stderr(&output)
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut scan = oomparse(&["scan", "--format", format, "/dev/null"]);
        let output = scan.stdout(writer).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{format}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn incidents_are_no_table() {
    let output = run_with(&["correlate", "--format", "parquet"], LOG);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("incidents are written as"),
        "{}",
        stderr(&output)
    );
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}
