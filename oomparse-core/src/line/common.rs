//! Parsers that several line kinds share: numbers, units, names read from fixed ends.

use crate::bytes::words::few_digits;
use crate::limits::MAX_COMM_LEN;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{map_opt, opt, recognize};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// The result of every inner parser of this module.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T>;

/// The words before `Killed process` and similar ones: why the killer ran.
///
/// `oom_kill_process(oc, message)` prints them; the suffix of `oom_kill_allocating_task` is global only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Message {
    /// `Memory cgroup out of memory`
    Memcg,
    /// `Out of memory in UB N` (OpenVZ 6)
    Beancounter,
    /// `Out of memory`, with or without ` (oom_kill_allocating_task)`
    Global,
    /// `No available memory (MPOL_BIND)` (2.6.32)
    MemoryPolicy,
    /// `No available memory in cpuset` (before 2.6.32)
    Cpuset,
}

/// `Out of memory: ` and similar words, if the line begins with them.
pub(crate) fn message(input: &[u8]) -> Parsed<'_, Option<Message>> {
    opt(terminated(
        alt((
            tag(&b"Memory cgroup out of memory"[..]).map(|_| Message::Memcg),
            tag(&b"Out of memory (oom_kill_allocating_task)"[..]).map(|_| Message::Global),
            tag(&b"Out of memory"[..]).map(|_| Message::Global),
            tag(&b"Out of Memory"[..]).map(|_| Message::Global),
            tag(&b"No available memory (MPOL_BIND)"[..]).map(|_| Message::MemoryPolicy),
            tag(&b"No available memory in cpuset"[..]).map(|_| Message::Cpuset),
        )),
        tag(&b": "[..]),
    ))
    .parse(input)
}

/// Decimal digits, as a number that fits into 64 bits.
pub(crate) fn number(input: &[u8]) -> Parsed<'_, u64> {
    decimal(input).map_or_else(|| fail(input), |(value, rest)| Ok((rest, value)))
}

/// The same without a parser error; also returns the text after the number.
#[cfg_attr(feature = "perf", inline)]
pub(crate) fn decimal(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = input;
    let mut value = 0u64;
    if cfg!(feature = "perf")
        && let Some((few, len)) = few_digits(input)
    {
        (value, rest) = (few, input.get(len..)?);
        if len < 8 {
            return Some((value, rest));
        }
    }
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit.wrapping_sub(b'0')));
        rest = tail;
    }
    let len = input.len().wrapping_sub(rest.len());
    match len {
        0 => None,
        // Nineteen digits always fit.
        1..=19 => Some((value, rest)),
        _ => {
            let value = input.iter().take(len).try_fold(0u64, |value, digit| {
                let digit = u64::from(digit.wrapping_sub(b'0'));
                value.checked_mul(10)?.checked_add(digit)
            });
            value.map(|value| (value, rest))
        }
    }
}

fn fail<T>(input: &[u8]) -> Parsed<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Digit,
    )))
}

/// The text between a process's id and its name; copies lose the blank.
pub(crate) fn before_name(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((tag(&b" ("[..]), tag(&b"("[..]))).parse(input)
}

/// A process id.
pub(crate) fn pid(input: &[u8]) -> Parsed<'_, u32> {
    map_opt(number, |value| u32::try_from(value).ok()).parse(input)
}

/// A user id; `%d` of a large one is negative on old kernels.
pub(crate) fn uid(input: &[u8]) -> Parsed<'_, u32> {
    alt((
        pid,
        map_opt(signed, |value| {
            i32::try_from(value).ok().map(i32::cast_unsigned)
        }),
    ))
    .parse(input)
}

/// A number that may be negative.
pub(crate) fn signed(input: &[u8]) -> Parsed<'_, i64> {
    let (rest, minus) = opt(tag(&b"-"[..])).parse(input)?;
    let (rest, value) = map_opt(number, |value| i64::try_from(value).ok()).parse(rest)?;
    Ok((
        rest,
        if minus.is_some() {
            value.wrapping_neg()
        } else {
            value
        },
    ))
}

/// An adjustment or order.
pub(crate) fn small_signed(input: &[u8]) -> Parsed<'_, i32> {
    map_opt(signed, |value| i32::try_from(value).ok()).parse(input)
}

/// `123kB`, in KiB. A number without its unit is not accepted: it may have been cut.
pub(crate) fn kib(input: &[u8]) -> Parsed<'_, u64> {
    terminated(number, tag(&b"kB"[..])).parse(input)
}

/// `NAME123kB`.
pub(crate) fn kib_after<'a>(name: &'static str, input: &'a [u8]) -> Parsed<'a, u64> {
    preceded(tag(name.as_bytes()), kib).parse(input)
}

