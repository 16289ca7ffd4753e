//! The chart as helm reads it.

use super::{chart, output};
use crate::root;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const EVERYTHING: &[&str] = &[
    "events.enabled=true",
    "otlp.endpoint=http://collector:4318",
    "metrics.podMonitor.enabled=true",
    "metrics.serviceMonitor.enabled=true",
    "metrics.prometheusRule.enabled=true",
    "metrics.dashboard.enabled=true",
    "kmsg.access=hostPath",
    "bareKills.enabled=true",
    "bareKills.processEvents=true",
];

pub(super) fn lint(helm: &Path) -> Result<(), String> {
    for values in [&[][..], EVERYTHING] {
        let mut lint = Command::new(helm);
        lint.args(["lint", "--strict"]).arg(chart());
        output(lint.args(values.iter().flat_map(|value| ["--set", value])))?;
    }
    Ok(())
}

/// Invalid values must be refused with a message.
pub(super) fn refused(helm: &Path) -> Result<(), String> {
    template(helm, &[])?;
    for values in [
        &["kmsg.access=privileged"][..],
        &["kmsg.access=none"],
        &["file=/var/log/kern.log"],
        &["kmsg.access=none", "file=/etc/shadow"],
        &[
            "bareKills.enabled=true",
            "kmsg.access=none",
            "file=/var/log/kern.log",
        ],
        &["image.digest=latest"],
        &["no.such.value=1"],
    ] {
        if template(helm, values).is_ok() {
            return Err(format!("helm renders the chart with {values:?}"));
        }
    }
    Ok(())
}

/// The rights must be no more than the values require.
pub(super) fn rights(helm: &Path) -> Result<(), String> {
    let plain = objects(&template(helm, &[])?)?;
    let kinds: Vec<&str> = plain.keys().map(|(kind, _)| kind.as_str()).collect();
    if kinds != ["DaemonSet", "ServiceAccount"] {
        return Err(format!("without values the chart makes {kinds:?}"));
    }
    let all = objects(&template(helm, EVERYTHING)?)?;
    let bare = [
        "bareKills.enabled=true",
        "metrics.serviceMonitor.enabled=true",
    ];
    let bare = objects(&template(helm, &bare)?)?;
    let free = ["kmsg.dmesgRestrict=false", "kmsg.access=hostPath"];
    let free = objects(&template(helm, &free)?)?;
    let syslog = json!(["SYSLOG"]);
    for (name, objects, rights) in [
        ("default", &plain, Rights::with(&syslog)),
        ("free", &free, Rights::with(&Value::Null)),
        (
            "bareKills",
            &bare,
            Rights {
                host_pid: true,
                ..Rights::with(&syslog)
            },
        ),
        (
            "all",
            &all,
            Rights {
                token: true,
                host_pid: true,
                host_network: true,
                ..Rights::with(&json!(["SYSLOG", "NET_ADMIN"]))
            },
        ),
    ] {
        least(daemon_set(objects)?, &rights).map_err(|e| format!("{name}: {e}"))?;
    }
    scraped(&bare)?;
    let role = all
        .iter()
        .find(|((kind, _), _)| kind == "ClusterRole")
        .ok_or("no ClusterRole with Events")?;
    let rules = json!([
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]);
    match role.1["rules"] == rules {
        true => Ok(()),
        false => Err(format!(
            "the ClusterRole has other rules: {}",
            role.1["rules"]
        )),
    }
}

fn daemon_set(objects: &Objects) -> Result<&Value, String> {
    let found = objects.iter().find(|((kind, _), _)| kind == "DaemonSet");
    Ok(&found.ok_or("no DaemonSet")?.1["spec"]["template"]["spec"])
}

/// The Service of a ServiceMonitor must select the agent's pods, and have the port that it names.
fn scraped(objects: &Objects) -> Result<(), String> {
    let of_kind = |kind: &str| {
        let found = objects.iter().find(|((of, _), _)| of == kind);
        found
            .map(|(_, object)| object)
            .ok_or_else(|| format!("no {kind}"))
    };
    let (service, monitor, agent) = (
        of_kind("Service")?,
        of_kind("ServiceMonitor")?,
        of_kind("DaemonSet")?,
    );
    let labels = service["metadata"]["labels"].as_object();
    let is_chosen = |selector: &Value| {
        let has = |(key, value)| labels.and_then(|it| it.get::<String>(key)) == Some(value);
        selector.as_object().is_some_and(|it| it.iter().all(has))
    };
    let pods = &agent["spec"]["template"];
    let port = &service["spec"]["ports"][0];
    let is_right = service["spec"]["selector"] == pods["metadata"]["labels"]
        && is_chosen(&monitor["spec"]["selector"]["matchLabels"])
        && port["name"] == monitor["spec"]["endpoints"][0]["port"]
        && port["targetPort"] == pods["spec"]["containers"][0]["ports"][0]["name"];
    match is_right {
        true => Ok(()),
        false => Err(format!("the Service is not that of the agent: {service}")),
    }
}

/// What a pod may have beyond what every pod has.
struct Rights {
    token: bool,
    host_pid: bool,
    host_network: bool,
    capabilities: Value,
}

impl Rights {
    fn with(capabilities: &Value) -> Self {
        Self {
            token: false,
            host_pid: false,
            host_network: false,
            capabilities: capabilities.clone(),
        }
    }
}

