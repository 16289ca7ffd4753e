//! The other side of what `oomparse watch` sends over HTTP.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};

/// What was asked.
pub(crate) struct Request {
    /// With the end of its last line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Reads one request with a `Content-Length`; `None` if the connection ends before.
pub(crate) fn request(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let len = stream.read(&mut piece).ok().filter(|len| *len > 0)?;
        bytes.extend(&piece[..len]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end + 2].to_vec()).unwrap();
        let lower = head.to_lowercase();
        let len = lower.split("content-length: ").nth(1).map_or(0, |rest| {
            rest.lines().next().unwrap().parse::<usize>().unwrap()
        });
        if bytes.len() >= end + 4 + len {
            let body = bytes[end + 4..].to_vec();
            return Some(Request { head, body });
        }
    }
}

/// An address that nobody listens at.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