/// A list of CPUs or nodes (`%*pbl`): `0`, `0-1,3`, or empty if the mask is empty.
pub(crate) fn node_list(input: &[u8]) -> Parsed<'_, &[u8]> {
    recognize(opt(take_while1(|byte: u8| {
        byte.is_ascii_digit() || byte == b'-' || byte == b','
    })))
    .parse(input)
}

/// KiB as bytes.
pub(crate) fn kib_to_bytes(kib: u64) -> u64 {
    kib.saturating_mul(1024)
}

/// Whether these bytes can be a comm: at most 15 bytes, where a carrier's `\xNN` counts as one byte.
pub(crate) fn is_comm(bytes: &[u8]) -> bool {
    if bytes.len() <= MAX_COMM_LEN {
        return true;
    }
    // dmesg shows a byte that it cannot print as four bytes, and a JSON paste of that as five.
    if bytes.len() > MAX_COMM_LEN.saturating_mul(5) || !bytes.contains(&b'\\') {
        return false;
    }
    let mut rest = bytes;
    let mut len = 0usize;
    while let [_, tail @ ..] = rest {
        rest = match rest {
            [b'\\', b'\\', b'x', a, b, tail @ ..] if is_hex(*a, *b) => tail,
            [b'\\', b'x', a, b, tail @ ..] if is_hex(*a, *b) => tail,
            _ => tail,
        };
        len = len.saturating_add(1);
    }
    len <= MAX_COMM_LEN
}

fn is_hex(a: u8, b: u8) -> bool {
    a.is_ascii_hexdigit() && b.is_ascii_hexdigit()
}

/// The position of `words` (which begin with a blank), if the text before them can be a comm.
pub(crate) fn find_after_comm(message: &[u8], words: &[u8]) -> Option<usize> {
    let [first, second, ..] = words else {
        return None;
    };
    // Almost every line is rejected here: among the first 16 bytes, where a comm ends, there is no blank followed
    // by the words' second letter, and no escape, which would let the comm end later.
    if let (Some(here), Some(next)) = (
        message.first_chunk::<{ MAX_COMM_LEN + 1 }>(),
        message
            .get(1..)
            .and_then(<[u8]>::first_chunk::<{ MAX_COMM_LEN + 1 }>),
    ) {
        let hit = here.iter().zip(next).fold(false, |hit, (a, b)| {
            hit | ((*a == *first) & (*b == *second)) | (*a == b'\\')
        });
        if !hit {
            return None;
        }
    }
    // A carrier may show each byte of a comm as up to five.
    let head = message
        .get(..MAX_COMM_LEN.saturating_mul(5).saturating_add(1))
        .unwrap_or(message);
    memchr::memchr_iter(*first, head).find(|&at| {
        message
            .get(at..)
            .is_some_and(|rest| rest.starts_with(words))
            && message.get(..at).is_some_and(is_comm)
    })
}

/// The first position of `separator`. The texts are short and the first letters of separators are rare, so this
/// is faster than a search that must be prepared.
pub(crate) fn find(bytes: &[u8], separator: impl AsRef<[u8]>) -> Option<usize> {
    let separator = separator.as_ref();
    let first = *separator.first()?;
    memchr::memchr_iter(first, bytes).find(|at| stands_at(bytes, *at, separator))
}

/// The last position of `separator`.
pub(crate) fn rfind(bytes: &[u8], separator: impl AsRef<[u8]>) -> Option<usize> {
    let separator = separator.as_ref();
    let first = *separator.first()?;
    memchr::memrchr_iter(first, bytes).find(|at| stands_at(bytes, *at, separator))
}

fn stands_at(bytes: &[u8], at: usize, separator: &[u8]) -> bool {
    bytes
        .get(at..)
        .is_some_and(|rest| rest.starts_with(separator))
}

/// Splits at the first `separator`.
pub(crate) fn split_once(bytes: &[u8], separator: impl AsRef<[u8]>) -> Option<(&[u8], &[u8])> {
    let separator = separator.as_ref();
    split_at_separator(bytes, find(bytes, separator)?, separator)
}

/// Splits at the last `separator`.
pub(crate) fn rsplit_once(bytes: &[u8], separator: impl AsRef<[u8]>) -> Option<(&[u8], &[u8])> {
    let separator = separator.as_ref();
    split_at_separator(bytes, rfind(bytes, separator)?, separator)
}

/// The bytes before and after a separator at `at`.
pub(crate) fn split_at_separator<'a>(
    bytes: &'a [u8],
    at: usize,
    separator: &[u8],
) -> Option<(&'a [u8], &'a [u8])> {
    let (before, from) = bytes.split_at_checked(at)?;
    Some((before, from.get(separator.len()..)?))
}

