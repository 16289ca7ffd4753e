//! One file per command.

pub(crate) mod filter;
pub(crate) mod scan;
pub(crate) mod who;
