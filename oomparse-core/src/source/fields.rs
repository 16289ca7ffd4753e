//! What the keys and labels of shippers' records show about the author of their text.
//!
//! Keys are compared without case and without leading underscores; a flattened record (`a.b.c`) is read as a nested
//! one. The keys for a record's text, time and host are in the reader of records.
//!
//! | key | shows |
//! |---|---|
//! | `container`, `docker`, `podman`, `pod`, `kubernetes`, `k8s` and `container_…` and so on; `image_name` | a container |
//! | `stream`, `logtag`, `log.iostream`; any value `stdout` or `stderr` | a program |
//! | any value that is a path below `/var/log/pods/`, `/var/log/containers/`, `/var/lib/docker/containers/` | a container |
//! | `_PID`, `_UID`, `_GID`, `_COMM`, `_EXE`, `_CMDLINE`; `pid`, `procid`, `syslog_pid` that is a number | a process |
//! | `_SYSTEMD_UNIT`, `_SYSTEMD_CGROUP`, `systemd.unit`, `unit` | the unit |
//! | `_TRANSPORT`, `transport`, `systemd.transport` (not of a network) | the kernel or a program |
//! | `inputname` | `imklog`, `imkmsg`: the kernel; `imuxsock`: a program |
//! | `SYSLOG_IDENTIFIER`, `programname`, `syslogtag`, `ident`, `log.syslog.appname`, `process.name` … | the name that the author gave itself |
//! | `SYSLOG_FACILITY`, `facility`, `syslogfacility-text`, `log.syslog.facility.code` …; `pri-text` | the facility |
//! | `resource.type` of a container, `logName` that ends in `stdout`, `source_type` `kubernetes_logs` … | a container |
//! | `tags`, `ddtags`: `pod_name:web-0,…`; OTLP's `{"key":"k8s.pod.name",…}` | as if it were a key |

use super::Provenance;
use crate::bytes::memmem;

/// The object that contains a key, if it affects the key's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// The record itself, or any object.
    Any,
    /// About the machine or the shipper, or an event that was added: nothing in it is about the author.
    Apart,
    Journal,
    Process,
    Facility,
    Resource,
    Network,
    /// The place where the shipper read it.
    Input,
    /// Elastic's `event` and `data_stream`.
    Dataset,
    Kubernetes,
    /// Of a container, whatever it contains.
    Container,
}

/// The meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    None,
    Apart,
    Container,
    Stream,
    Process,
    Pid,
    Transport,
    Input,
    Tag,
    Facility,
    Priority,
    PriorityText,
    Unit,
    UserUnit,
    Comm,
    Resource,
    LogName,
    InputType,
    Dataset,
    SourceType,
    Tags,
    Key,
}

/// Whole names that only records of containers have.
const CONTAINERS: [&[u8]; 12] = [
    b"container",
    b"containers",
    b"containerid",
    b"containername",
    b"docker",
    b"podman",
    b"pod",
    b"podname",
    b"poduid",
    b"image_name",
    b"image_name_",
    b"namespace_name",
];

/// Prefixes of such names.
const CONTAINERS_BEGIN: [&[u8]; 10] = [
    b"kubernetes",
    b"k8s-",
    b"k8s_",
    b"container_",
    b"docker_",
    b"ecs_cluster",
    b"ecs_task",
    b"pod_",
    b"kube_container",
    b"kube_namespace",
];

/// Directories of containers' logs.
const CONTAINERS_LOGS: [&[u8]; 3] = [
    b"/var/log/pods/",
    b"/var/log/containers/",
    b"/var/lib/docker/containers/",
];

/// What the type of a resource holds if it is a container, as Google Cloud names them.
const RESOURCES: [&[u8]; 5] = [
    b"container",
    b"pod",
    b"cloud_run",
    b"cloud_function",
    b"gae_app",
];

