//! `oomparse who`: what a cgroup path says.

use crate::Found;
use crate::args::{Format, WhoArgs};
use crate::sink::stdout;
use oomparse_core::{CgroupPath, LimitLevel, Text, parse_cgroup_path};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Writes one answer for each path.
///
/// # Errors
/// What writing fails with.
pub(crate) fn run(args: &WhoArgs) -> io::Result<Found> {
    let mut out = stdout();
    let mut found = Found::Nothing;
    for path in &args.paths {
        let path = as_in_a_report(path.as_encoded_bytes());
        let who = Who::new(path);
        if who.is_known() {
            found = Found::Some;
        }
        match args.format {
            Format::Report => out.write_all(who.to_report().as_bytes())?,
            _ => writeln!(out, "{}", serde_json::to_string(&who)?)?,
        }
    }
    out.flush()?;
    Ok(found)
}

/// A line of /proc/PID/cgroup (`0::/kubepods/...`, `9:memory:/kubepods/...`) without its head.
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

/// The answer, with the words of an event.
#[derive(Debug, Serialize)]
struct Who {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<Pod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Container>,
}

#[derive(Debug, Serialize)]
struct Pod {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qos_class: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Container {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<&'static str>,
}

impl Who {
    fn new(path: &[u8]) -> Self {
        let CgroupPath {
            driver,
            qos_class,
            pod_uid,
            container_id,
            runtime,
            level,
            ..
        } = parse_cgroup_path(path);
        let uid = pod_uid.map(|uid| ascii(uid).to_ascii_lowercase().replace('_', "-"));
        let qos_class = qos_class.map(|class| class.as_str());
        let id = container_id.map(ascii);
        let runtime = runtime.map(|runtime| runtime.as_str());
        let text = Text::from(path);
        Self {
            path_hex: text.as_str().is_none().then(|| hex(path)),
            path: text.to_string(),
            level: level.as_str(),
            driver: driver.map(|driver| driver.as_str()),
            pod: (uid.is_some() || qos_class.is_some()).then_some(Pod { uid, qos_class }),
            container: (id.is_some() || runtime.is_some()).then_some(Container { id, runtime }),
        }
    }

    fn is_known(&self) -> bool {
        self.level != LimitLevel::Other.as_str()
            || self.driver.is_some()
            || self.pod.is_some()
            || self.container.is_some()
    }

    /// The path, then a line for each thing known, aligned.
    fn to_report(&self) -> String {
        let pod = self.pod.as_ref();
        let container = self.container.as_ref();
        let known = [
            ("pod", pod.and_then(|pod| pod.uid.as_deref())),
            ("class", pod.and_then(|pod| pod.qos_class)),
            (
                "container",
                container.and_then(|container| container.id.as_deref()),
            ),
            ("runtime", container.and_then(|container| container.runtime)),
            ("driver", self.driver),
            ("level", self.is_known().then_some(self.level)),
        ];
        let mut out = format!("{}\n", self.path);
        for (label, value) in known {
            if let Some(value) = value {
                let _ = writeln!(out, "    {label:9}  {value}");
            }
        }
        if !self.is_known() {
            out.push_str("    nothing is known about this path\n");
        }
        out
    }
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
        let who = Who::new(b"/user.slice\n");
        assert!(!who.is_known());
        assert_eq!(
            who.to_report(),
            "/user.slice\\x0a\n    nothing is known about this path\n"
        );
        assert_eq!(who.path_hex.as_deref(), Some("2f757365722e736c6963650a"));
    }
}
