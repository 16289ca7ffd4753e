//! What a carrier showed about a line's author, and the only function that decides what this proves.

use super::{Author, Daemon, Source, Trust, is_kernels_tag};
use crate::bytes::memmem;

/// Whose name a field contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Name {
    #[default]
    Absent,
    Kernel,
    Daemon(Daemon),
    Other,
}

impl Name {
    /// Adds another name. Two daemons that differ name none; beside the kernel's name another one stays, as evidence
    /// against the kernel.
    fn add(&mut self, other: Self) {
        *self = match (*self, other) {
            (Self::Absent, name) | (name, Self::Absent) => name,
            (one, two) if one == two => one,
            (Self::Kernel, name) | (name, Self::Kernel) => name,
            _ => Self::Other,
        };
    }
}

/// What a carrier showed about a line's author.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Provenance {
    /// A container printed it.
    container: bool,
    /// There was a field that only a process's text has.
    process: bool,
    /// The syslog facility; the highest, if there were several.
    facility: Option<u8>,
    /// Whether facility 0 proves the kernel; otherwise it proves nothing.
    tells_kernel: bool,
    /// The kernel's own buffer showed the facility.
    is_kmsg: bool,
    /// journald's transport or rsyslog's input: whether it is the kernel's.
    transport: Option<bool>,
    /// The name that the author gave itself.
    tag: Name,
    /// The owner of the unit, which the author did not choose.
    unit: Name,
    /// The daemon after whose executable it is named: any process may choose that name.
    comm: Option<Daemon>,
    /// It is a process of a user's manager, or the manager itself.
    is_users: bool,
    /// Whether it is the manager, if the user leaves the manager's cgroup alone.
    is_manager: bool,
    /// The text may contain a program's name.
    doubtful: bool,
}

impl Provenance {
    /// Text from the kernel's own buffer, which shows the facility: `/dev/kmsg`, `dmesg -x`.
    pub(crate) fn kmsg(facility: u8) -> Self {
        let mut seen = Self::default();
        seen.kmsg_facility(facility);
        seen
    }

    /// Notes the facility that the kernel's own buffer shows.
    pub(crate) fn kmsg_facility(&mut self, facility: u8) {
        self.facility = self.facility.max(Some(facility));
        self.is_kmsg = true;
    }

    /// Text from a container's log.
    pub(crate) fn of_container() -> Self {
        Self {
            container: true,
            ..Self::default()
        }
    }

    /// Notes a container's runtime, or a label that only containers have.
    pub(crate) fn container(&mut self) {
        self.container = true;
    }

    /// Notes a field that journald or a shipper adds to a process's text.
    pub(crate) fn process(&mut self) {
        self.process = true;
    }

    /// Notes a priority, `<30>` or `PRI`: any program may send one below 8.
    pub(crate) fn priority(&mut self, priority: u64) {
        let facility = u8::try_from(priority >> 3).unwrap_or(u8::MAX);
        self.facility = self.facility.max(Some(facility));
    }

    /// Notes a facility in its own field.
    pub(crate) fn facility(&mut self, facility: u8) {
        self.facility = self.facility.max(Some(facility));
        self.tells_kernel = true;
    }

    /// Notes journald's `_TRANSPORT`.
    pub(crate) fn transport(&mut self, name: &[u8]) {
        let before = self.transport != Some(false);
        self.transport = Some(before && name == b"kernel");
    }

    /// Notes rsyslog's `inputname`. What comes from the network, a file or the journal may be anybody's.
    pub(crate) fn input(&mut self, name: &[u8]) {
        match name {
            b"imklog" | b"imkmsg" => self.transport(b"kernel"),
            b"imuxsock" | b"impstats" => self.transport(name),
            _ => {}
        }
    }

    /// Notes a record of Fluent Bit's kmsg input. It drops the facility, so the record is only a claim.
    #[cfg(feature = "serde")]
    pub(crate) fn kmsg_record(&mut self) {
        if self.tag == Name::Absent {
            self.tag = Name::Kernel;
        }
    }

    /// Notes the name that the author chose, as written: `kernel`, `kubelet[812]:`.
    pub(crate) fn tag(&mut self, tag: &[u8]) {
        let tag = tag.trim_ascii();
        let tag = tag.strip_suffix(b":").unwrap_or(tag);
        let name = if is_kernels_tag(tag) {
            Name::Kernel
        } else {
            named(Daemon::of_tag(without_pid(tag)))
        };
        self.tag.add(name);
    }

    /// Notes the unit or cgroup that journald vouches for. A process outside a service (in a container's scope, a
    /// user's session or a pod) may choose any name.
    pub(crate) fn unit(&mut self, unit: &[u8]) {
        self.process = true;
        let last = unit.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let holds = |word| memmem::find(unit, word).is_some();
        if is_users_managers(unit) {
            self.is_users = true;
            return;
        }
        if is_conmons(unit) {
            self.unit.add(Name::Daemon(Daemon::Conmon));
            return;
        }
        let name = match last {
            b"init.scope" => Some(last),
            _ => last.strip_suffix(b".service"),
        };
        match name {
            Some(name)
                if !last.starts_with(b"user@") && !holds(b"kubepods") && !holds(b"user.slice") =>
            {
                self.unit.add(named(Daemon::of_unit(name)));
            }
            _ => self.container = true,
        }
    }

    /// Notes the unit of a user's manager.
    pub(crate) fn user_unit(&mut self, unit: &[u8]) {
        self.process = true;
        self.is_users = true;
        self.is_manager = unit == b"init.scope";
    }

    /// Notes the executable's name, as the kernel reports it to journald.
    pub(crate) fn comm(&mut self, comm: &[u8]) {
        self.process = true;
        self.comm = Daemon::of_comm(comm);
    }

