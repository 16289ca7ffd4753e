//! One file per command.

pub(crate) mod explain;
pub(crate) mod filter;
pub(crate) mod kubectl;
pub(crate) mod npd;
pub(crate) mod pods;
pub(crate) mod scan;
pub(crate) mod shell;
pub(crate) mod watch;
pub(crate) mod who;
