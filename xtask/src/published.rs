//! The crates that are published.

/// What crates.io gets: each after those that it depends on.
pub(crate) const CRATES: [&str; 7] = [
    "oomparse-core",
    "oomparse-pods",
    "oomparse-host",
    "oomparse-input",
    "oomparse-report",
    "oomparse-ffi",
    "oomparse-cli",
];
