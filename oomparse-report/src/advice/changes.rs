//! How to set a limit, if the log shows what it belongs to: text to copy.

use super::{Change, is_guaranteed, level, quantity, said};
use crate::Lang;
use crate::facts::printable;
use oomparse_core::{LimitLevel, OomEvent};

/// How to set the limit, if the log shows what it belongs to.
pub(super) fn changes(event: &OomEvent, limit: u64, lang: Lang) -> Vec<Change> {
    match level(event) {
        Some(LimitLevel::Container) if event.pod.is_some() => kubernetes(event, limit, lang),
        Some(LimitLevel::Pod) if event.pod.is_some() => {
            vec![Change {
                language: "yaml",
                title: said(lang, "advice_pod_limits", &[]),
                text: format!(
                    "{}spec:\n  containers:\n    # {}\n",
                    comment(event),
                    said(
                        lang,
                        "advice_pod_limits_sum",
                        &[("limit", quantity(limit).into())]
                    )
                ),
            }]
        }
        _ => service(event, limit, lang).into_iter().collect(),
    }
}

/// `# pod shop/web-0`
fn comment(event: &OomEvent) -> String {
    crate::facts::pod_name(event).map_or_else(String::new, |name| format!("# pod {name}\n"))
}

fn kubernetes(event: &OomEvent, limit: u64, lang: Lang) -> Vec<Change> {
    let size = quantity(limit);
    let name = event
        .container
        .as_ref()
        .and_then(|container| container.name.as_deref());
    let name_line = name.filter(|name| is_label(name));
    let of = name_line.map_or_else(String::new, |name| format!("    - name: {name}\n"));
    let indent = if of.is_empty() { "    - " } else { "      " };
    let requests = if is_guaranteed(event) {
        format!("          memory: {size}  # Guaranteed: the same as the limit\n")
    } else {
        String::new()
    };
    let requests = if requests.is_empty() {
        requests
    } else {
        format!("        requests:\n{requests}")
    };
    let yaml = format!(
        "{}spec:\n  containers:\n{of}{indent}resources:\n        limits:\n          memory: {size}\n{requests}",
        comment(event)
    );
    let mut changes = vec![Change {
        language: "yaml",
        title: said(lang, "advice_yaml", &[]),
        text: yaml,
    }];
    changes.extend(set_resources(event, &size, name_line, lang));
    changes
}

/// `kubectl set resources`, if the log shows what made the pod.
fn set_resources(
    event: &OomEvent,
    size: &str,
    container: Option<&str>,
    lang: Lang,
) -> Option<Change> {
    let pod = event.pod.as_ref()?;
    let (kind, name) = pod.owner.as_deref()?.split_once('/')?;
    // A ReplicaSet belongs to a Deployment, whose name the log does not show.
    let kind = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => kind.to_lowercase(),
        _ => return None,
    };
    let namespace = pod.namespace.as_deref()?;
    let container = container?;
    if ![name, namespace, container].into_iter().all(is_label) {
        return None;
    }
    let requests = if is_guaranteed(event) {
        format!(" --requests=memory={size}")
    } else {
        String::new()
    };
    Some(Change {
        language: "shell",
        title: said(lang, "advice_command", &[]),
        text: format!(
            "kubectl set resources {kind}/{name} -n {namespace} -c {container} --limits=memory={size}{requests}"
        ),
    })
}

/// A command for a systemd unit or a Docker container.
fn service(event: &OomEvent, limit: u64, lang: Lang) -> Option<Change> {
    let path = event.cgroup.as_ref()?.oom_memcg.as_ref()?.as_str()?;
    let last = path.rsplit('/').next()?;
    let unit = [".service", ".slice"].iter().any(|end| last.ends_with(end));
    let is_container = level(event) == Some(LimitLevel::Container);
    let mib = limit.div_ceil(1 << 20);
    let text = if unit && is_label(last) {
        format!("systemctl set-property {last} MemoryMax={mib}M")
    } else if is_container && event.pod.is_none() {
        let container = event.container.as_ref()?;
        let runtime = container.runtime?.as_str();
        let id = container.id.as_deref()?;
        match runtime {
            "docker" | "podman" => format!(
                "{runtime} update --memory {mib}m {}",
                crate::facts::cut_id(&printable(id))
            ),
            _ => return None,
        }
    } else {
        return None;
    };
    Some(Change {
        language: "shell",
        title: said(lang, "advice_command", &[]),
        text,
    })
}

/// Whether a name needs no quotes in YAML or in a shell; only such names are put into text to copy.
fn is_label(name: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    let begins = name
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric);
    begins && name.bytes().all(sound)
}

#[cfg(test)]
mod tests {
    use super::is_label;

    #[test]
    fn only_plain_names_go_into_commands() {
        assert!(is_label("web-0") && is_label("mysql@1.service"));
        for name in ["", "-n", "a b", "a;reboot", "$(x)", "a\n", "\u{4e2d}", "'"] {
            assert!(!is_label(name), "{name:?}");
        }
    }
}
