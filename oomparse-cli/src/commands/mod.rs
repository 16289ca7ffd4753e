//! One file per command.

pub(crate) mod explain;
pub(crate) mod scan;
pub(crate) mod shell;
pub(crate) mod who;
