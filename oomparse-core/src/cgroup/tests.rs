use super::*;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const UID: &str = "3fd077bb-5603-0128-c94b-ba5472a65740";
const UNDER: &str = "3fd077bb_5603_0128_c94b_ba5472a65740";
const STATIC: &str = "6b0099e3e7de21f55363249be4605571";
const ID: &str = "ef60632c49ac15ed12cdb39574591242259cb77a70f3d020b93f9392fe1b74dc";
const NODE: &str = "073dc97b3dfefbcb86d212eefb3c502fa7ad07239de29793c2fdc141058eb179";

use CgroupDriver::{Cgroupfs, Systemd};
use QosClass::{BestEffort, Burstable, Guaranteed};

fn fill(path: &str) -> String {
    path.replace("UID", UID)
        .replace("UNDER", UNDER)
        .replace("STATIC", STATIC)
        .replace("NODE", NODE)
        .replace("ID", ID)
}

/// A path of the pod and the container above.
fn named(path: &str, driver: CgroupDriver, qos: Option<QosClass>, runtime: Option<Runtime>) {
    let path = fill(path);
    let parsed = parse_cgroup_path(path.as_bytes());
    let uid = if path.contains(STATIC) { STATIC } else { UID };
    assert_eq!(parsed.pod_uid_text().as_deref(), Some(uid), "{path}");
    assert_eq!(parsed.container_id_text().as_deref(), Some(ID), "{path}");
    assert_eq!(parsed.driver, Some(driver), "{path}");
    assert_eq!(parsed.qos_class, qos, "{path}");
    assert_eq!(parsed.runtime, runtime, "{path}");
}

