//! The type of a file, recognised by its first bytes and never by its name.

use super::unpack::Packing;

/// How many bytes are needed for this: the length of a tar header.
pub const ENOUGH: usize = 512;

/// How many bytes of an archive's member are checked to distinguish text from other content.
pub const HEAD_LEN: usize = 4 << 10;

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Lines, as far as can be seen.
    Log,
    /// Compressed bytes.
    Packed(Packing),
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// A journald file.
    Journal,
    /// A format in which no log can be found as it is, and what to do with it. Otherwise it would be read as a
    /// log without kills.
    Unreadable(&'static str),
}

impl Content {
    /// From its first bytes, [`ENOUGH`] of them or all.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        if let Some(packing) = Packing::of(first) {
            return Self::Packed(packing);
        }
        match first {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => Self::Journal,
            [0x02, 0x21, 0x4c, 0x18, ..] => Self::Unreadable(
                "is packed with lz4's legacy format; unpack it: `lz4 -dc FILE | oomparse scan`",
            ),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Unreadable(
                "is UTF-16; convert it: `iconv -f UTF-16 -t UTF-8 FILE | oomparse scan`",
            ),
            _ if is_tar(first) => Self::Tar,
            _ => Self::Log,
        }
    }
}

/// Whether this is a tar header of any version: its checksum is right.
fn is_tar(first: &[u8]) -> bool {
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let Some(header) = first
        .get(..ENOUGH)
        .filter(|header| header.first() != Some(&0))
    else {
        return false;
    };
    let field = header.get(CHECKSUM).unwrap_or_default();
    let digits = std::str::from_utf8(field).unwrap_or_default();
    let written = u64::from_str_radix(digits.trim_matches([' ', '\0']), 8);
    let sum = header.iter().enumerate().map(|(at, byte)| match at {
        // The checksum itself counts as blanks.
        at if CHECKSUM.contains(&at) => u64::from(b' '),
        _ => u64::from(*byte),
    });
    written == Ok(sum.sum())
}

/// Whether an archive's member with these first bytes is not text. Text files may contain NULs too, a run of them
/// where a machine crashed.
#[must_use]
pub fn is_binary(head: &[u8]) -> bool {
    const A_RUN: usize = 32;
    let runs = head.chunk_by(|a, b| (*a == 0) == (*b == 0));
    let odd: usize = runs
        .map(|run| match run {
            [0, ..] if run.len() >= A_RUN => 0,
            run => run.iter().filter(|byte| is_odd(**byte)).count(),
        })
        .sum();
    odd * 16 > head.len()
}

/// Whether no text contains this byte: a control character that neither separates nor colours lines.
fn is_odd(byte: u8) -> bool {
    byte == 0x7f || byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x08 | 0x0c | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tar_is_told_by_its_checksum() {
        let mut header = tar::Header::new_old();
        header.set_path("var/log/messages").unwrap();
        header.set_size(7);
        header.set_cksum();
        let mut block = *header.as_bytes();
        assert_eq!(Content::of(&block), Content::Tar);
        assert_eq!(Content::of(&block[..511]), Content::Log);
        block[0] ^= 1;
        assert_eq!(Content::of(&block), Content::Log);
        assert_eq!(Content::of(&[0; 1024]), Content::Log);
    }

    #[test]
    fn text_is_text_in_any_language() {
        let mut fallen = b"Jan  5 02:12:02 n kernel: a\n".to_vec();
        fallen.resize(3000, 0);
        let coloured = "\x1b[31mred\x1b[0m\n".repeat(30);
        let export = b"MESSAGE\n\x05\0\0\0\0\0\0\0a\nb\nc\n_TRANSPORT=kernel\n__REALTIME_TIMESTAMP=1700000000000000\n_BOOT_ID=000000000000000000000000000000000000\nPRIORITY=6\n";
        let texts: [&[u8]; 6] = [
            b"",
            &fallen,
            coloured.as_bytes(),
            "дек 06 14:58:14 内存不足\n".as_bytes(),
            b"\xc4\xda\xb4\xe6\xb2\xbb\xd7\xe3\n",
            export,
        ];
        for text in texts {
            assert!(!is_binary(text), "{}", text.escape_ascii());
        }
        let program = fs_of_this_program();
        assert!(is_binary(&program));
        let noise: Vec<u8> = (0..4096u32).map(|at| (at * at % 251) as u8).collect();
        assert!(is_binary(&noise));
    }

    fn fs_of_this_program() -> Vec<u8> {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        program[..HEAD_LEN].to_vec()
    }
}
