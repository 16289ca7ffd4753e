//! Packed logs are read as plain ones are.

use super::Unpacker;
use std::io::{Cursor, Write as _};

const LOG: &str = "[9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB\n";

/// The files that come out, and what was wrong.
fn read(bytes: Vec<u8>) -> (Vec<String>, Option<String>) {
    let mut unpacker = Unpacker::of(Box::new(Cursor::new(bytes)));
    let mut files = Vec::new();
    while unpacker.more() {
        let mut file = Vec::new();
        loop {
            let piece = unpacker.read();
            if piece.is_empty() {
                break;
            }
            file.extend(piece);
        }
        files.push(String::from_utf8(file).unwrap());
    }
    files.retain(|file| !file.is_empty());
    (files, unpacker.problem())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A tar archive of files, and of a directory before them.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut entry = |name: &str, kind: u8, bytes: &[u8]| {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}\0", bytes.len());
        header[124..136].copy_from_slice(size.as_bytes());
        header[156] = kind;
        header[257..262].copy_from_slice(b"ustar");
        archive.extend(header);
        archive.extend(bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    };
    entry("logs/", b'5', b"");
    for (name, bytes) in files {
        entry(name, b'0', bytes);
    }
    archive.extend([0; 1024]);
    archive
}

#[test]
fn packed_logs_come_out_as_they_were() {
    let plain = (vec![LOG.to_owned()], None);
    assert_eq!(read(LOG.into()), plain);
    assert_eq!(read(gzip(LOG.as_bytes())), plain);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    assert_eq!(
        read(ruzstd::encoding::compress_to_vec(LOG.as_bytes(), level)),
        plain
    );
    let both = [gzip(LOG.as_bytes()), gzip(b"[9.3] other\n")].concat();
    assert_eq!(read(both).0, [format!("{LOG}[9.3] other\n")]);
}

#[test]
fn xz_too() {
    // printf 'Killed process 7 (memc)\n' | xz | xxd -p
    let hex = "fd377a585a000004e6d6b4460200210116000000742fe5a30100174b696c6c65642070726f63657373203720286d656d63290a00166638b978fdfcf7000130188e1bacec1fb6f37d010000000004595a";
    let bytes = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let (files, problem) = read(bytes.map(byte).collect());
    assert_eq!(
        (files, problem),
        (vec!["Killed process 7 (memc)\n".to_owned()], None)
    );
}

#[test]
fn the_files_of_an_archive_come_one_by_one() {
    let archive = tar(&[
        ("logs/a", LOG.as_bytes()),
        ("logs/empty", b""),
        ("logs/b.gz", &gzip(LOG.as_bytes())),
    ]);
    for bytes in [gzip(&archive), archive] {
        assert_eq!(read(bytes), (vec![LOG.to_owned(), LOG.to_owned()], None));
    }
}

#[test]
fn damage_is_said_and_what_stands_before_it_is_read() {
    let mut long = LOG.to_owned();
    for number in 0..20_000u32 {
        long += &format!(
            "[10.{number}] nothing {}\n",
            number.wrapping_mul(2_654_435_761)
        );
    }
    let mut cut = gzip(long.as_bytes());
    cut.truncate(cut.len() / 2);
    let (files, problem) = read(cut);
    assert!(files[0].starts_with(LOG));
    assert_eq!(problem.as_deref(), Some("damaged:gzip"));
    let mut archive = tar(&[("a", LOG.as_bytes())]);
    archive.truncate(550);
    assert_eq!(read(archive).1.as_deref(), Some("damaged:tar"));
    assert_eq!(read(b"PK\x03\x04....".to_vec()).1.as_deref(), Some("zip"));
}

#[test]
fn layers_end_somewhere() {
    let mut bytes = LOG.as_bytes().to_vec();
    for _ in 0..4 {
        bytes = gzip(&bytes);
    }
    assert_eq!(read(bytes.clone()).0, [LOG]);
    assert_eq!(read(gzip(&bytes)).1.as_deref(), Some("too_deep"));
}
