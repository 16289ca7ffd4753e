//! Lines of containerd, CRI-O, dockerd and cri-dockerd.
//!
//! ```text
//! time="2023-01-05T02:12:02.123456789+08:00" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:3962896b-…,Namespace:default,Attempt:0,} returns sandbox id \"1d02609c…\""
//! time="…" level=info msg="RunPodSandbox for name:\"web-0\" uid:\"3962896b-…\" namespace:\"default\" returns sandbox id \"1d02609c…\""       containerd 2
//! time="…" level=info msg="CreateContainer within sandbox \"1d02609c…\" for &ContainerMetadata{Name:app,Attempt:0,} returns container id \"a2172e8d…\""
//! time="…" level=info msg="Ran pod sandbox 1d02609c… with infra container: default/web-0/POD" id=… name=/runtime.v1.RuntimeService/RunPodSandbox
//! time="…" level=info msg="Created container a2172e8d…: default/web-0/app" id=… name=/runtime.v1.RuntimeService/CreateContainer
//! time="…" level=error msg="Handler for POST /v1.40/containers/create … container name \"/k8s_app_web-0_default_3962896b-…_0\" is already in use by container \"a2172e8d…\". …"
//! ```

use super::super::record::{PodRecord, PodSource, PodUid, is_name};
use super::super::table::PodTable;
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use oomparse_core::Daemon;
use oomparse_core::go::split_quoted;

/// The record that the line contains; `table` knows the sandboxes.
pub(super) fn record(line: &str, daemon: Daemon, table: &PodTable) -> Option<PodRecord> {
    let message = logrus_message(line)?;
    if let Some(rest) = message.strip_prefix("RunPodSandbox for ") {
        return sandbox(rest);
    }
    if let Some(rest) = message.strip_prefix("CreateContainer within sandbox ") {
        return container(rest, table);
    }
    if let Some(rest) = message.strip_prefix("Ran pod sandbox ") {
        let (id, rest) = rest.split_once(" with infra container: ")?;
        return crio(id, rest);
    }
    if let Some(rest) = message.strip_prefix("Created container ") {
        let (id, rest) = rest.split_once(": ")?;
        return crio(id, rest);
    }
    matches!(daemon, Daemon::Dockerd | Daemon::CriDockerd)
        .then(|| docker(&message))
        .flatten()
}

/// The `msg="…"` of a logrus line, unquoted; a line that begins with the message itself, as it is.
fn logrus_message(line: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = line.strip_prefix("time=\"") else {
        return Some(Cow::Borrowed(line));
    };
    let (_, rest) = rest.split_once("\" level=")?;
    let (level, rest) = rest.split_once(" msg=")?;
    if level.contains([' ', '"']) {
        return None;
    }
    let (quoted, _) = split_quoted(rest)?;
    if !quoted.contains('\\') {
        return Some(Cow::Borrowed(quoted));
    }
    let mut text = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => letters.next()?,
            other => other,
        });
    }
    Some(Cow::Owned(text))
}

/// `&PodSandboxMetadata{Name:web-0,Uid:…,Namespace:default,Attempt:0,} returns sandbox id "…"`
fn sandbox(rest: &str) -> Option<PodRecord> {
    let (metadata, id) = rest
        .split_once(" returns sandbox id ")
        .unwrap_or((rest, ""));
    let field = |old: &str, new: &str| field(metadata, "&PodSandboxMetadata{", old, new);
    let uid = field("Uid:", "uid:\"")?;
    let namespace = field("Namespace:", "namespace:\"")?;
    let name = field("Name:", "name:\"")?;
    if PodUid::parse(uid).is_none() || !is_name(namespace) || !is_name(name) {
        return None;
    }
    let mut record = PodRecord::named(PodSource::RuntimeLog, uid, namespace, name);
    record.add_container(id.trim_matches('"'), None);
    Some(record)
}

