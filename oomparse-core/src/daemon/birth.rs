//! A container that was killed before it ran: what runc and crun report, in the error messages of their callers.
//!
//! ```text
//! runc: … unable to start container process: container init was OOM-killed (memory limit too low?): unknown
//! crun: … OOM: the memory limit could be too low
//! ```
//!
//! runc reports it since 1.0-rc94. The kernel's victim is `runc:[2:INIT]` or `runc:[1:CHILD]`; the runtime writes
//! no other line about it, and no exit. Such an error also contains, in quotes, text that the image's author
//! wrote, so the words count only at its end.

/// The words, and the text that marks them in a filter's record.
const WORDS: [&str; 2] = [
    "container init was OOM-killed (memory limit too low?)",
    "OOM: the memory limit could be too low",
];

/// The words at the end of an error message, if it says that the container's init was killed.
pub(super) fn killed_at_birth(error: &[u8]) -> Option<&'static str> {
    let mut text = error.trim_ascii_end();
    // Each caller adds its code, and quotes the whole text.
    while let Some(rest) = [&b": unknown"[..], b"\\\"", b"\"", b"'", b"\\n", b"."]
        .iter()
        .find_map(|end| text.strip_suffix(*end))
    {
        text = rest.trim_ascii_end();
    }
    WORDS.into_iter().find(|words| {
        let before = text.strip_suffix(words.as_bytes());
        before.is_some_and(|before| before.is_empty() || before.ends_with(b": "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_containers_killed_at_birth() {
        for text in [
            "container init was OOM-killed (memory limit too low?)",
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown",
            "container create failed: OOM: the memory limit could be too low\n",
        ] {
            assert!(killed_at_birth(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "exec: \"container init was OOM-killed (memory limit too low?)\": executable file not found in $PATH: unknown",
            "process_linux.go:508: setting cgroup config for procHooks process caused: device or resource busy",
            "is container init was OOM-killed (memory limit too low?)",
        ] {
            assert!(killed_at_birth(text.as_bytes()).is_none(), "{text}");
        }
    }
}
