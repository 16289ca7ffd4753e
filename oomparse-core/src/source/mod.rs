//! Who wrote a line: what each carrier shows about it, and the one function that decides.
//!
//! The files that read a carrier record what they find in a [`Provenance`]; only [`Provenance::decide`] says what
//! this proves.
//!
//! | carrier | what it shows | what that proves |
//! |---|---|---|
//! | `/dev/kmsg`, `dmesg -x`, `dmesg --json -x`, `talosctl dmesg` | facility 0 | the kernel: nobody else can write there with it |
//! | the same | facility 1 or more | a program |
//! | plain `dmesg`, `dmesg -r`, serial consoles, pasted lines | no facility | nothing; a priority of 8 or more (`<14>`): a program |
//! | journald: JSON, export, verbose | `_TRANSPORT=kernel` with `SYSLOG_FACILITY=0` | the kernel |
//! | the same | another `_TRANSPORT`, a facility of 1 or more | a program: journald keeps the transport for text that a program wrote to `/dev/kmsg` |
//! | the same | `_PID`, `_UID`, `_COMM`, `_EXE`, `_SYSTEMD_UNIT` and what else only a process has | a program; with `SYSLOG_IDENTIFIER` beside a unit or comm of the same daemon: that daemon |
//! | `journalctl -o short` and its kin | the tag `kernel:` | the kernel, as far as nobody may choose that tag; with `[pid]: ` after it or after the text: a program |
//! | syslog files, RFC 3164 | the tag `kernel:` | only a claim: `logger -t kernel` writes the same line |
//! | syslog, any | another tag, in whatever letters; a facility of 1 or more, as a number, a priority or a word | a program, whatever the tag says |
//! | RFC 5424 | APP-NAME `kernel` without a PROCID | only a claim |
//! | rsyslog's records | `inputname` `imklog` or `imkmsg` | the kernel; `imuxsock`: a program |
//! | Fluent Bit's kmsg records | all of `priority`, `sequence`, `sec`, `usec`, `msg` | only a claim: the facility is not in them |
//! | CRI logs | `stdout F `, `stderr P ` after the time | a container |
//! | Docker's json-file, any record | `stream`, `logtag`, a value `stdout` or `stderr` | a program |
//! | shippers' records and labels | `kubernetes`, `k8s`, `container`, `docker`, `pod` and what begins as they do; a path below `/var/log/pods`, `/var/log/containers`, `/var/lib/docker/containers`; GCP's `resource.type` of a container | a container |
//! | truncated JSON | - | nothing: it is not searched for kernel lines |
//! | a line without a prefix of its own, indented below one that has | - | the author of the line above wrote it |
//!
//! The same table for users is `docs/trust.md`.
//!
//! Evidence against the kernel is final: text that was once shown to be a program's stays a program's, whatever
//! else the record contains and however its text continues.

mod accept;
mod daemon;
mod fields;
mod origin;
mod provenance;

pub use self::accept::Accept;
pub use self::daemon::Daemon;
#[cfg(feature = "serde")]
pub(crate) use self::fields::Field;
pub(crate) use self::fields::{Parent, is_containers_log};
pub use self::origin::Origin;
pub(crate) use self::provenance::Provenance;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Source {
    /// The kernel.
    Kernel,
    /// A daemon whose lines are read.
    Daemon(Daemon),
    /// A program that wrote to `/dev/kmsg`, which shows a facility of 1 or more. Its text makes no event unless
    /// the caller accepts a daemon that writes there.
    KmsgWriter,
    /// Any other program. Its text makes no event.
    Program,
    /// The format does not show it: plain dmesg text, a paste.
    #[default]
    Unknown,
}

/// How well a line's author is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// By something that only the author can have written: a facility of `/dev/kmsg`, journald's own fields.
    Proven,
    /// By a name that the author chose: a syslog tag, a field of a record.
    #[default]
    Claimed,
}

/// Who wrote a line, and how well that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Author {
    /// Who wrote it.
    pub source: Source,
    /// How well that is known.
    pub trust: Trust,
}

impl Author {
    /// The format does not show it.
    pub const UNKNOWN: Self = Self::of(Source::Unknown, Trust::Claimed);
    /// The kernel, as a tag says.
    pub const KERNEL: Self = Self::of(Source::Kernel, Trust::Claimed);
    /// A program that is not one of the daemons.
    pub const PROGRAM: Self = Self::of(Source::Program, Trust::Proven);

    const fn of(source: Source, trust: Trust) -> Self {
        Self { source, trust }
    }

    /// Whether the kernel wrote it.
    #[must_use]
    pub fn is_kernel(self) -> bool {
        self.source == Source::Kernel
    }

    /// Whether a program wrote it, including a daemon.
    #[must_use]
    pub fn is_program(self) -> bool {
        matches!(
            self.source,
            Source::Daemon(_) | Source::KmsgWriter | Source::Program
        )
    }

    /// Whether the format shows who wrote it.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.source != Source::Unknown
    }

    /// The same author, if somebody else may have written the evidence: then nothing shows the kernel, and a
    /// daemon's text counts as a program's.
    pub(crate) fn doubted(self) -> Self {
        match self.source {
            Source::Kernel => Self::UNKNOWN,
            Source::Daemon(_) => Self::PROGRAM,
            _ => self,
        }
    }

    /// The author as the record names it.
    #[must_use]
    pub fn origin(self) -> Origin {
        match self.source {
            Source::Kernel => Origin::Kernel,
            Source::Daemon(_) if self.trust == Trust::Proven => Origin::User,
            Source::Daemon(_) => Origin::Claimed,
            Source::KmsgWriter | Source::Program => Origin::UserSpace,
            Source::Unknown => Origin::Unknown,
        }
    }
}

/// Whether a tag is the kernel's: no program has process id 0, and `-` means no id.
pub(crate) fn is_kernels_tag(tag: &[u8]) -> bool {
    matches!(tag, b"kernel" | b"kernel[0]" | b"kernel[-]")
}

/// syslog's facility by its name; 0 is the kernel.
pub(crate) fn facility_by_name(name: &[u8]) -> Option<u8> {
    const NAMES: [&[u8]; 24] = [
        b"kern",
        b"user",
        b"mail",
        b"daemon",
        b"auth",
        b"syslog",
        b"lpr",
        b"news",
        b"uucp",
        b"cron",
        b"authpriv",
        b"ftp",
        b"ntp",
        b"security",
        b"console",
        b"clock",
        b"local0",
        b"local1",
        b"local2",
        b"local3",
        b"local4",
        b"local5",
        b"local6",
        b"local7",
    ];
    let found = NAMES.iter().position(|known| *known == name)?;
    u8::try_from(found).ok()
}

#[cfg(test)]
mod tests;