/// Removes blanks and carriage returns at the end.
pub(crate) fn trim_end(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}

/// Splits `PATH SEPARATOR PATH'` if both may contain the separator's text and one path contains the other:
/// `below` is at or under `above`. Returns `(left, right)`.
///
/// Only the printed order and the kernel's rule (the victim's cgroup is at or below the one at its limit) show
/// where the first path ends. `None` if no position fits, or if more than one is possible.
pub(crate) fn split_paths<'a>(
    bytes: &'a [u8],
    separator: &str,
    fits: impl Fn(&[u8], &[u8]) -> bool,
) -> Option<(&'a [u8], &'a [u8])> {
    let mut only = None;
    let mut places = 0usize;
    let separator = separator.as_bytes();
    let first = *separator.first()?;
    for at in memchr::memchr_iter(first, bytes).filter(|at| stands_at(bytes, *at, separator)) {
        let (left, right) = split_at_separator(bytes, at, separator)?;
        if fits(left, right) {
            return Some((left, right));
        }
        only = Some((left, right));
        places = places.saturating_add(1);
    }
    if places == 1 { only } else { None }
}

/// Whether `path` is `ancestor` or below it. A `,` may follow the path.
pub(crate) fn is_at_or_below(path: &[u8], ancestor: &[u8]) -> bool {
    if ancestor == b"/" {
        return path.first() == Some(&b'/');
    }
    path.strip_prefix(ancestor)
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'/' | b',')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_that_overflows_is_none() {
        assert!(number(b"18446744073709551616").is_err());
        assert_eq!(
            number(b"18446744073709551615,").unwrap(),
            (&b","[..], u64::MAX)
        );
        assert!(number(b"").is_err());
    }

    #[test]
    fn kib_needs_its_unit() {
        assert!(kib(b"123").is_err());
        assert_eq!(kib(b"123kB, ").unwrap(), (&b", "[..], 123));
    }

    #[test]
    fn uid_of_nobody_as_a_signed_number() {
        assert_eq!(uid(b"-2").unwrap().1, 4_294_967_294);
        assert_eq!(uid(b"4294967294").unwrap().1, 4_294_967_294);
    }

    #[test]
    fn comm_length_counts_an_escape_as_one() {
        assert!(is_comm(b"123456789012345"));
        assert!(!is_comm(b"1234567890123456"));
        assert!(is_comm(br"\xff\xfe\xfd\xfc"));
        assert!(!is_comm(br"\xff23456789012345 6"));
    }

    #[test]
    fn paths_split_where_the_victim_is_below_the_limit() {
        let text = b"/a,task_memcg=/b,task_memcg=/a,task_memcg=/b/c";
        let split = split_paths(text, ",task_memcg=", |oom, task| is_at_or_below(task, oom));
        assert_eq!(
            split,
            Some((&b"/a,task_memcg=/b"[..], &b"/a,task_memcg=/b/c"[..]))
        );
    }

    #[test]
    fn comm_of_fifteen_escaped_bytes_is_one() {
        assert!(is_comm(br"\\x41".repeat(15).as_slice()));
        assert!(!is_comm(br"\\x41".repeat(16).as_slice()));
    }

    #[test]
    fn a_comm_with_what_is_no_escape_has_all_its_bytes() {
        // Each has 16 bytes or more.
        for (bytes, is_one) in [
            (&br"\x41234567890123"[..], true),
            (br"\x41234567890123456", false),
            (br"\x4g234567890123", false),
            (br"\xg4234567890123", false),
            (br"\\x4g23456789012", false),
            (br"\\xg423456789012", false),
            (br"\n12345678901234", false),
        ] {
            let shown = core::str::from_utf8(bytes).unwrap();
            assert_eq!(is_comm(bytes), is_one, "{shown}");
        }
    }

    #[test]
    fn words_are_found_after_any_comm() {
        let words = b" invoked oom-killer: ";
        for (comm, is_one) in [
            (&b""[..], true),
            (b"java", true),
            (b"a comm in blanks", false),
            (b"a comm in blank", true),
            (b" in in in", true),
            (br"\x01bcdefghijklmno", true),
            (br"\x01\x02cdefghijklmno", true),
            (br"\x01\x02cdefghijklmnop", false),
            (br"a\bcdefghijklmnop", false),
            (br"\\\\\\\\\\\\\\\\x01", true),
            (
                br"\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f",
                true,
            ),
        ] {
            let line = [comm, words, b"gfp_mask=0xcc0(GFP_KERNEL), order=0"].concat();
            let found = find_after_comm(&line, words);
            let shown = core::str::from_utf8(&line).unwrap();
            assert_eq!(found, is_one.then_some(comm.len()), "{shown}");
        }
    }
}
