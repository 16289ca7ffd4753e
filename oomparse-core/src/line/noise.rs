//! Irrelevant lines that a report prints in between: its stack, its registers, its nodes and zones.
//!
//! ```text
//! Hardware name: Amazon EC2 m5.2xlarge/, BIOS 1.0 10/16/2017
//! Call Trace:
//!  <TASK>
//!  ? __alloc_pages_slowpath.constprop.0+0xd6/0xdf0
//! RIP: 0033:0x521977
//! RAX: 3321d98abeb036f1 RBX: 6b36cd59e1b96d14 RCX: 0000000000000000
//! Node 0 DMA free:15884kB min:268kB low:332kB high:396kB …
//! lowmem_reserve[]: 0 2953 3936 3936
//! ```
//!
//! They are a fifth of a report's lines, and no other kind needs to be tried for them.

use crate::bytes::words::has;

/// Whether a message is certainly such a line, and not another kind that begins with such words: a comm may
/// imitate them.
#[inline]
pub(super) fn is_noise(message: &[u8]) -> bool {
    match message {
        [b' ', ..] => is_stack_line(message) || matches!(message, b" <TASK>" | b" </TASK>"),
        [b'R', ..] => is_register_line(message) || begins(message, b"RIP: "),
        [b'C', ..] => message == b"Call Trace:" || begins(message, b"Code: "),
        [b'H', ..] => begins(message, b"Hardware name: "),
        [b'N', ..] => begins(message, b"Node "),
        [b'l', ..] => begins(message, b"lowmem_reserve[]: "),
        _ => false,
    }
}

/// ` ? name+0x182/0xf37`: any other kind of line contains a colon or an equals sign.
fn is_stack_line(message: &[u8]) -> bool {
    let mut before = message;
    for _ in 0..8 {
        let [rest @ .., digit] = before else {
            return false;
        };
        if !digit.is_ascii_hexdigit() {
            break;
        }
        before = rest;
    }
    before.len() < message.len() && before.ends_with(b"/0x") && !has(message, [b':', b'='])
}

/// `RAX: 3321d98abeb036f1 RBX: 6b36cd59e1b96d14 …`: no comm is this long without another sign.
fn is_register_line(message: &[u8]) -> bool {
    let [
        b'R',
        b'A'..=b'Z' | b'0'..=b'9',
        b'A'..=b'Z' | b'0'..=b'9',
        b':',
        b' ',
        rest @ ..,
    ] = message
    else {
        return false;
    };
    rest.first_chunk::<16>().is_some_and(|value| {
        value
            .iter()
            .fold(true, |hex, byte| hex & byte.is_ascii_hexdigit())
    })
}

/// Whether a line begins like this and is neither a report's first line, which contains a hyphen, nor a cpuset
/// line, which contains an equals sign.
fn begins(message: &[u8], start: &[u8]) -> bool {
    message.starts_with(start) && !has(message, [b'=', b'-'])
}

#[cfg(test)]
mod tests {
    use super::is_noise;

    #[test]
    fn the_lines_between_are_noise() {
        for line in [
            " ? __alloc_pages_slowpath.constprop.0+0xd6/0xdf0",
            " dump_stack+0x6d/0x8",
            " out_of_memory+0x1/0x12345678",
            " <TASK>",
            " </TASK>",
            "Call Trace:",
            "Code: Unable to access opcode bytes at 0x52194d.",
            "RIP: 0033:0x521977",
            "RAX: 3321d98abeb036f1 RBX: 6b36cd59e1b96d14 RCX: 0000000000000000",
            "R08: 3321d98abeb036f1",
            "Hardware name: Amazon EC2 m5.2xlarge/, BIOS 1.0 10/16/2017",
            "Node 0 DMA free:15884kB min:268kB low:332kB high:396kB",
            "lowmem_reserve[]: 0 2953 3936 3936",
        ] {
            assert!(is_noise(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_line_that_a_comm_begins_is_not_noise() {
        let invoked = "invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
        for comm in [
            "",
            " ",
            "Call Trace:",
            "Code: 1",
            "RIP: 0",
            "RAX: 0",
            "Hardware name: ",
            "Node 0",
            "lowmem_reserve[]: ",
        ] {
            for line in [
                std::format!("{comm} {invoked}"),
                std::format!("{comm} cpuset=/ mems_allowed=0"),
            ] {
                assert!(!is_noise(line.as_bytes()), "{line}");
            }
        }
        for line in [
            "",
            " ",
            " java",
            " dump_stack+0x6d",
            " dump_stack+0x6d/0x",
            " dump_stack+0x6d/0x123456789",
            " dump_stack+0x6d/0x8b cpuset=/a/0x8b",
            " active_file:4 inactive_file:5/0xf37",
            " total=1/0x8b",
            "RAX: 3321d98abeb036f",
            "rax: 3321d98abeb036f1",
            "R-8: 3321d98abeb036f1",
            "[    7]     0     7     1000",
        ] {
            assert!(!is_noise(line.as_bytes()), "{line}");
        }
    }
}
