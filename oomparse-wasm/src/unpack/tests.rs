//! Packed logs are read as plain ones are.

use super::Unpacker;
use super::layers::Unpacked;
use alloc::rc::Rc;
use oomparse_input::packed::Budget;
use std::io::Write as _;

const LOG: &str = "[9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB\n";

/// The files that come out, and what was wrong.
fn read(bytes: Vec<u8>) -> (Vec<String>, Vec<String>) {
    read_all(Unpacker::of(Rc::new(bytes)))
}

fn read_all(mut unpacker: Unpacker) -> (Vec<String>, Vec<String>) {
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
    (files, unpacker.problems())
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
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
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
    let plain = (vec![LOG.to_owned()], vec![]);
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
        (vec!["Killed process 7 (memc)\n".to_owned()], vec![])
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
        assert_eq!(read(bytes), (vec![LOG.to_owned(), LOG.to_owned()], vec![]));
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
    let (files, problems) = read(cut.clone());
    assert!(files[0].starts_with(LOG));
    assert_eq!(problems, ["damaged:gzip\t"]);
    let mut archive = tar(&[("a", LOG.as_bytes())]);
    archive.truncate(1024 + LOG.len() - 1);
    let (files, problems) = read(archive.clone());
    assert_eq!(
        (files[0].as_str(), problems[0].as_str()),
        (LOG.trim_end(), "damaged:tar\ta")
    );
    assert_eq!(problems.len(), 1);
    archive.truncate(550);
    assert_eq!(read(archive).1, ["damaged:tar\t"]);
    // One damaged file of an archive keeps no other from being read.
    let archive = tar(&[("cut.gz", &cut), ("b", LOG.as_bytes())]);
    let (files, problems) = read(archive);
    assert_eq!((files.len(), files[1].as_str()), (2, LOG));
    assert_eq!(problems, ["damaged:gzip\tcut.gz"]);
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut packed = lz4_flex::frame::FrameEncoder::new(Vec::new());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn bzip2_and_lz4_one_behind_the_other_too() {
    for pack in [bzip2, lz4] {
        let twice = [pack(LOG.as_bytes()), pack(b"[9.3] other\n")].concat();
        assert_eq!(read(twice), (vec![format!("{LOG}[9.3] other\n")], vec![]));
    }
    let mut long = LOG.repeat(4000);
    long.push_str("[9.9] end\n");
    let mut cut = bzip2(long.as_bytes());
    assert_eq!(read(cut.clone()).0, [long]);
    cut.truncate(cut.len() - 9);
    assert_eq!(read(cut).1, ["damaged:bzip2\t"]);
}

/// A zip archive of files, each packed as its name says.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    use zip::CompressionMethod as Method;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive
        .add_directory("logs/", zip::write::SimpleFileOptions::default())
        .unwrap();
    for (name, bytes) in files {
        let method = match name {
            name if name.ends_with("deflated") => Method::Deflated,
            name if name.ends_with("bzip2") => Method::Bzip2,
            _ => Method::Stored,
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_files_of_a_zip_archive_too() {
    let files: [(&str, &[u8]); 4] = [
        ("logs/stored", LOG.as_bytes()),
        ("logs/deflated", LOG.as_bytes()),
        ("logs/bzip2", LOG.as_bytes()),
        ("logs/a.gz", &gzip(LOG.as_bytes())),
    ];
    let archive = zip(&files);
    let all = (vec![LOG.to_owned(); 4], vec![]);
    assert_eq!(read(archive.clone()), all);
    // Within another file, and before other bytes.
    assert_eq!(read(gzip(&archive)), all);
    assert_eq!(read(tar(&[("a.zip", &archive)])), all);
    // Without its directory its files still stand one after the other.
    let directory = archive.windows(4).position(|four| four == b"PK\x01\x02");
    let cut = archive[..directory.unwrap()].to_vec();
    let (read_files, problems) = read(cut);
    assert_eq!(read_files.len(), 4);
    assert_eq!(problems, ["damaged:zip\t"]);
    // Bytes that are not what was packed are told.
    let mut other = archive;
    let at = other.windows(4).position(|four| four == b"memc").unwrap();
    other[at] = b'M';
    let (read_files, problems) = read(other);
    assert_eq!(read_files.len(), 4);
    assert_eq!(problems, ["damaged:zip\tlogs/stored"]);
    let mut encrypted = zip(&files[..1]);
    for mark in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = encrypted.windows(4).rposition(|four| four == mark).unwrap();
        encrypted[at + if mark[2] == 3 { 6 } else { 8 }] |= 1;
    }
    assert_eq!(read(encrypted).1, ["encrypted\tlogs/stored"]);
}

#[test]
fn what_is_no_text_in_an_archive_is_passed_over() {
    let noise: Vec<u8> = (0..4096u32).map(|at| (at * at % 251) as u8).collect();
    let noise = [&noise[..], LOG.as_bytes()].concat();
    let archive = tar(&[("core", &noise), ("a", LOG.as_bytes())]);
    assert_eq!(read(archive), (vec![LOG.to_owned()], vec![]));
}

#[test]
fn layers_end_somewhere() {
    let mut bytes = LOG.as_bytes().to_vec();
    for _ in 0..8 {
        bytes = gzip(&bytes);
    }
    assert_eq!(read(bytes.clone()).0, [LOG]);
    assert_eq!(read(gzip(&bytes)).1, ["too_deep\t"]);
    // Archives in archives are layers, too.
    let mut bytes = LOG.as_bytes().to_vec();
    for _ in 0..8 {
        bytes = tar(&[("a", &bytes)]);
    }
    assert_eq!(read(bytes.clone()).0, [LOG]);
    let path = ["a"; 8].join(": ");
    assert_eq!(read(tar(&[("a", &bytes)])).1, [format!("too_deep\t{path}")]);
}

#[test]
fn a_bomb_is_told_and_not_unpacked() {
    const FREE: u64 = 400_000;
    let within = |bytes: Vec<u8>| {
        let budget = Budget::new(Rc::default()).with_free(FREE);
        let budget = budget.of_file(bytes.len() as u64 / 1000);
        let (files, problems) =
            read_all(Unpacker::reading(Unpacked::within(Rc::new(bytes), budget)));
        let unpacked: usize = files.iter().map(String::len).sum();
        assert!(unpacked < 2 * FREE as usize, "{unpacked}");
        problems
    };
    let mut long = LOG.to_owned();
    long.extend(std::iter::repeat_n('x', 3 << 20));
    let packed = gzip(long.as_bytes());
    // As much as may come out does, and nothing is said.
    assert_eq!(
        within(gzip(&long.as_bytes()[..300_000])),
        Vec::<String>::new()
    );
    // One layer, several, in an archive, and many members that are small by themselves: once, and no more is read.
    assert_eq!(within(packed.clone()), ["bomb\t"]);
    assert_eq!(within(gzip(&packed)), ["bomb\t"]);
    let log = LOG.as_bytes();
    let archive = tar(&[("bomb.gz", &packed), ("kern.log", log)]);
    assert_eq!(within(archive.clone()), ["bomb\tbomb.gz"]);
    assert_eq!(within(gzip(&archive)), ["bomb\tbomb.gz"]);
    let small = gzip(&long.as_bytes()[..200_000]);
    let names = ["a.gz", "b.gz", "c.gz", "d.gz"];
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &small[..])).collect();
    let told = within(tar(&many));
    assert!(told.len() == 1 && told[0].starts_with("bomb\t"), "{told:?}");
}