/// A field of a protobuf message as Go prints it: `{Name:web-0,` or `name:"web-0"`.
fn field<'t>(metadata: &'t str, head: &str, old: &str, new: &str) -> Option<&'t str> {
    if let Some(fields) = metadata.strip_prefix(head) {
        let fields = fields.split_once('}')?.0;
        return fields.split(',').find_map(|field| field.strip_prefix(old));
    }
    metadata
        .split(' ')
        .find_map(|field| field.strip_prefix(new)?.split_once('"'))
        .map(|(value, _)| value)
}

/// `"<sandbox>" for &ContainerMetadata{Name:app,Attempt:0,} returns container id "…"`
fn container(rest: &str, table: &PodTable) -> Option<PodRecord> {
    let (sandbox, rest) = split_quoted(rest)?;
    let (metadata, id) = rest
        .strip_prefix(" for ")?
        .split_once(" returns container id ")?;
    let name = field(metadata, "&ContainerMetadata{", "Name:", "name:\"")?;
    if !is_name(name) {
        return None;
    }
    let mut record = table.pod_of_container(sandbox)?;
    record.source = PodSource::RuntimeLog;
    record.add_container(id.trim_matches('"'), Some(name));
    Some(record)
}

/// `<id>`, `<namespace>/<pod>/<container>`. CRI-O does not show the uid here.
fn crio(id: &str, names: &str) -> Option<PodRecord> {
    let mut parts = names.split('/');
    let (namespace, name, container) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || ![namespace, name, container].into_iter().all(is_name) {
        return None;
    }
    let mut record = PodRecord::new(PodSource::RuntimeLog);
    record.namespace = Some(namespace.to_owned());
    record.name = Some(name.to_owned());
    record.add_container(id, (container != "POD").then_some(container));
    Some(record)
}

/// `Handler for POST /v1.40/containers/create?name=NAME returned error: Conflict. The container name "/NAME" is
/// already in use by container "ID". …`
///
/// The kubelet asked for that name. The rest of such a line may contain text of a pod's author: a command, an
/// image.
fn docker(message: &str) -> Option<PodRecord> {
    let request = message.strip_prefix("Handler for POST /")?;
    let (path, error) = request.split_once(" returned error: ")?;
    let (path, asked) = match path.split_once("?name=") {
        Some((path, name)) => (path, Some(name)),
        None => (path, None),
    };
    let version = path.strip_suffix("containers/create")?;
    let is_version = |text: &str| {
        let number = text
            .strip_prefix('v')
            .and_then(|text| text.strip_suffix('/'));
        number.is_some_and(|number| {
            number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    if !(version.is_empty() || is_version(version)) {
        return None;
    }
    let conflict = error.strip_prefix("Conflict. The container name \"/");
    let used = conflict.and_then(|rest| rest.split_once("\" is already in use by container \""));
    let name = asked.or(used.map(|(name, _)| name))?;
    if used.is_some_and(|(used, _)| used != name) {
        return None;
    }
    let mut record = named_by_kubelet(name)?;
    if let Some((_, rest)) = used {
        let (id, _) = rest.split_once('"')?;
        record.add_container(id, container_of(name));
    }
    Some(record)
}

/// The container's own name; a pod's sandbox has none.
fn container_of(name: &str) -> Option<&str> {
    let name = name.split('_').nth(1)?;
    (name != "POD").then_some(name)
}

/// `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, the name that the kubelet sets.
fn named_by_kubelet(name: &str) -> Option<PodRecord> {
    let mut parts = name.strip_prefix("k8s_")?.split('_');
    let (container, name, namespace) = (parts.next()?, parts.next()?, parts.next()?);
    let (uid, attempt) = (parts.next()?, parts.next()?);
    if PodUid::parse(uid).is_none()
        || ![container, name, namespace].into_iter().all(is_name)
        || !attempt.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    parts
        .next()
        .is_none()
        .then(|| PodRecord::named(PodSource::RuntimeLog, uid, namespace, name))
}