/// Fields by name, in lower case; sorted.
const FIELDS: [(&str, Field); 43] = [
    ("app-name", Field::Tag),
    ("app_name", Field::Tag),
    ("appname", Field::Tag),
    ("ddtags", Field::Tags),
    ("fac", Field::Facility),
    ("facility", Field::Facility),
    ("facility-text", Field::Facility),
    ("facility_code", Field::Facility),
    ("facility_label", Field::Facility),
    ("facility_name", Field::Facility),
    ("facilityname", Field::Facility),
    ("ident", Field::Tag),
    ("identifier", Field::Tag),
    ("inputname", Field::Input),
    ("io_stream", Field::Stream),
    ("iostream", Field::Stream),
    ("k8s", Field::Stream),
    ("key", Field::Key),
    ("logname", Field::LogName),
    ("logtag", Field::Stream),
    ("pid", Field::Pid),
    ("pri-text", Field::PriorityText),
    ("pri_text", Field::PriorityText),
    ("process_id", Field::Pid),
    ("procid", Field::Pid),
    ("program", Field::Tag),
    ("programname", Field::Tag),
    ("source_type", Field::SourceType),
    ("stream", Field::Stream),
    ("syslog_facility", Field::Facility),
    ("syslog_identifier", Field::Tag),
    ("syslog_pid", Field::Pid),
    ("syslog_pri", Field::Priority),
    ("syslog_priority", Field::Priority),
    ("syslogfacility", Field::Facility),
    ("syslogfacility-text", Field::Facility),
    ("syslogtag", Field::Tag),
    ("systemd_cgroup", Field::Unit),
    ("systemd_unit", Field::Unit),
    ("tag", Field::Tag),
    ("tags", Field::Tags),
    ("transport", Field::Transport),
    ("unit", Field::Unit),
];

impl Parent {
    /// The meaning of a key in this object, and of the key as an object.
    pub(crate) fn place(self, name: &[u8]) -> (Field, Self) {
        let mut place = (Field::None, self);
        for part in name.split(|byte| *byte == b'.') {
            place = place.1.member(part);
        }
        place
    }

    fn member(self, name: &[u8]) -> (Field, Self) {
        if matches!(self, Self::Apart) {
            return (Field::Apart, Self::Apart);
        }
        if matches!(self, Self::Container) {
            return (Field::Container, Self::Container);
        }
        // The unit that systemd speaks of, not the one that it is.
        if matches!(name, b"UNIT" | b"USER_UNIT") {
            return (Field::None, Self::Any);
        }
        let bare = without_marks(name);
        let mut lower = [0u8; 24];
        let lower = match lower.get_mut(..bare.len()) {
            Some(lower) => {
                lower.copy_from_slice(bare);
                lower.make_ascii_lowercase();
                &*lower
            }
            None => &[],
        };
        let own = match (self, lower) {
            (Self::Kubernetes, b"node" | b"cluster") => return (Field::Apart, Self::Apart),
            (Self::Kubernetes, _) => return (Field::Container, Self::Container),
            (Self::Process, b"name") => Field::Tag,
            (Self::Facility, b"code" | b"name") => Field::Facility,
            (Self::Resource, b"type") => Field::Resource,
            (Self::Network, b"transport") => Field::None,
            (Self::Input, b"type") => Field::InputType,
            (Self::Dataset, b"dataset") => Field::Dataset,
            (Self::Journal, b"priority") => Field::Priority,
            (Self::Journal, b"cgroup") => Field::Unit,
            // Names that only journald writes begin with an underscore.
            _ if self == Self::Journal || name.starts_with(b"_") => of_process(lower),
            _ => Field::Apart,
        };
        if own != Field::Apart {
            return (own, Self::Any);
        }
        if is_containers(bare) {
            return (Field::Container, Self::Container);
        }
        let child = match lower {
            b"host" | b"agent" | b"ecs" | b"cloud" | b"oom" | b"oom_event" => Self::Apart,
            b"syslog" | b"systemd" | b"journald" => Self::Journal,
            b"process" => Self::Process,
            b"facility" => Self::Facility,
            b"resource" => Self::Resource,
            b"network" => Self::Network,
            b"input" => Self::Input,
            b"event" | b"data_stream" => Self::Dataset,
            b"k8s" => Self::Kubernetes,
            _ => Self::Any,
        };
        let field = FIELDS
            .binary_search_by(|(known, _)| known.as_bytes().cmp(lower))
            .ok()
            .and_then(|at| FIELDS.get(at))
            .map_or(Field::None, |(_, field)| *field);
        (field, child)
    }
}

