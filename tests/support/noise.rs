//! Ordinary lines that stand between the lines of a report in a real log.

use crate::Case;

/// The case's log with an ordinary line of the same carrier after every `every`-th line, or nothing
/// where the carrier has no such lines (`carrier` in `case.toml`), or the case says `noise = false`.
#[must_use]
pub fn with_noise(case: &Case, every: usize) -> Option<Vec<u8>> {
    let noise = match case.word("carrier")? {
        "kmsg" => kmsg,
        "dmesg" => dmesg,
        "syslog" | "journal-short" => syslog,
        "journal-json" => journal,
        _ => return None,
    };
    if case.about.get("noise").and_then(toml::Value::as_bool) == Some(false) {
        return None;
    }
    let mut out = Vec::with_capacity(case.input.len() * 2);
    let mut lines = case.input.split_inclusive(|&byte| byte == b'\n').peekable();
    let mut count = 0usize;
    while let Some(line) = lines.next() {
        out.extend_from_slice(line);
        count += 1;
        let continued = lines
            .peek()
            .is_some_and(|next| next.first().is_none_or(u8::is_ascii_whitespace));
        if count.is_multiple_of(every) && !continued && line.ends_with(b"\n") {
            out.extend(noise(line).unwrap_or_default());
        }
    }
    Some(out)
}

/// `6,SEQUENCE,TIME,-;text` with the head of the record before it, but its own flag.
fn kmsg(line: &[u8]) -> Option<Vec<u8>> {
    let head = line.split(|&byte| byte == b';').next()?;
    let mut fields = head.split(|&byte| byte == b',');
    let (_, sequence, time) = (fields.next()?, fields.next()?, fields.next()?);
    let mut out = b"6,".to_vec();
    out.extend_from_slice(sequence);
    out.push(b',');
    out.extend_from_slice(time);
    out.extend_from_slice(b",-;br-2f0c: port 3(veth51c7) entered forwarding state\n");
    Some(out)
}

/// `[12.345678] text` with the stamp of the line before it.
fn dmesg(line: &[u8]) -> Option<Vec<u8>> {
    let end = line.windows(2).position(|part| part == b"] ")?;
    let mut out = line.get(..end)?.to_vec();
    out.extend_from_slice(b"] br-2f0c: port 3(veth51c7) entered forwarding state\n");
    Some(out)
}

/// `Jan  5 02:12:02 host sshd[812]: text` with time and host of the line before it.
fn syslog(line: &[u8]) -> Option<Vec<u8>> {
    let end = line.windows(8).position(|part| part == b" kernel:")?;
    let mut out = line.get(..end)?.to_vec();
    out.extend_from_slice(b" sshd[812]: Connection closed by 192.0.2.7 port 51044 [preauth]\n");
    Some(out)
}

/// An entry of another program.
fn journal(_line: &[u8]) -> Option<Vec<u8>> {
    let entry = concat!(
        r#"{"_TRANSPORT":"syslog","SYSLOG_FACILITY":"10","SYSLOG_IDENTIFIER":"sshd","#,
        r#""PRIORITY":"6","MESSAGE":"Connection closed by 192.0.2.7 port 51044 [preauth]"}"#,
        "\n"
    );
    Some(entry.as_bytes().to_vec())
}
