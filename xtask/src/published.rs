//! The crates that are published.

/// What crates.io gets: each after those that it depends on.
pub(crate) const CRATES: [&str; 8] = [
    "oomparse-core",
    "oomparse-pods",
    "oomparse-host",
    "oomparse-input",
    "oomparse-report",
    "oomparse-columns",
    "oomparse-ffi",
    "oomparse-cli",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    #[test]
    fn each_has_the_licences() {
        for name in CRATES {
            for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
                let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok();
                let its = read(root().join(name).join(licence));
                assert!(its.is_some(), "{name} has no {licence}");
                assert_eq!(its, read(root().join(licence)), "{name}");
            }
        }
    }
}
