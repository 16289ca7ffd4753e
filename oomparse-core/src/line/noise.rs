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
