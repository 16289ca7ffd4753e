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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_programs() {
        for (text, found) in [
            ("app[7]: x", true),
            ("app[7] x", true),
            ("n1 app[7]: x", true),
            ("kernel[7]: x", true),
            ("n1 kernel[7]: x", true),
            ("app[0]: x", true),
            ("web-1  | x", true),
            ("[pod/web-1/app] x", true),
            ("type=USER msg=audit(1790000000.1:7): pid=7", true),
            ("kernel[0]: x", false),
            ("n1 kernel[0]: x", false),
            ("[   12.345678] app[7]: x", false),
            ("n1 [   12.345678] app[7]: x", false),
            ("app: x", false),
            ("x", false),
            // A process' name.
            ("Killed process 7 (app[7]: x) total-vm:8kB", false),
            ("Task in /app[7]: x killed as a result of limit of /", false),
        ] {
            assert_eq!(is_programs(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn a_tag_with_a_process_id() {
        for (text, found) in [
            ("app[7]: x", true),
            ("app[7]:", true),
            ("a[b][7]: x", true),
            ("kernel[7]: x", false),
            ("[7]: x", false),
            ("app[]: x", false),
            ("app[7a]: x", false),
            ("app: x[7]: y", false),
            ("app [7]: x", false),
            ("app7]: x", false),
            ("app[7]", false),
        ] {
            assert_eq!(is_tag(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn names_of_compose_s_containers() {
        for (text, found) in [
            ("web-1  | x", true),
            ("web_12 | x", true),
            ("a-b-1\t| x", false),
            ("web  | x", false),
            ("web-  | x", false),
            ("web-x1  | x", false),
            ("12  | x", false),
            ("1-2  | x", false),
            ("web-1  x", false),
            ("web-1  |x", false),
            ("web-1", false),
        ] {
            assert_eq!(is_composes(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn heads_of_auditd_and_klog() {
        for (text, found) in [
            ("type=USER msg=audit(1790000000.1:7): pid=7", true),
            ("node=n1 type=USER msg=audit(1790000000.1:7): pid=7", true),
            ("n1 type=USER msg=audit(1790000000.1:7): pid=7", false),
            ("type=USER pid=7", false),
            ("msg=audit(1790000000.1:7): pid=7", false),
            ("node=n1 msg=audit(1790000000.1:7): type=USER", false),
        ] {
            assert_eq!(is_auditds(text.as_bytes()), found, "{text}");
        }
        for (text, found) in [
            ("I0105 02:12:02.345678    77 main.go:12] x", true),
            ("W0105 02:12:02.345678    77 main.go:12] x", true),
            ("E0105 02:12:02.345678    77 main.go:12] x", true),
            ("F0105 02:12:02.345678    77 main.go:12] x", true),
            ("D0105 02:12:02.345678    77 main.go:12] x", false),
            ("I0105 02:12:02.345678    77 main.cc:12] x", false),
            ("I01050 02:12:02.345678    77 main.go:12] x", false),
            ("I105 02:12:02.345678    77 main.go:12] x", false),
            ("I0105 02:12:02.345678    77 x] main.go:12", false),
            (
                "I0105 02:12:02.345678    77 main.go:12] OOMKilling x",
                false,
            ),
            ("I0105 02:12:02.345678    77 main.go:12", false),
        ] {
            assert_eq!(is_klogs(text.as_bytes()), found, "{text}");
        }
    }
}
