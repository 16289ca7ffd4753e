use super::super::record::{PodRecord, PodSource};
use super::*;
use oomparse_core::PodLookup;
use std::format;
use std::string::{String, ToString};

const UID: &str = "0f5eb28f-6722-4cf5-ab0f-b62748c018d4";
const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
const SANDBOX: &str = "1d02609cc5d13a2322e3ab997dca09574a80caa744455c1bcceeb37794268999";

fn fill(text: &str) -> String {
    text.replace("UID0", UID)
        .replace("SANDBOX", SANDBOX)
        .replace("CID", ID)
}

/// Namespace, name and source that the lines teach for the uid.
fn taught(tag: &str, lines: &[&str]) -> Option<(String, String, &'static str)> {
    let mut table = PodTable::new();
    for line in lines {
        learn(&mut table, tag.as_bytes(), fill(line).as_bytes());
    }
    let names = table.pod(UID)?;
    Some((
        names.namespace.unwrap().to_string(),
        names.name.unwrap().to_string(),
        names.source.unwrap().as_str(),
    ))
}

fn web(source: &'static str) -> Option<(String, String, &'static str)> {
    Some(("default".into(), "web-0".into(), source))
}

#[test]
fn kubelet_generations() {
    for line in [
        r#"E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod UID0 ("web-0_default(UID0)"), skipping: failed to "StartContainer" for "app" with CrashLoopBackOff: "back-off""#,
        r#"E0101 10:00:00.000000    1234 pod_workers.go:965] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"app\" with CrashLoopBackOff: \"back-off 10s restarting failed container=app pod=web-0_default(UID0)\"" pod="default/web-0" podUID=UID0"#,
        r#"E0101 10:00:00.000000    1234 pod_workers.go:1298] "Error syncing pod, skipping" err="x" pod="default/web-0" podUID="UID0""#,
        r#"I0101 10:00:00.000000    1234 kubelet.go:1898] SyncLoop (PLEG): "web-0_default(UID0)", event: &pleg.PodLifecycleEvent{ID:"UID0", Type:"ContainerStarted", Data:"CID"}"#,
        r#"I0101 10:00:00.000000    1234 kubelet.go:2124] "SyncLoop (PLEG): event for pod" pod="default/web-0" event=&{ID:UID0 Type:ContainerStarted Data:CID}"#,
        r#"I0101 10:00:00.000000    1234 kubelet.go:2453] "SyncLoop (PLEG): event for pod" pod="default/web-0" event={"ID":"UID0","Type":"ContainerStarted","Data":"CID"}"#,
        r#"I0101 10:00:00.000000    1234 reconciler_common.go:258] "operationExecutor.VerifyControllerAttachedVolume started for volume \"kube-api-access-x\" (UniqueName: \"kubernetes.io/projected/UID0-kube-api-access-x\") pod \"web-0\" (UID: \"UID0\") " pod="default/web-0""#,
        r#"I0101 10:00:00.000000    1234 server.go:283] Event(v1.ObjectReference{Kind:"Pod", Namespace:"default", Name:"web-0", UID:"UID0", APIVersion:"v1", ResourceVersion:"9", FieldPath:"spec.containers{app}"}): type: 'Warning' reason: 'BackOff' Back-off restarting failed container"#,
        r#"{"ts":1612345678901.2,"caller":"kubelet/pod_workers.go:965","msg":"Error syncing pod, skipping","pod":{"name":"web-0","namespace":"default"},"podUID":"UID0","err":"x"}"#,
        r#"{"ts":1612345678901.2,"caller":"kubelet/kubelet.go:1","msg":"SyncLoop (PLEG): event for pod","pod":"default/web-0","event":{"ID":"UID0","Type":"ContainerStarted","Data":"CID"}}"#,
    ] {
        assert_eq!(taught("kubelet", &[line]), web("kubelet-log"), "{line}");
        assert_eq!(taught("k3s", &[line]), web("kubelet-log"));
        assert_eq!(taught("containerd", &[line]), None);
        assert_eq!(taught("my-app", &[line]), None);
        assert_eq!(taught("", &[line]), None);
    }
}

#[test]
fn kubelet_tells_a_containers_pod() {
    let mut table = PodTable::new();
    let line = fill(
        r#"I0101 10:00:00.000000    1234 kubelet.go:2453] "SyncLoop (PLEG): event for pod" pod="default/web-0" event={"ID":"UID0","Type":"ContainerStarted","Data":"CID"}"#,
    );
    assert!(learn(&mut table, b"kubelet", line.as_bytes()));
    let container = table.container(ID).unwrap();
    assert_eq!(container.pod_uid.as_deref(), Some(UID));
    assert_eq!(container.name, None);
}

#[test]
fn kubelet_tells_a_containers_name() {
    for id in [
        r#""containerd://CID""#,
        r#"{"Type":"containerd","ID":"CID"}"#,
        "{Type:containerd ID:CID}",
    ] {
        let mut table = PodTable::new();
        let line = fill(&format!(
            r#"I0101 10:00:00.000000    1234 kuberuntime_container.go:714] "Killing container with a grace period" pod="default/web-0" podUID="UID0" containerName="app" containerID={id} gracePeriod=30"#
        ));
        assert!(learn(&mut table, b"kubelet", line.as_bytes()));
        assert_eq!(table.container(ID).unwrap().name, Some("app"), "{line}");
    }
}

