//! The author of a line, as the record names it.

/// The author of a line's text, as an event names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Origin {
    /// The kernel wrote it: kmsg facility 0, a `kernel` tag, `_TRANSPORT=kernel` with facility 0.
    Kernel,
    /// A program wrote it: kmsg facility 1 or more, another syslog tag. Never becomes an event.
    UserSpace,
    /// A daemon whose lines are read wrote it, and the frame proves it: journald's own fields, a kmsg facility.
    User,
    /// It claims to be such a daemon: by a syslog tag, or because the caller says so.
    Claimed,
    /// The format does not show it: plain dmesg text, a paste.
    #[default]
    Unknown,
}

impl Origin {
    /// The word in the record: `kernel`, `user`, `claimed`, `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::User => "user",
            Self::Claimed => "claimed",
            // Text of user space makes no event.
            Self::UserSpace | Self::Unknown => "unknown",
        }
    }

    /// The one with this word in the record.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Kernel, Self::User, Self::Claimed, Self::Unknown];
        all.into_iter().find(|known| known.as_str() == word)
    }
}