    /// Notes that the text may contain a program's name, or a process' name that the kernel prints.
    pub(crate) fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// Whether it is known that somebody other than the kernel wrote it.
    pub(crate) fn denies(&self) -> bool {
        self.container
            || self.process
            || self.facility.is_some_and(|facility| facility > 0)
            || self.transport == Some(false)
            || matches!(self.tag, Name::Daemon(_) | Name::Other)
            || self.unit != Name::Absent
            || self.is_users
    }

    /// Whether it is only known that it is in the kernel's buffer and was not written by the kernel.
    fn is_kmsg_writers(&self) -> bool {
        let is_there = self.is_kmsg || self.transport == Some(true);
        is_there && !self.process && self.tag == Name::Absent && self.unit == Name::Absent
    }

    /// Decides who wrote it: the only function that does.
    pub(crate) fn decide(&self) -> Author {
        if self.container {
            return Author::PROGRAM;
        }
        if self.is_users {
            // A user controls the own manager: what it reports about the user's units is only the user's claim.
            let is_systemds = self.tag == Name::Daemon(Daemon::Systemd)
                && self.comm == Some(Daemon::Systemd)
                && matches!(self.unit, Name::Absent);
            return if is_systemds && self.is_manager {
                Author::of(Source::Daemon(Daemon::Systemd), Trust::Claimed)
            } else {
                Author::PROGRAM
            };
        }
        if self.denies() {
            return match (self.tag, self.unit) {
                (Name::Daemon(daemon), Name::Daemon(unit)) if daemon == unit => {
                    Author::of(Source::Daemon(daemon), Trust::Proven)
                }
                (Name::Daemon(daemon), Name::Absent) => {
                    Author::of(Source::Daemon(daemon), Trust::Claimed)
                }
                (Name::Daemon(daemon), Name::Other) if self.comm == Some(daemon) => {
                    Author::of(Source::Daemon(daemon), Trust::Claimed)
                }
                _ if self.is_kmsg_writers() => Author::of(Source::KmsgWriter, Trust::Proven),
                _ => Author::PROGRAM,
            };
        }
        let is_zero = self.facility == Some(0);
        if is_zero && (self.is_kmsg || self.tells_kernel && self.transport == Some(true)) {
            return Author::of(Source::Kernel, Trust::Proven);
        }
        if self.doubtful {
            return Author::UNKNOWN;
        }
        if is_zero && self.tells_kernel || self.transport == Some(true) || self.tag == Name::Kernel
        {
            return Author::of(Source::Kernel, Trust::Claimed);
        }
        Author::UNKNOWN
    }
}

fn named(daemon: Option<Daemon>) -> Name {
    daemon.map_or(Name::Other, Name::Daemon)
}

/// Whether a unit or cgroup belongs to a user's manager: `user@1000.service`, `…/user@1000.service/init.scope`.
fn is_users_managers(unit: &[u8]) -> bool {
    let unit = unit.strip_suffix(b"/init.scope").unwrap_or(unit);
    let last = unit.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let uid = last.strip_prefix(b"user@");
    let uid = uid.and_then(|rest| rest.strip_suffix(b".service"));
    uid.is_some_and(|uid| !uid.is_empty() && uid.iter().all(u8::is_ascii_digit))
}

/// Whether a unit or cgroup belongs to a container's conmon; no process of the container is in it.
fn is_conmons(unit: &[u8]) -> bool {
    let mut parts = unit.rsplit(|byte| *byte == b'/');
    let last = parts.next().unwrap_or_default();
    let id = [&b"crio-conmon-"[..], b"libpod-conmon-"]
        .iter()
        .find_map(|start| last.strip_prefix(*start)?.strip_suffix(b".scope"));
    let is_id = id.is_some_and(|id| id.len() == 64 && id.iter().all(u8::is_ascii_hexdigit));
    // Below a service, a scope or a user's slice anybody may choose such a cgroup name.
    is_id && parts.all(|part| part.is_empty() || part.ends_with(b".slice") && part != b"user.slice")
}

/// A tag without the process id after it.
fn without_pid(tag: &[u8]) -> &[u8] {
    let at = memchr::memchr(b'[', tag).unwrap_or(tag.len());
    tag.get(..at).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn units_of_users_managers() {
        for unit in ["user@1000.service", "a/user@0.service/init.scope"] {
            assert!(is_users_managers(unit.as_bytes()), "{unit}");
        }
        for unit in ["user@.service", "user@a1.service", "user@1000.slice", ""] {
            assert!(!is_users_managers(unit.as_bytes()), "{unit}");
        }
    }

    #[test]
    fn units_of_a_containers_monitor() {
        let id = "8b1a9953c4611296a827abf8c47804d7e6ac2d4f8d9c6f1e1b9a0c7d5e3f2a10";
        for unit in [
            format!("crio-conmon-{id}.scope"),
            format!("/machine.slice/libpod-conmon-{id}.scope"),
            format!("/system.slice/system-a.slice/crio-conmon-{id}.scope"),
        ] {
            assert!(is_conmons(unit.as_bytes()), "{unit}");
        }
        // Whoever may make cgroups may choose such a name below its own.
        for unit in [
            format!("/system.slice/app.service/crio-conmon-{id}.scope"),
            format!("/user.slice/crio-conmon-{id}.scope"),
            format!("/machine.slice/libpod-conmon-{id}0.scope"),
            format!("/machine.slice/libpod-conmon-{}g.scope", &id[1..]),
            format!("/machine.slice/libpod-{id}.scope"),
            format!("/machine.slice/libpod-conmon-{id}.slice"),
        ] {
            assert!(!is_conmons(unit.as_bytes()), "{unit}");
        }
    }
}