/// What journald knows about a process besides its text; for any other name, [`Field::Apart`].
fn of_process(name: &[u8]) -> Field {
    match name {
        b"comm" => Field::Comm,
        b"pid" | b"uid" | b"gid" | b"exe" | b"cmdline" => Field::Process,
        b"slice" | b"session" | b"owner_uid" | b"user_unit" | b"invocation_id" => Field::Process,
        b"systemd_cgroup" | b"systemd_unit" => Field::Unit,
        b"systemd_user_unit" => Field::UserUnit,
        _ if name.starts_with(b"systemd_") => Field::Process,
        _ => Field::Apart,
    }
}

/// A name without the leading marks that one shipper adds and another removes.
fn without_marks(name: &[u8]) -> &[u8] {
    let mut name = name;
    while let [b'_' | b'@', tail @ ..] = name {
        name = tail;
    }
    name
}

/// Whether only records of containers have such a name.
fn is_containers(name: &[u8]) -> bool {
    CONTAINERS
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
        || CONTAINERS_BEGIN.iter().any(|start| {
            let beginning = name.get(..start.len());
            beginning.is_some_and(|it| it.eq_ignore_ascii_case(start))
        })
}

impl Provenance {
    /// Notes a value that is an object, a list, or a JSON literal: its presence may be enough.
    pub(crate) fn there(&mut self, field: Field) {
        match field {
            Field::Container => self.container(),
            Field::Process | Field::UserUnit => self.process(),
            _ => {}
        }
    }

    /// Notes a number.
    pub(crate) fn number(&mut self, field: Field, number: u64) {
        match field {
            Field::Facility => self.facility(u8::try_from(number).unwrap_or(u8::MAX)),
            Field::Priority => self.priority(number),
            Field::Pid if number > 0 => self.process(),
            Field::Stream => self.container(),
            _ => self.there(field),
        }
    }

    /// Notes a text. An empty one proves nothing.
    pub(crate) fn text(&mut self, field: Field, text: &[u8]) {
        let text = text.trim_ascii();
        if text.is_empty() || field == Field::Apart {
            return;
        }
        if let Some(number) = whole_number(text)
            && matches!(field, Field::Facility | Field::Priority | Field::Pid)
        {
            return self.number(field, number);
        }
        let is_in = |starts: &[&[u8]]| starts.iter().any(|start| text.starts_with(start));
        match field {
            Field::Transport => self.transport(text),
            Field::Input => self.input(text),
            Field::Tag => self.tag(text),
            Field::Facility => self.facility_named(text),
            Field::PriorityText => {
                let end = memchr::memchr(b'.', text).unwrap_or(text.len());
                self.facility_named(text.get(..end).unwrap_or(text));
            }
            // Elsewhere, a unit is a unit of measure.
            Field::Unit if text.iter().any(|byte| b"./".contains(byte)) => self.unit(text),
            Field::UserUnit => self.user_unit(text),
            Field::Comm => self.comm(text),
            Field::Stream => self.container(),
            Field::Resource => {
                let is_in_it = |word: &&[u8]| memmem::find(text, word).is_some();
                if RESOURCES.iter().any(is_in_it) {
                    self.container();
                }
            }
            Field::LogName if text.ends_with(b"stdout") || text.ends_with(b"stderr") => {
                self.container();
            }
            Field::InputType | Field::Dataset | Field::SourceType => {
                if is_in(&[b"container", b"docker", b"kubernetes"]) {
                    self.container();
                }
            }
            Field::Tags => {
                for label in text.split(|byte| *byte == b',') {
                    let end = memchr::memchr(b':', label).unwrap_or(label.len());
                    if is_containers(label.get(..end).unwrap_or(label).trim_ascii()) {
                        self.container();
                    }
                }
            }
            Field::Key => {
                if Parent::Any.place(text).0 == Field::Container {
                    self.container();
                }
            }
            _ if matches!(text, b"stdout" | b"stderr") || is_in(&CONTAINERS_LOGS) => {
                self.container();
            }
            _ => self.there(field),
        }
    }

    fn facility_named(&mut self, name: &[u8]) {
        match name {
            b"kernel" => self.facility(0),
            _ => {
                if let Some(facility) = super::facility_by_name(name) {
                    self.facility(facility);
                }
            }
        }
    }
}

fn whole_number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether a log file is a container's.
pub(crate) fn is_containers_log(path: &[u8]) -> bool {
    CONTAINERS_LOGS.iter().any(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(FIELDS.is_sorted_by(|one, other| one.0 < other.0));
    }
}
