//! Who wrote a line, as the record says it.

/// Where a line's text came from, as an event says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Origin {
    /// The kernel wrote it: kmsg facility 0, a `kernel` tag, `_TRANSPORT=kernel` with facility 0.
    Kernel,
    /// A program wrote it: kmsg facility 1 or more, another syslog tag. Never becomes an event.
    UserSpace,
    /// A daemon whose lines are read wrote it, as a frame proves: journald's own fields, a kmsg facility.
    User,
    /// It calls itself such a daemon: a syslog tag, or the caller says so.
    Claimed,
    /// The form does not tell: plain dmesg text, a paste.
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
            // What user space wrote makes no event.
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
