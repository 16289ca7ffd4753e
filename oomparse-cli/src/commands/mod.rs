//! One file per command.

pub(crate) mod pods;
pub(crate) mod scan;
pub(crate) mod watch;
pub(crate) mod who;
