//! What the tests of `oomparse watch` share.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod http;
pub(crate) mod overflow;
pub(crate) mod watch;