#[test]
fn kubelet_lines_that_quote_a_workload() {
    for line in [
        // A probe's output, in both generations, and a line of it on its own.
        r#"I0101 10:00:00.000000    1234 prober.go:107] "Probe failed" probeType="Liveness" output="x pod=\"default/web-0\" podUID=UID0""#,
        "I0101 10:00:00.000000    1234 prober.go:107] \"Probe failed\" probeType=\"Liveness\" output=<\n\tx\" pod=\"default/web-0\" podUID=UID0\n >",
        "\tE1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod UID0 (\"web-0_default(UID0)\"), skipping",
        r#"I0101 10:00:00.000000    1234 prober.go:117] Liveness probe failed: Error syncing pod UID0 ("web-0_default(UID0)")"#,
        r#"x E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod UID0 ("web-0_default(UID0)")"#,
        // Two pods, two uids, no uid.
        r#"I0101 10:00:00.000000    1234 a.go:1] "x" pod="kube-system/dns" podUID="UID0" pod="default/web-0""#,
        r#"E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod 11111111-6722-4cf5-ab0f-b62748c018d4 ("web-0_default(UID0)")"#,
        r#"I0101 10:00:00.000000    1234 a.go:1] "x" pod="default/web-0" podUID="0f5eb28f""#,
        r#"I0101 10:00:00.000000    1234 a.go:1] "x" pod="default/we b" podUID="UID0""#,
    ] {
        assert_eq!(taught("kubelet", &[line]), None, "{line}");
    }
}

#[test]
fn containerd_sandbox_then_container() {
    for (run, create) in [
        (
            r#"time="2023-01-05T02:12:02.1+08:00" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:UID0,Namespace:default,Attempt:0,} returns sandbox id \"SANDBOX\"""#,
            r#"time="2023-01-05T02:12:02.1+08:00" level=info msg="CreateContainer within sandbox \"SANDBOX\" for &ContainerMetadata{Name:app,Attempt:0,} returns container id \"CID\"""#,
        ),
        (
            r#"time="2023-01-05T02:12:02.1Z" level=info msg="RunPodSandbox for name:\"web-0\"  uid:\"UID0\"  namespace:\"default\" returns sandbox id \"SANDBOX\"""#,
            r#"time="2023-01-05T02:12:02.1Z" level=info msg="CreateContainer within sandbox \"SANDBOX\" for name:\"app\" returns container id \"CID\"""#,
        ),
    ] {
        let mut table = PodTable::new();
        assert!(
            !learn(&mut table, b"containerd", fill(create).as_bytes()),
            "sandbox unknown"
        );
        assert!(
            learn(&mut table, b"containerd", fill(run).as_bytes()),
            "{run}"
        );
        assert!(
            learn(&mut table, b"containerd", fill(create).as_bytes()),
            "{create}"
        );
        assert_eq!(table.pod(UID).unwrap().name, Some("web-0"));
        let container = table.container(ID).unwrap();
        assert_eq!(container.name, Some("app"));
        assert_eq!(container.pod_uid.as_deref(), Some(UID));
    }
    let begun = r#"time="2023-01-05T02:12:02.1Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:UID0,Namespace:default,Attempt:0,}""#;
    assert_eq!(taught("containerd", &[begun]), web("runtime-log"));
}

#[test]
fn crio_names_without_a_uid() {
    let mut table = PodTable::new();
    for line in [
        r#"time="2023-01-05 02:12:02.123456789Z" level=info msg="Ran pod sandbox SANDBOX with infra container: default/web-0/POD" id=x name=/runtime.v1.RuntimeService/RunPodSandbox"#,
        r#"time="2023-01-05 02:12:02.123456789Z" level=info msg="Created container CID: default/web-0/app" id=x name=/runtime.v1.RuntimeService/CreateContainer"#,
    ] {
        assert!(learn(&mut table, b"crio", fill(line).as_bytes()), "{line}");
    }
    let container = table.container(ID).unwrap();
    assert_eq!(container.name, Some("app"));
    assert_eq!(container.pod_uid, None);
    assert_eq!(container.pod.namespace, Some("default"));
    assert_eq!(container.pod.name, Some("web-0"));
    assert_eq!(table.container(SANDBOX).unwrap().name, None);
}

#[test]
fn docker_names() {
    let line = r#"time="2023-01-05T02:12:02.1Z" level=error msg="Handler for POST /v1.40/containers/create?name=k8s_app_web-0_default_UID0_0 returned error: Conflict. The container name \"/k8s_app_web-0_default_UID0_0\" is already in use by container \"CID\". You have to remove""#;
    for tag in ["dockerd", "cri-dockerd"] {
        assert_eq!(taught(tag, &[line]), web("runtime-log"));
    }
    assert_eq!(taught("containerd", &[line]), None);
    let mut table = PodTable::new();
    learn(&mut table, b"dockerd", fill(line).as_bytes());
    assert_eq!(table.container(ID).unwrap().name, Some("app"));
}

