//! `oomparse who`: what a cgroup path, a pod's uid or a container's id belongs to.

use crate::Found;
use crate::cgroups::CgroupArgs;
use crate::pods::{PodArgs, Which};
use crate::sink::stdout;
use clap::ValueEnum;
use oomparse_core::{
    CgroupPath, CgroupRoots, LimitLevel, PodLookup, PodSource, Text, parse_cgroup_path,
};
use oomparse_pods::PodTable;
use oomparse_report::on_screen;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

/// Say whom a cgroup path, a pod's uid or a container's id belongs to.
///
/// Takes paths as the kernel prints them in a report (`oom_memcg=`, `task_memcg=`) and as
/// /proc/PID/cgroup shows them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 something is known of a path, 1 nothing of any, 2 trouble.")]
pub(crate) struct WhoArgs {
    /// Cgroup paths (`/kubepods/burstable/pod.../...`), pod uids, container ids
    #[arg(value_name = "PATH|POD_UID|CONTAINER_ID", required = true)]
    pub(crate) paths: Vec<OsString>,

    /// How to write: `report` is for people, `json` one object a line [default: report]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "report",
        hide_default_value = true
    )]
    pub(crate) format: WhoFormat,

    #[command(flatten)]
    pub(crate) cgroups: CgroupArgs,

    #[command(flatten)]
    pub(crate) pods: PodArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoFormat {
    Json,
    Report,
}

/// Writes one answer for each path.
///
/// # Errors Any error from writing.
pub(crate) fn run(args: &WhoArgs) -> io::Result<Found> {
    let mut out = stdout();
    let mut found = Found::Nothing;
    let table = Mutex::new(args.pods.table());
    let trouble = args.pods.loader().load(Which::All, &table);
    let mut table = table.into_inner().unwrap_or_else(PoisonError::into_inner);
    let roots = args.cgroups.roots();
    for path in &args.paths {
        let path = as_in_a_report(path.as_encoded_bytes());
        let mut who = Who::new(path, &roots);
        who.name(&mut table);
        if who.is_known() {
            found = Found::Some;
        }
        match args.format {
            WhoFormat::Json => writeln!(out, "{}", serde_json::to_string(&who)?)?,
            WhoFormat::Report => out.write_all(who.to_report().as_bytes())?,
        }
    }
    out.flush()?;
    Ok(if trouble { Found::Trouble } else { found })
}

/// A line of /proc/PID/cgroup (`0::/kubepods/...`, `9:memory:/kubepods/...`) without its first fields.
fn as_in_a_report(path: &[u8]) -> &[u8] {
    let mut parts = path.splitn(3, |&byte| byte == b':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(number), Some(_), Some(path))
            if !number.is_empty() && number.iter().all(u8::is_ascii_digit) =>
        {
            path
        }
        _ => path,
    }
}

/// The answer, with the field names of an event.
#[derive(Debug, Serialize)]
struct Who {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    /// Anybody may have chosen the container's id.
    #[serde(skip)]
    delegated: bool,
    /// The argument, if it is not a path.
    #[serde(skip)]
    asked: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<Pod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Container>,
}

#[derive(Debug, Default, Serialize)]
struct Pod {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qos_class: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nested: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
struct Container {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Who {
    fn new(asked: &[u8], roots: &CgroupRoots) -> Self {
        match bare(asked) {
            Some(Bare::Uid(uid)) => Self {
                pod: Some(Pod {
                    uid: Some(uid),
                    ..Pod::default()
                }),
                ..Self::nothing(asked)
            },
            Some(Bare::ContainerId(id)) => Self {
                container: Some(Container {
                    id: Some(id),
                    ..Container::default()
                }),
                ..Self::nothing(asked)
            },
            None => Self::of_path(asked, roots),
        }
    }

    fn nothing(asked: &[u8]) -> Self {
        Self {
            path: None,
            path_hex: None,
            level: None,
            delegated: false,
            asked: ascii(asked),
            driver: None,
            pod: None,
            container: None,
        }
    }

    /// Adds the table's names, as for an event.
    fn name(&mut self, table: &mut PodTable) {
        let id = self.container.as_ref().and_then(|found| found.id.clone());
        let mut uid = self.pod.as_ref().and_then(|pod| pod.uid.clone());
        let is_nested = self.pod.as_ref().is_some_and(|pod| pod.nested);
        let found = id.as_deref().and_then(|id| table.container(id));
        let found = found.filter(|found| !(self.delegated || is_nested && found.pod.is_default));
        if let (Some(found), Some(container)) = (found, &mut self.container)
            && (uid.is_none()
                || found.pod_uid.is_none()
                || uid.as_deref() == found.pod_uid.as_deref())
        {
            container.name = found.name.map(str::to_owned);
            uid = uid.or(found.pod_uid.map(Into::into));
            if found.pod.name.is_some() && self.pod.is_none() {
                self.pod = Some(Pod {
                    namespace: found.pod.namespace.map(str::to_owned),
                    name: found.pod.name.map(str::to_owned),
                    source: found.pod.source.map(PodSource::as_str),
                    ..Pod::default()
                });
            }
        }
        // A static pod's uid has no hyphens, and users may leave them out of any other.
        let Some(uid) = uid else { return };
        let names = table
            .pod(&uid)
            .filter(|names| !(is_nested && names.is_default));
        let pod = self.pod.get_or_insert_default();
        pod.uid = Some(uid.clone());
        if let Some(names) = names {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            pod.namespace = owned(names.namespace);
            pod.name = owned(names.name);
            pod.node = owned(names.node);
            pod.owner = owned(names.owner);
            pod.source = names.source.map(PodSource::as_str);
        }
    }