/// Least privilege, as the pod's spec states it.
fn least(pod: &Value, rights: &Rights) -> Result<(), String> {
    let flag = |is: bool| if is { json!(true) } else { Value::Null };
    let container = &pod["containers"][0];
    let security = &container["securityContext"];
    let wanted = [
        (&pod["automountServiceAccountToken"], json!(rights.token)),
        (&pod["hostPID"], flag(rights.host_pid)),
        (&pod["hostNetwork"], flag(rights.host_network)),
        (
            &pod["securityContext"]["seccompProfile"]["type"],
            json!("RuntimeDefault"),
        ),
        (&security["privileged"], json!(false)),
        (&security["allowPrivilegeEscalation"], json!(false)),
        (&security["readOnlyRootFilesystem"], json!(true)),
        (&security["capabilities"]["drop"], json!(["ALL"])),
        (
            &security["capabilities"]["add"],
            rights.capabilities.clone(),
        ),
    ];
    for (index, (is, should)) in wanted.iter().enumerate() {
        if *is != should {
            return Err(format!("right {index}: {is}, and not {should}"));
        }
    }
    let volumes = pod["volumes"].as_array().into_iter().flatten();
    let of_host: Vec<&Value> = volumes.filter(|it| it.get("hostPath").is_some()).collect();
    for volume in of_host {
        let mounts = container["volumeMounts"].as_array().into_iter().flatten();
        let mut mounts = mounts.filter(|mount| mount["name"] == volume["name"]);
        if !mounts.all(|mount| mount["readOnly"] == true) {
            return Err(format!("{} can be written to", volume["hostPath"]));
        }
    }
    Ok(())
}

/// `kubectl kustomize deploy/manifests` and the chart without values must be the same objects.
pub(super) fn same(helm: &Path) -> Result<(), String> {
    let mut kustomize = Command::new("kubectl");
    kustomize
        .arg("kustomize")
        .arg(root().join("deploy/manifests"));
    let mut plain = objects(&output(&mut kustomize)?)?;
    plain.remove(&("Namespace".to_owned(), "oomparse".to_owned()));
    let rendered = objects(&template(helm, &[])?)?;
    for (name, object) in &rendered {
        let other = plain.remove(name);
        if other.as_ref() != Some(object) {
            let other = other.unwrap_or_default();
            return Err(format!(
                "{name:?}: the chart has\n{object}\nthe manifests\n{other}"
            ));
        }
    }
    match plain.keys().next() {
        Some(name) => Err(format!("{name:?} is in the manifests alone")),
        None => Ok(()),
    }
}

pub(super) fn template(helm: &Path, values: &[&str]) -> Result<String, String> {
    let mut template = Command::new(helm);
    template.args(["template", "oomparse"]).arg(chart());
    // A helm that was installed by Go assumes a Kubernetes of 2020.
    template.args(["--namespace", "oomparse", "--kube-version=1.34.0"]);
    output(template.args(values.iter().flat_map(|value| ["--set", value])))
}

/// By kind and name.
type Objects = BTreeMap<(String, String), Value>;

/// The objects of a stream of YAML documents, without helm's own labels.
fn objects(text: &str) -> Result<Objects, String> {
    let mut objects = Objects::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let object: Value =
            serde::Deserialize::deserialize(document).map_err(|e| format!("{e}\n{text}"))?;
        if object.is_null() {
            continue;
        }
        objects.insert(named(&object)?, without_helm(object));
    }
    Ok(objects)
}

fn named(object: &Value) -> Result<(String, String), String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&object["kind"]).zip(text(&object["metadata"]["name"]));
    name.ok_or_else(|| format!("an object without kind or name: {object}"))
}

fn without_helm(mut object: Value) -> Value {
    if let Some(labels) = object
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove("helm.sh/chart");
        labels.remove("app.kubernetes.io/managed-by");
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifests_ask_for_no_more_than_they_need() {
        let path = root().join("deploy/manifests/daemonset.yaml");
        let objects = objects(&std::fs::read_to_string(path).unwrap()).unwrap();
        let pod = daemon_set(&objects).unwrap();
        let rights = Rights::with(&json!(["SYSLOG"]));
        least(pod, &rights).unwrap();
        let mut wide = pod.clone();
        wide["containers"][0]["securityContext"]["privileged"] = json!(true);
        assert!(least(&wide, &rights).is_err());
        let mut written = pod.clone();
        written["containers"][0]["volumeMounts"][1]["readOnly"] = json!(false);
        assert!(least(&written, &rights).is_err());
    }

    #[test]
    fn the_versions_of_chart_and_manifests_are_the_programs() {
        let version = env!("CARGO_PKG_VERSION");
        let read = |name: &str| std::fs::read_to_string(root().join("deploy").join(name)).unwrap();
        let chart = read("chart/oomparse/Chart.yaml");
        assert!(chart.contains(&format!("\nversion: {version}\n")));
        assert!(chart.contains(&format!("\nappVersion: {version}\n")));
        let manifests = read("manifests/kustomization.yaml");
        assert!(manifests.contains(&format!("newTag: {version}\n")));
        assert!(manifests.contains(&format!("version: {version}\n")));
    }
}
