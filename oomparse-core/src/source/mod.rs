//! Who wrote a line: what each carrier shows of it, and the one place that judges.
//!
//! The files that read a carrier note what they saw in a [`Provenance`]; [`Provenance::decide`] alone says
//! what that proves.
//!
//! | carrier | what it shows | what that proves |
//! |---|---|---|
//! | `/dev/kmsg`, `dmesg -x`, `dmesg --json -x`, `talosctl dmesg` | facility 0 | the kernel: nobody else can write there with it |
//! | the same | facility 1 or more | a program |
//! | plain `dmesg`, `dmesg -r`, serial consoles, pasted lines | no facility | nothing; a priority of 8 or more (`<14>`): a program |
//! | journald: JSON, export, verbose | `_TRANSPORT=kernel` with `SYSLOG_FACILITY=0` | the kernel |
//! | the same | another `_TRANSPORT`, a facility of 1 or more | a program: journald keeps the transport for text that a program wrote to `/dev/kmsg` |
//! | the same | `_PID`, `_UID`, `_COMM`, `_EXE`, `_SYSTEMD_UNIT` and what else only a process has | a program; with `SYSLOG_IDENTIFIER` beside a unit or comm of the same daemon: that daemon |
//! | `journalctl -o short` and its kin | the tag `kernel:` | the kernel, as far as nobody may choose that tag; with `[pid]: ` behind it or behind the text: a program |
//! | syslog files, RFC 3164 | the tag `kernel:` | says so and no more: `logger -t kernel` writes the same line |
//! | syslog, any | another tag, in whatever letters; a facility of 1 or more, as a number, a priority or a word | a program, whatever the tag says |
//! | RFC 5424 | APP-NAME `kernel` without a PROCID | says so and no more |
//! | rsyslog's records | `inputname` `imklog` or `imkmsg` | the kernel; `imuxsock`: a program |
//! | Fluent Bit's kmsg records | all of `priority`, `sequence`, `sec`, `usec`, `msg` | says so: the facility is not in them |
//! | CRI logs | `stdout F `, `stderr P ` behind the time | a container |
//! | Docker's json-file, any record | `stream`, `logtag`, a value `stdout` or `stderr` | a program |
//! | shippers' records and labels | `kubernetes`, `k8s`, `container`, `docker`, `pod` and what begins as they do; a path below `/var/log/pods`, `/var/log/containers`, `/var/lib/docker/containers`; GCP's `resource.type` of a container | a container |
//! | JSON that ends broken | - | nothing, and no line of the kernel's is looked for in it |
//! | a line without a head of its own, indented below one that has | - | whoever wrote the line above wrote it |
//!
//! The same table for users is `docs/trust.md`.
//!
//! A word against the kernel is final: what has been seen once to be a program's stays a program's, whatever
//! else the record says and however its text goes on.

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
    /// a daemon is asked for that writes there.
    KmsgWriter,
    /// Any other program. Its text makes no event.
    Program,
    /// The form does not tell: plain dmesg text, a paste.
    #[default]
    Unknown,
}

/// How it is known who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// By what nobody but the author can have written: a facility of `/dev/kmsg`, journald's own fields.
    Proven,
    /// By a word that the author chose: a syslog tag, a field of a record.
    #[default]
    Claimed,
}

/// Who wrote a line, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Author {
    /// Who wrote it.
    pub source: Source,
    /// How that is known.
    pub trust: Trust,
}

impl Author {
    /// The form does not tell.
    pub const UNKNOWN: Self = Self::of(Source::Unknown, Trust::Claimed);
    /// The kernel, as a tag says.
    pub const KERNEL: Self = Self::of(Source::Kernel, Trust::Claimed);
    /// A program that is none of the daemons.
    pub const PROGRAM: Self = Self::of(Source::Program, Trust::Proven);

    const fn of(source: Source, trust: Trust) -> Self {
        Self { source, trust }
    }

    /// Whether the kernel wrote it.
    #[must_use]
    pub fn is_kernel(self) -> bool {
        self.source == Source::Kernel
    }

    /// Whether a program wrote it, be it a daemon.
    #[must_use]
    pub fn is_program(self) -> bool {
        matches!(
            self.source,
            Source::Daemon(_) | Source::KmsgWriter | Source::Program
        )
    }

    /// Whether the form tells who wrote it.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.source != Source::Unknown
    }

    /// The same where somebody else may have written what says so: nothing shows the kernel then, and a daemon's
    /// words are a program's.
    pub(crate) fn doubted(self) -> Self {
        match self.source {
            Source::Kernel => Self::UNKNOWN,
            Source::Daemon(_) => Self::PROGRAM,
            _ => self,
        }
    }

    /// What the record says of it.
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

/// Whether a tag is the kernel's: no program's process id is 0, and `-` is none.
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