#[test]
fn cgroupfs_paths() {
    named(
        "/kubepods/burstable/podUID/ID",
        Cgroupfs,
        Some(Burstable),
        None,
    );
    named(
        "/kubepods/besteffort/podUID/ID",
        Cgroupfs,
        Some(BestEffort),
        None,
    );
    named("/kubepods/podUID/ID", Cgroupfs, Some(Guaranteed), None);
    named(
        "/kubepods/burstable/podSTATIC/ID",
        Cgroupfs,
        Some(Burstable),
        None,
    );
    named(
        "/kubelet/kubepods/burstable/podUID/ID",
        Cgroupfs,
        Some(Burstable),
        None,
    );
    named(
        "/docker/NODE/kubelet/kubepods/burstable/podUID/ID",
        Cgroupfs,
        Some(Burstable),
        None,
    );
    named(
        "/lxc.payload.k3s/kubepods/besteffort/podUID/ID",
        Cgroupfs,
        Some(BestEffort),
        None,
    );
    // Docker Desktop
    named(
        "/kubepods/kubepods/besteffort/podUID/ID",
        Cgroupfs,
        Some(BestEffort),
        None,
    );
    named(
        "/kubepods/burstable/podUID/crio-ID",
        Cgroupfs,
        Some(Burstable),
        Some(Runtime::CriO),
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn systemd_paths() {
    named(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
        Systemd,
        Some(Burstable),
        Some(Runtime::Containerd),
    );
    named(
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUNDER.slice/docker-ID.scope",
        Systemd,
        Some(BestEffort),
        Some(Runtime::Docker),
    );
    named(
        "/kubepods.slice/kubepods-podUNDER.slice/crio-ID.scope",
        Systemd,
        Some(Guaranteed),
        Some(Runtime::CriO),
    );
    named(
        "/kubepods.slice/kubepods-podUNDER.slice/libpod-ID.scope",
        Systemd,
        Some(Guaranteed),
        Some(Runtime::Podman),
    );
    named(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podSTATIC.slice/cri-containerd-ID.scope",
        Systemd,
        Some(Burstable),
        Some(Runtime::Containerd),
    );
    named(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/crio-ID.scope/container",
        Systemd,
        Some(Burstable),
        Some(Runtime::CriO),
    );
    named(
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUNDER.slice/cri-containerd-ID.scope",
        Systemd,
        Some(Guaranteed),
        Some(Runtime::Containerd),
    );
    named(
        "/system.slice/docker-NODE.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
        Systemd,
        Some(Burstable),
        Some(Runtime::Containerd),
    );
    named(
        "/lxc.payload.node-lxc/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
        Systemd,
        Some(Burstable),
        Some(Runtime::Containerd),
    );
    named(
        "/system.slice/containerd.service/kubepods-burstable-podUNDER.slice:cri-containerd:ID",
        Systemd,
        Some(Burstable),
        Some(Runtime::Containerd),
    );
    named(
        "/system.slice/crio.service/kubepods-burstable-podUNDER.slice:crio:ID",
        Systemd,
        Some(Burstable),
        Some(Runtime::CriO),
    );
    named(
        "/system.slice/docker.service/kubepods-burstable-podUNDER.slice:docker:ID",
        Systemd,
        Some(Burstable),
        Some(Runtime::Docker),
    );
    // A runtime that makes its cgroups itself.
    named(
        "/kubepods.slice/kubepods-podUNDER.slice/ID",
        Systemd,
        Some(Guaranteed),
        None,
    );
    named(
        "/kubepods-podUNDER.slice:cri-containerd:ID",
        Systemd,
        Some(Guaranteed),
        Some(Runtime::Containerd),
    );
}

#[test]
fn misspelt_prefix_keeps_the_pod_and_the_sound_class() {
    let scope = "cri-containerd-ID.scope";
    let runtime = Some(Runtime::Containerd);
    for (prefix, qos) in [
        (
            "/kubends.slice/kubepods-burstable.slice/kubepods-bustable-podUNDER.slice/",
            Some(Burstable),
        ),
        (
            "/kubepods.slice/kubepods-bustable.slice/kubepods-burstable-podUNDER.slice/",
            Some(Burstable),
        ),
        (
            "/kubepods.slice/kubepods-bustable.slice/kubepods-bustable-podUNDER.slice/",
            None,
        ),
        ("/kubends.slice/kubends-podUNDER.slice/", None),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-besteffort-podUNDER.slice/",
            None,
        ),
    ] {
        named(&format!("{prefix}{scope}"), Systemd, qos, runtime);
    }
    named(
        "/kubends/burstable/podUID/ID",
        Cgroupfs,
        Some(Burstable),
        None,
    );
    named("/kubepods/bustable/podUID/ID", Cgroupfs, None, None);
    named("/kubends/podUID/ID", Cgroupfs, None, None);
}

#[test]
fn uid_and_id_in_upper_case() {
    let path = fill("/kubepods/burstable/podUID/ID").to_uppercase();
    let path = path
        .replace("KUBEPODS", "kubepods")
        .replace("BURSTABLE", "burstable")
        .replace("POD", "pod");
    let parsed = parse_cgroup_path(path.as_bytes());
    assert_eq!(parsed.pod_uid_text().as_deref(), Some(UID));
    assert_eq!(parsed.container_id_text().as_deref(), Some(ID));
}

#[test]
fn names_given_inside_the_container_change_nothing() {
    let other = "00000000-dead-beef-0000-000000000000";
    let base = fill("/kubepods/burstable/podUID/ID");
    let alone = parse_cgroup_path(base.as_bytes());
    for below in [
        "x,task=init,pid=1,uid=0".to_string(),
        format!("a,task_memcg=/kubepods/pod{other}/b c\"d"),
        format!("kubepods/pod{other}/{NODE}"),
        format!(
            "kubepods.slice/kubepods-pod{}.slice/crio-{NODE}.scope",
            other.replace('-', "_")
        ),
        format!("docker/{NODE}"),
        "system.slice/app.service".to_string(),
        "p".repeat(4000),
        "container".to_string(),
    ] {
        let path = format!("{base}/{below}");
        let parsed = parse_cgroup_path(path.as_bytes());
        assert_eq!(parsed.level, LimitLevel::Other, "{path}");
        let same = CgroupPath {
            level: alone.level,
            ..parsed
        };
        assert_eq!(same, alone, "{path}");
    }
}

#[test]
fn pod_place_taken_by_something_else_is_no_pod_all_the_way_down() {
    let forged = "kubepods/burstable/pod00000000-dead-beef-0000-000000000000";
    for path in [
        "/kubepods/burstable/podSPOOF",
        "/kubepods/podSPOOF/ID",
        "/kubepods/burstable/podmy-own-uid/ID",
        "/kubepods/burstable/pod3fd077bb-5603-0128-c94b-ba5472a6574/ID",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podSPOOF.slice/crio-ID.scope",
    ] {
        for tail in [
            String::new(),
            format!("/{forged}/{NODE}"),
            format!("/docker/{NODE}"),
        ] {
            let path = format!("{}{tail}", fill(path));
            let parsed = parse_cgroup_path(path.as_bytes());
            assert_eq!(parsed.pod_uid, None, "{path}");
            assert_eq!(parsed.container_id, None, "{path}");
            assert_eq!(parsed.level, LimitLevel::Other, "{path}");
        }
    }
}

#[test]
fn a_uid_outside_a_pod_place_is_no_pod() {
    for path in [
        "/podUID/ID",
        "/system.slice/podUID",
        "/garden/good/podUID/ID",
        "/app.slice/app-podUNDER.slice",
        "/a/kubelet/b/c/podUID",
    ] {
        let path = fill(path);
        assert_eq!(parse_cgroup_path(path.as_bytes()).pod_uid, None, "{path}");
    }
}

#[test]
fn conmon_is_in_the_pod_but_is_no_container() {
    let path = fill("/kubepods.slice/kubepods-podUNDER.slice/crio-conmon-ID.scope");
    let parsed = parse_cgroup_path(path.as_bytes());
    assert_eq!(parsed.pod_uid_text().as_deref(), Some(UID));
    assert_eq!(parsed.container_id, None);
    assert_eq!(parsed.runtime, None);
    assert_eq!(parsed.level, LimitLevel::Other);
}

#[test]
fn levels() {
    use LimitLevel::{Container, Kubepods, Other, Pod, Qos, Root};
    for (path, level, driver) in [
        ("/", Root, None),
        ("/kubepods", Kubepods, Some(Cgroupfs)),
        ("/kubepods.slice", Kubepods, Some(Systemd)),
        (
            "/kubelet.slice/kubelet-kubepods.slice",
            Kubepods,
            Some(Systemd),
        ),
        ("/kubepods/burstable", Qos, Some(Cgroupfs)),
        (
            "/kubepods.slice/kubepods-besteffort.slice",
            Qos,
            Some(Systemd),
        ),
        ("/kubepods/burstable/podUID", Pod, Some(Cgroupfs)),
        (
            "/kubepods.slice/kubepods-podUNDER.slice",
            Pod,
            Some(Systemd),
        ),
        ("/kubepods/podUID/ID", Container, Some(Cgroupfs)),
        ("/kubepods/podUID/ID/build", Other, Some(Cgroupfs)),
        (
            "/kubepods.slice/kubepods-podUNDER.slice/crio-ID.scope",
            Container,
            Some(Systemd),
        ),
        (
            "/kubepods.slice/kubepods-podUNDER.slice/crio-ID.scope/container",
            Container,
            Some(Systemd),
        ),
        (
            "/kubepods.slice/kubepods-podUNDER.slice/crio-ID.scope/other",
            Other,
            Some(Systemd),
        ),
        ("/kubelet", Other, None),
        ("/burstable", Other, None),
        ("/system.slice/kubelet.service", Other, None),
    ] {
        let path = fill(path);
        let parsed = parse_cgroup_path(path.as_bytes());
        assert_eq!(parsed.level, level, "{path}");
        assert_eq!(parsed.driver, driver, "{path}");
    }
}

#[test]
fn no_paths() {
    for text in [
        "",
        "(name too long)",
        "(error)",
        "kubepods/burstable/pod",
        "//",
        "no/slash",
    ] {
        let parsed = parse_cgroup_path(text.as_bytes());
        assert_eq!(parsed, CgroupPath::NOTHING, "{text}");
    }
    let relative = fill("kubepods/podUID/ID");
    assert_eq!(parse_cgroup_path(relative.as_bytes()), CgroupPath::NOTHING);
}

#[test]
fn cut_path_gives_whole_uids_and_long_enough_ids() {
    let cgroupfs = fill("/kubepods/burstable/podUID/ID");
    let systemd = fill(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
    );
    for whole in [cgroupfs, systemd] {
        let uid_end = whole.find("5472a65740").unwrap() + 10;
        let id_start = whole.find(ID).unwrap();
        for end in 0..whole.len() {
            let parsed = parse_cgroup_path(&whole.as_bytes()[..end]);
            let uid = parsed.pod_uid_text();
            assert_eq!(uid.as_deref(), (end >= uid_end).then_some(UID), "{end}");
            let shown = end.saturating_sub(id_start).min(64);
            let id = parsed.container_id_text();
            assert_eq!(id.as_deref(), (shown >= 12).then(|| &ID[..shown]), "{end}");
        }
    }
}

/// xorshift64*, so that a failure can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

fn check_shapes(path: &[u8]) {
    let parsed = parse_cgroup_path(path);
    if let Some(uid) = parsed.pod_uid {
        assert!(is_pod_uid(uid));
        let text = parsed.pod_uid_text().unwrap();
        assert!(matches!(text.len(), 32 | 36) && !text.contains('_'));
        assert_eq!(text, text.to_lowercase());
    }
    if let Some(id) = parsed.container_id {
        assert!((12..=64).contains(&id.len()) && id.iter().all(u8::is_ascii_hexdigit));
    }
    assert!(parsed.qos_class.is_none() || parsed.pod_uid.is_some());
}

#[test]
fn mutated_paths_keep_the_promises() {
    let seeds: Vec<String> = [
        "/kubepods/burstable/podUID/ID/a,task_memcg=/kubepods/podUID/x",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
        "/system.slice/docker-NODE.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podSTATIC.slice/crio-ID.scope/container",
        "/x/kubepods-burstable-podUNDER.slice:cri-containerd:ID",
        "/ecs/STATIC/ID",
        "/docker-ce/docker/ID",
        "/libpod_parent/libpod-ID",
    ]
    .map(fill)
    .into();
    let alphabet = b"/-_.:podkubeslice0af\\\xff\0 ,=";
    let mut random = Random(0x6f6f_6d70_6172_7365);
    for round in 0..20_000 {
        let mut path = seeds[round % seeds.len()].clone().into_bytes();
        for _ in 0..random.below(6) {
            let at = random.below(path.len().max(1)).min(path.len());
            let byte = alphabet[random.below(alphabet.len())];
            match random.below(4) {
                0 => path.insert(at, byte),
                1 if at < path.len() => path[at] = byte,
                2 if at < path.len() => drop(path.remove(at)),
                _ => path.truncate(at.max(1)),
            }
        }
        check_shapes(&path);
    }
}

#[test]
fn random_tails_below_the_container_change_nothing() {
    let bases = [
        "/kubepods/podUID/ID",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/crio-ID.scope",
        "/docker/NODE/kubepods/burstable/podSTATIC/ID",
        "/system.slice/containerd.service/kubepods-burstable-podUNDER.slice:cri-containerd:ID",
    ]
    .map(fill);
    let words = [
        "kubepods",
        "burstable",
        "podUID",
        "podSTATIC",
        "ID",
        "docker",
        "crio-ID.scope",
        "container",
        "kubepods-podUNDER.slice",
        "kubepods.slice",
        ",task_memcg=",
        "x",
        "",
    ]
    .map(fill);
    let mut random = Random(7);
    for round in 0..20_000 {
        let base = &bases[round % bases.len()];
        let alone = parse_cgroup_path(base.as_bytes());
        let mut path = base.clone();
        for _ in 0..random.below(8) {
            path.push('/');
            path.push_str(&words[random.below(words.len())]);
        }
        let parsed = parse_cgroup_path(path.as_bytes());
        let same = CgroupPath {
            level: alone.level,
            ..parsed
        };
        assert_eq!(same, alone, "{path}");
    }
}