    fn of_path(path: &[u8], roots: &CgroupRoots) -> Self {
        let CgroupPath {
            driver,
            qos_class,
            pod_uid,
            nested,
            container_id,
            runtime,
            delegated,
            level,
            ..
        } = roots.parse(path);
        let uid = pod_uid.map(|uid| ascii(uid).to_ascii_lowercase().replace('_', "-"));
        let qos_class = qos_class.map(|class| class.as_str());
        let id = container_id.map(ascii);
        let runtime = runtime.map(|runtime| runtime.as_str());
        let text = Text::from(path);
        Self {
            path_hex: text.as_str().is_none().then(|| hex(path)),
            path: Some(text.to_string()),
            level: Some(level.as_str()),
            delegated,
            asked: text.to_string(),
            driver: driver.map(|driver| driver.as_str()),
            pod: (uid.is_some() || qos_class.is_some()).then_some(Pod {
                uid,
                qos_class,
                nested,
                ..Pod::default()
            }),
            container: (id.is_some() || runtime.is_some()).then_some(Container {
                id,
                runtime,
                name: None,
            }),
        }
    }

    fn is_known(&self) -> bool {
        if self.path.is_none() {
            // A uid or an id alone shows nothing.
            return self.pod.as_ref().is_some_and(|pod| pod.name.is_some())
                || self
                    .container
                    .as_ref()
                    .is_some_and(|found| found.name.is_some());
        }
        self.level
            .is_some_and(|level| level != LimitLevel::Other.as_str())
            || self.driver.is_some()
            || self.pod.is_some()
            || self.container.is_some()
    }

    /// The path, then one aligned line for each known fact.
    fn to_report(&self) -> String {
        let pod = self.pod.as_ref();
        let container = self.container.as_ref();
        let full_name = pod.and_then(|pod| {
            let name = pod.name.as_deref()?;
            Some(match &pod.namespace {
                Some(namespace) => format!("{namespace}/{name}"),
                None => name.to_owned(),
            })
        });
        let container_text = container.and_then(|container| {
            let id = container.id.as_deref()?;
            Some(match &container.name {
                Some(name) => format!("{name} ({id})"),
                None => id.to_owned(),
            })
        });
        let is_nested = pod.is_some_and(|pod| pod.nested);
        let known = [
            ("name", full_name.as_deref()),
            ("pod", pod.and_then(|pod| pod.uid.as_deref())),
            (
                "nested",
                is_nested.then_some("in the cgroup of a container or a machine"),
            ),
            ("class", pod.and_then(|pod| pod.qos_class)),
            ("container", container_text.as_deref()),
            ("runtime", container.and_then(|container| container.runtime)),
            ("driver", self.driver),
            ("level", self.level.filter(|_| self.is_known())),
            ("node", pod.and_then(|pod| pod.node.as_deref())),
            ("owner", pod.and_then(|pod| pod.owner.as_deref())),
            ("source", pod.and_then(|pod| pod.source)),
        ];
        let mut out = format!("{}\n", on_screen(&self.asked));
        for (label, value) in known {
            if let Some(value) = value {
                let _ = writeln!(out, "    {label:9}  {}", on_screen(value));
            }
        }
        if !self.is_known() {
            out.push_str(match self.path {
                Some(_) => "    nothing is known about this path\n",
                None => "    no pod and no container of this name is known\n",
            });
        }
        out
    }
}

/// An argument that is not a path.
enum Bare {
    Uid(String),
    ContainerId(String),
}

/// A uid or a container's id, which may begin with `containerd://`.
fn bare(asked: &[u8]) -> Option<Bare> {
    let text = std::str::from_utf8(asked).ok()?;
    let text = text.rsplit_once("://").map_or(text, |(_, id)| id);
    let lower = text.to_ascii_lowercase();
    let path = format!("/kubepods/pod{lower}");
    if let Some(uid) = parse_cgroup_path(path.as_bytes()).pod_uid_text() {
        return Some(Bare::Uid(uid));
    }
    let is_id =
        (12..=64).contains(&lower.len()) && lower.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(Bare::ContainerId(lower))
}

fn ascii(bytes: &[u8]) -> String {
    Text::from(bytes).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_pid_cgroup_lines_are_paths() {
        assert_eq!(as_in_a_report(b"0::/a/b"), b"/a/b");
        assert_eq!(as_in_a_report(b"9:memory,cpu:/a:b"), b"/a:b");
        assert_eq!(as_in_a_report(b"/a:b:/c"), b"/a:b:/c");
        assert_eq!(as_in_a_report(b""), b"");
    }

    #[test]
    fn a_path_of_no_one_is_not_known() {
        let who = Who::new(b"/user.slice\n", &CgroupRoots::new());
        assert!(!who.is_known());
        assert_eq!(
            who.to_report(),
            "/user.slice\\x0a\n    nothing is known about this path\n"
        );
        assert_eq!(who.path_hex.as_deref(), Some("2f757365722e736c6963650a"));
    }
}
