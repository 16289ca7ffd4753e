//! Frames as they stand in files, made by hand: skippable ones, wide windows, damaged ones.

use super::*;
use std::io::Cursor;

/// A frame of zstd with this window, which unpacks to so many bytes `x`.
fn frame(window_log: u8, len: usize) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (window_log - 10) << 3];
    let mut rest = len;
    loop {
        let size = rest.min(BLOCK);
        rest -= size;
        // A block of one byte repeated, and whether it is the last one.
        let head = (size << 3) | (1 << 1) | usize::from(rest == 0);
        frame.extend_from_slice(&head.to_le_bytes()[..3]);
        frame.push(b'x');
        if rest == 0 {
            return frame;
        }
    }
}

fn skippable(len: u32) -> Vec<u8> {
    let mut frame = vec![0x50, 0x2a, 0x4d, 0x18];
    frame.extend_from_slice(&len.to_le_bytes());
    frame.resize(frame.len() + len as usize, 0);
    frame
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// How many bytes come out, and what is said.
fn unpack(mut reader: Box<dyn Read>) -> (u64, Option<String>) {
    let (mut len, mut buffer) = (0, vec![0; 128 << 10]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return (len, None),
            Ok(read) => len += read as u64,
            Err(error) => return (len, Some(error.to_string())),
        }
    }
}

/// By the unpacker of this build, and by the one in Rust.
fn unpack_zstd(packed: &[u8]) -> [(u64, Option<String>); 2] {
    assert_eq!(Packing::of(packed), Some(Packing::Zstd));
    let packed = Cursor::new(packed.to_vec());
    let in_rust = Frames::<_, frames::Zstd<_>>::new(BufReader::with_capacity(7, packed.clone()));
    [
        unpack(Packing::Zstd.unpack(packed)),
        unpack(Box::new(Unpacked {
            reader: in_rust,
            packing: Packing::Zstd,
        })),
    ]
}

#[test]
fn skippable_frames_are_passed_over_wherever_they_stand() {
    let whole = frame(20, 1000);
    for packed in [
        [skippable(4), whole.clone(), whole.clone()].concat(),
        [
            whole.clone(),
            skippable(0),
            skippable(300_000),
            whole.clone(),
        ]
        .concat(),
        [
            skippable(200_000),
            whole.clone(),
            whole.clone(),
            skippable(9),
        ]
        .concat(),
    ] {
        for (len, told) in unpack_zstd(&packed) {
            assert_eq!((len, told), (2000, None));
        }
    }
    for (len, told) in unpack_zstd(&skippable(5)) {
        assert_eq!((len, told), (0, None));
    }
    for cut in [3, 7, 12] {
        let packed = [whole.clone(), skippable(20)[..cut].to_vec()].concat();
        for (len, told) in unpack_zstd(&packed) {
            assert_eq!(len, 1000);
            assert!(told.unwrap().contains("cut or damaged"));
        }
    }
    let packed = [skippable(3), lz4(b"abc"), skippable(70_000), lz4(b"de")].concat();
    assert_eq!(Packing::of(&packed), Some(Packing::Lz4));
    let unpacked = unpack(Packing::Lz4.unpack(Cursor::new(packed)));
    assert_eq!(unpacked, (5, None));
}

#[test]
fn a_window_is_at_most_128_mib() {
    let wide = frame(27, 300 << 20);
    for (len, told) in unpack_zstd(&wide) {
        assert_eq!((len, told), (300 << 20, None));
    }
    for log in [28, 31, 41] {
        for (len, told) in unpack_zstd(&frame(log, 1000)) {
            assert_eq!(len, 0);
            let told = told.unwrap();
            assert!(told.contains("more than 128 MiB"), "{told}");
            assert!(told.contains("zstd -d --long=31 -c"), "{told}");
        }
    }
}

/// A header of xz whose dictionary is as large as can be.
#[test]
fn a_dictionary_is_at_most_128_mib() {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    let (flags, block) = ([0, 1], [2, 0, 0x21, 1, 40, 0, 0, 0]);
    let mut packed = b"\xfd7zXZ\0".to_vec();
    for part in [&flags[..], &crc(&flags), &block, &crc(&block), &[1; 100]] {
        packed.extend_from_slice(part);
    }
    assert_eq!(Packing::of(&packed), Some(Packing::Xz));
    let (len, told) = unpack(Packing::Xz.unpack(Cursor::new(packed)));
    assert_eq!(len, 0);
    assert!(told.unwrap().contains("xz data needs more than 128 MiB"));
}

/// Whatever a damaged file holds, an unpacker ends with a sentence or its bytes.
#[test]
fn damaged_files_end_with_a_sentence() {
    use bzip2::write::BzEncoder;
    use flate2::write::GzEncoder;
    use lzma_rust2::{XzOptions, XzWriter};
    use std::io::Write as _;
    let text: Vec<u8> = (0..20_000u32)
        .flat_map(|at| (at * at).to_string().into_bytes())
        .collect();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).unwrap();
    let mut bzip2 = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&text).unwrap();
    let mut xz = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
    xz.write_all(&text).unwrap();
    for (packing, packed) in [
        (Packing::Gzip, gzip.finish().unwrap()),
        (Packing::Bzip2, bzip2.finish().unwrap()),
        (Packing::Xz, xz.finish().unwrap()),
        (Packing::Lz4, lz4(&text)),
        (
            Packing::Zstd,
            ruzstd::encoding::compress_to_vec(
                &text[..],
                ruzstd::encoding::CompressionLevel::Fastest,
            ),
        ),
    ] {
        assert_eq!(Packing::of(&packed), Some(packing));
        let whole = packing.unpack(Cursor::new(packed.clone()));
        assert_eq!(unpack(whole), (text.len() as u64, None), "{packing:?}");
        for at in 0..120 {
            let mut damaged = packed.clone();
            let place = at * at * 37 % packed.len();
            damaged[place] ^= 1 << (at % 8);
            if at % 3 == 0 {
                damaged.truncate(place);
            }
            let (_, told) = unpack(packing.unpack(Cursor::new(damaged)));
            if let Some(told) = told {
                let is_known =
                    told.contains("cut or damaged") || told.contains("more than 128 MiB");
                assert!(is_known, "{told}");
            }
        }
    }
}
