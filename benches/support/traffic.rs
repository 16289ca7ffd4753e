//! Ordinary lines: what a Kubernetes node logs when nothing is wrong.

use crate::rng::Rng;
use std::fmt::Write as _;

/// Writes tag and message of one ordinary line after the time and the host.
pub(crate) fn write(line: &mut String, rng: &mut Rng, uptime_us: u64) {
    let pid = rng.between(300, 32_000);
    let _ = match rng.between(0, 16) {
        0..=2 => kubelet(line, rng, pid),
        3..=4 => containerd(line, rng, pid),
        5..=6 => kernel(line, rng, uptime_us),
        7 => sshd(line, rng, pid),
        8 => cron(line, rng, pid),
        9..=10 => systemd(line, rng),
        11..=12 => web(line, rng, pid),
        13..=14 => application(line, rng, pid),
        _ => etcd(line, rng, pid),
    };
}

const APPS: &[&str] = &[
    "web",
    "checkout",
    "search",
    "ingress-nginx",
    "billing-api",
    "coredns",
];

fn kubelet(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (app, id) = (rng.pick(APPS), rng.hex(12));
    let (micros, what) = (rng.between(0, 999_999), rng.between(0, 3));
    write!(line, "kubelet[{pid}]: I0105 02:12:02.{micros:06} {pid:7} ")?;
    match what {
        0 => write!(
            line,
            "prober.go:116] \"Probe succeeded\" probeType=\"Liveness\" pod=\"default/{app}-{}\" \
             containerName=\"{app}\"",
            &id[..5]
        ),
        1 => write!(
            line,
            "kubelet.go:2453] \"SyncLoop (PLEG): event for pod\" pod=\"default/{app}-{id}\" \
             event={{\"Type\":\"ContainerStarted\",\"Data\":\"{id}\"}}"
        ),
        _ => write!(
            line,
            "reconciler_common.go:245] \"operationExecutor.MountVolume started for volume \
             \\\"kube-api-access-{}\\\"\" pod=\"default/{app}\"",
            &id[..5]
        ),
    }
}

fn containerd(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (id, nanos) = (rng.hex(64), rng.between(0, 999_999_999));
    let what = rng.pick(&["StartContainer", "StopContainer", "RemoveContainer"]);
    write!(
        line,
        "containerd[{pid}]: time=\"2023-01-05T02:12:02.{nanos:09}Z\" level=info \
         msg=\"{what} for \\\"{id}\\\" returns successfully\""
    )
}

fn kernel(line: &mut String, rng: &mut Rng, uptime_us: u64) -> std::fmt::Result {
    let (seconds, micros) = (uptime_us / 1_000_000, uptime_us % 1_000_000);
    let (id, port) = (rng.hex(8), rng.between(2, 90));
    write!(line, "kernel: [{seconds:5}.{micros:06}] ")?;
    match rng.between(0, 4) {
        0 => write!(line, "cni0: port {port}(veth{id}) entered blocking state"),
        1 => write!(
            line,
            "IPv6: ADDRCONF(NETDEV_CHANGE): veth{id}: link becomes ready"
        ),
        2 => write!(line, "eth0: renamed from veth{id}"),
        _ => write!(
            line,
            "audit: type=1400 audit(1672884722.{:03}:{port}): apparmor=\"STATUS\" \
             operation=\"profile_replace\" profile=\"unconfined\" name=\"cri-containerd\" pid={port}",
            port * 7
        ),
    }
}

fn sshd(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (port, key) = (rng.between(1024, 65_000), rng.hex(43));
    write!(
        line,
        "sshd[{pid}]: Accepted publickey for deploy from 10.12.{}.{} port {port} ssh2: ED25519 \
         SHA256:{key}",
        port % 250,
        pid % 250
    )
}

fn cron(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let job = rng.pick(&[
        "logrotate /etc/logrotate.conf",
        "run-parts /etc/cron.hourly",
    ]);
    write!(
        line,
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || ( cd / && {job} --report ) \
         >/var/log/cron-{pid}.log 2>&1)"
    )
}

fn systemd(line: &mut String, rng: &mut Rng) -> std::fmt::Result {
    let id = rng.hex(64);
    if rng.one_in(2) {
        write!(
            line,
            "systemd[1]: run-containerd-runc-k8s.io-{id}-runc.{}.mount: Succeeded.",
            &id[..6]
        )
    } else {
        write!(
            line,
            "systemd[1]: cri-containerd-{id}.scope: Consumed {}.{:03}s CPU time, no IP traffic.",
            id.len(),
            rng.between(0, 999)
        )
    }
}

fn web(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (app, status) = (
        rng.pick(APPS),
        rng.pick(&[200, 200, 200, 204, 304, 404, 502]),
    );
    write!(
        line,
        "nginx[{pid}]: 10.42.{}.{} - - [05/Jan/2023:02:12:02 +0800] \"GET /{app}/api/v1/items/{} \
         HTTP/1.1\" {status} {} \"-\" \"kube-probe/1.25\"",
        pid % 256,
        status % 256,
        rng.hex(8),
        rng.between(100, 90_000)
    )
}

fn application(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (app, trace) = (rng.pick(APPS), rng.hex(32));
    let message = rng.pick(&[
        "order accepted",
        "cache refreshed, memory within limit",
        "worker 3 killed a stale lock",
        "request out of quota",
    ]);
    write!(
        line,
        "{app}[{pid}]: {{\"level\":\"info\",\"msg\":\"{message}\",\"trace_id\":\"{trace}\",\
         \"duration_ms\":{}}}",
        rng.between(1, 4000)
    )
}

fn etcd(line: &mut String, rng: &mut Rng, pid: u64) -> std::fmt::Result {
    let (id, took) = (rng.hex(8), rng.between(1, 900));
    write!(
        line,
        "etcd[{pid}]: {{\"level\":\"info\",\"caller\":\"mvcc/index.go:189\",\"msg\":\"compact tree \
         index\",\"revision\":{pid}{took},\"hash\":\"{id}\",\"took\":\"{took}ms\"}}"
    )
}
