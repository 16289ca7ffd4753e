//! Marks of a program before a line whose carrier is not known, or was cut off.
//!
//! ```text
//! app[7]: [   12.345678] Killed process 1221 (allocate) …             the date was cut off
//! host app[7]: …                                                      the same
//! web-1  | [   12.345678] Killed process 1221 (allocate) …            docker compose logs
//! [pod/web-1/app] [   12.345678] Killed process 1221 (allocate) …     kubectl logs --prefix
//! type=USER msg=audit(1790000000.1:7): pid=7 uid=0 msg='[   12.345678] Killed …'    auditd's log
//! I0105 02:12:02.345678    77 main.go:12] [   12.345678] Killed …     klog, in any Go program
//! ```

use super::identifier;
use super::scan::skip_blanks;
use super::syslog;
use crate::bytes::memmem;
use crate::line::{Line, parse_line};
use memchr::{memchr, memchr2, memrchr};

/// Longest name before a line, in bytes.
const MAX_NAME_LEN: usize = 256;

/// Whether a program's identifier precedes everything that could be the kernel's, in a line whose date was cut
/// off or has an unknown format: `app[7]: …`, `host app[7]: …`.
pub(super) fn is_programs(text: &[u8]) -> bool {
    let found = identifier::first(text).and_then(|at| text.split_at_checked(at));
    (found.is_some_and(|(before, after)| {
        let is_kernels = before.ends_with(b"kernel") && after.starts_with(b"[0]:");
        !is_kernels && syslog::stamp_in_record(before).is_none()
    }) || is_tag(text)
        || is_composes(text)
        || is_auditds(text)
        || text.starts_with(b"[pod/"))
        && matches!(parse_line(text), Line::Other | Line::Malformed)
}

/// Whether a line begins with `app[7]:`, whatever follows.
fn is_tag(text: &[u8]) -> bool {
    let window = text.get(..MAX_NAME_LEN).unwrap_or(text);
    let name = memchr2(b':', b' ', window).and_then(|at| text.get(..at)?.strip_suffix(b"]"));
    name.and_then(|name| name.split_at_checked(memrchr(b'[', name)?))
        .is_some_and(|(name, pid)| {
            let pid = pid.get(1..).unwrap_or_default();
            !name.is_empty()
                && name != b"kernel"
                && !pid.is_empty()
                && pid.iter().all(u8::is_ascii_digit)
        })
}

/// Whether a line begins as `docker compose logs` writes it: `web-1  | …`, with the old versions' `web_1  | …`.
fn is_composes(text: &[u8]) -> bool {
    let window = text.get(..MAX_NAME_LEN).unwrap_or(text);
    let parts = memchr(b' ', window).and_then(|at| window.split_at_checked(at));
    parts.is_some_and(|(name, rest)| {
        let number = name.rsplit(|byte| matches!(byte, b'-' | b'_')).next();
        number.is_some_and(|digits| {
            !digits.is_empty()
                && digits.len() < name.len()
                && digits.iter().all(u8::is_ascii_digit)
                && name.iter().any(u8::is_ascii_alphabetic)
        }) && skip_blanks(rest).starts_with(b"| ")
    })
}

/// Whether a line begins as auditd writes it: programs hand it texts for its `msg='…'`.
fn is_auditds(text: &[u8]) -> bool {
    let window = text.get(..MAX_NAME_LEN).unwrap_or(text);
    let of_node = memmem::find(window, b" type=").filter(|_| window.starts_with(b"node="));
    let record = of_node.and_then(|at| window.get(at.saturating_add(1)..));
    let record = record.unwrap_or(window);
    record.starts_with(b"type=") && memmem::find(record, b" msg=audit(").is_some()
}

/// Whether a line begins as klog writes it: `I0105 02:12:02.345678    77 main.go:12] …`. Nothing in it is the
/// kernel's, but it may be a daemon's own. What quotes the Event of a kill, as node-problem-detector's log does, is
/// read as that Event.
pub(crate) fn is_klogs(text: &[u8]) -> bool {
    let [b'I' | b'W' | b'E' | b'F', rest @ ..] = text else {
        return false;
    };
    let window = rest.get(..MAX_NAME_LEN).unwrap_or(rest);
    let head = memchr(b']', window).and_then(|at| window.get(..at));
    head.is_some_and(|head| {
        let is_date = head.iter().take_while(|byte| byte.is_ascii_digit()).count() == 4;
        is_date && memmem::find(head, b".go:").is_some()
    }) && memmem::find(text, b"OOMKilling").is_none()
}
