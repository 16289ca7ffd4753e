//! Lines of an OOM that killed nobody: no process could be killed, or the machine was configured to panic.
//!
//! `out_of_memory`, `check_panic_on_oom` (mm/oom_kill.c):
//!
//! ```text
//! Out of memory and no killable processes...                      (panic text; a warning since 4.19)
//! Out of memory: %s panic_on_oom is enabled                       (compulsory | system-wide; panic text)
//! out of memory. panic_on_oom is selected                         (2.6.32, and two variants)
//! System is deadlocked on memory                                  (panic text)
//! ```
//! Samples: `Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled` (5.15) and
//! `Out of memory and no killable processes...` (5.19).

use super::Line;

/// Why nobody was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fatal {
    /// No process could be killed.
    NoKillable,
    /// `vm.panic_on_oom`.
    PanicOnOom,
}

/// Reads the line.
pub(super) fn fatal(message: &[u8]) -> Option<Fatal> {
    let text = message
        .strip_prefix(b"Kernel panic - not syncing: ")
        .unwrap_or(message);
    let text = text.trim_ascii_end();
    if text.starts_with(b"Out of memory and no killable processes...") {
        return Some(Fatal::NoKillable);
    }
    let panics: [&[u8]; 5] = [
        b"Out of memory: compulsory panic_on_oom is enabled",
        b"Out of memory: system-wide panic_on_oom is enabled",
        b"out of memory. panic_on_oom is selected",
        b"out of memory. Compulsory panic_on_oom is selected.",
        b"out of memory from page fault. panic_on_oom is selected.",
    ];
    panics
        .iter()
        .any(|panic| text.starts_with(panic))
        .then_some(Fatal::PanicOnOom)
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    fatal(message).map(Line::Fatal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fatal_lines() {
        for (text, want) in [
            (
                "Out of memory and no killable processes...",
                Some(Fatal::NoKillable),
            ),
            (
                "Kernel panic - not syncing: Out of memory and no killable processes...",
                Some(Fatal::NoKillable),
            ),
            (
                "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
                Some(Fatal::PanicOnOom),
            ),
            (
                "out of memory. panic_on_oom is selected",
                Some(Fatal::PanicOnOom),
            ),
            ("Out of memory: Killed process 1 (a)", None),
        ] {
            assert_eq!(fatal(text.as_bytes()), want, "{text}");
        }
    }
}