#[test]
fn a_name_that_dockerd_quotes_is_not_its_own() {
    let quoted = "k8s_app_web-0_default_UID0_0";
    for message in [
        format!(
            "Handler for POST /v1.40/containers/a2172e8d1101/start returned error: OCI runtime create failed: exec: \\\"{quoted}\\\": executable file not found in $PATH"
        ),
        format!(
            "Handler for POST /v1.40/containers/create returned error: No such image: {quoted}"
        ),
        format!(
            "Handler for GET /v1.40/images/{quoted}/json returned error: No such image: {quoted}"
        ),
        format!(
            "Handler for POST /v1.40/containers/create?name=x/{quoted} returned error: Conflict."
        ),
        format!(
            "Handler for POST /v1.40/containers/create?name=k8s_a_b_c_11111111-6722-4cf5-ab0f-b62748c018d4_0 returned error: Conflict. The container name \\\"/{quoted}\\\" is already in use by container \\\"CID\\\"."
        ),
        quoted.to_string(),
        format!("Handler for POST /containers/create?name={quoted}_0 returned error: x"),
    ] {
        let line = format!(r#"time="2023-01-05T02:12:02.1Z" level=error msg="{message}""#);
        for tag in ["dockerd", "cri-dockerd"] {
            assert_eq!(taught(tag, &[&line]), None, "{line}");
            assert_eq!(taught(tag, &[&message]), None, "{message}");
        }
    }
    let asked = format!(
        "Handler for POST /v1.40/containers/create?name={quoted} returned error: no space left on device"
    );
    assert_eq!(taught("dockerd", &[&asked]), web("runtime-log"));
}

#[test]
fn a_log_that_nobody_named_is_a_default_place() {
    let line = r#"I0101 10:00:00.000000    1 a.go:1] "x" pod="default/web-0" podUID="UID0""#;
    let log = fill(&format!("Jan  5 02:12:02 n1 kubelet[7]: {line}\n"));
    for (mut learner, is_default) in [(Learner::new(), true), (Learner::of_a_named_log(), false)] {
        let mut table = PodTable::new();
        learner.push_chunk(log.as_bytes(), &mut table);
        assert_eq!(table.pod(UID).unwrap().is_default, is_default);
        // What is reported twice is reported by the named one.
        let named = PodRecord::named(PodSource::File, UID, "default", "web-0");
        assert!(table.insert(named));
        assert!(!table.pod(UID).unwrap().is_default);
    }
}

#[test]
fn two_lines_that_differ_leave_no_name() {
    let first = r#"I0101 10:00:00.000000    1 a.go:1] "x" pod="default/web-0" podUID="UID0""#;
    let other = r#"I0101 10:00:00.000000    1 a.go:1] "x" pod="kube-system/dns" podUID="UID0""#;
    assert_eq!(taught("kubelet", &[first, first]), web("kubelet-log"));
    assert_eq!(taught("kubelet", &[first, other]), None);
    assert_eq!(taught("kubelet", &[first, other, first]), None);
}

#[test]
fn a_listing_is_believed_over_lines() {
    let mut table = PodTable::new();
    let line =
        fill(r#"I0101 10:00:00.000000    1 a.go:1] "x" pod="kube-system/dns" podUID="UID0""#);
    let listed = || PodRecord::named(PodSource::PodLogsDir, UID, "default", "web-0");
    assert!(learn(&mut table, b"kubelet", line.as_bytes()));
    assert!(table.insert(listed()));
    assert_eq!(table.pod(UID).unwrap().name, Some("web-0"));
    learn(&mut table, b"kubelet", line.as_bytes());
    let names = table.pod(UID).unwrap();
    assert_eq!(
        (names.name, names.source),
        (Some("web-0"), Some(PodSource::PodLogsDir))
    );
}

#[test]
fn mutated_lines_never_panic() {
    let lines = [
        r#"E0101 10:00:00.000000    1234 pod_workers.go:965] "Error syncing pod, skipping" err="x \" y" pod="default/web-0" podUID=UID0 event={"ID":"UID0","Data":"CID"}"#,
        r#"time="2023-01-05T02:12:02.1Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:UID0,Namespace:default,Attempt:0,} returns sandbox id \"SANDBOX\"""#,
        r#"E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod UID0 ("web-0_default(UID0)"), skipping: é"#,
    ];
    let mut table = PodTable::new();
    for line in lines {
        let line = fill(line).into_bytes();
        for at in 0..line.len() {
            for byte in *b"\"\\ =(){}\xff" {
                let mut changed = line.clone();
                changed[at] = byte;
                for tag in [&b"kubelet"[..], b"containerd", b"dockerd", b"k3s"] {
                    learn(&mut table, tag, &changed);
                }
            }
            learn(&mut table, b"k3s", &line[..at]);
        }
    }
    assert_eq!(
        LEARN_LITERALS.len(),
        format!("{:?}", LEARN_LITERALS).matches(',').count() + 1
    );
}
