"""Logs of a fleet, made with their truth."""

from __future__ import annotations

import functools
import pathlib
import random

CASES = pathlib.Path(__file__).resolve().parents[3] / "corpus" / "cases"

#: What a node says all day.
TEXTS = (
    b"sshd[411]: Accepted publickey for deploy from 10.0.3.7 port 51022 ssh2: ED25519 SHA256:8hq",
    b"systemd[1]: Started Session 1841 of User deploy.",
    b"kubelet[912]: I0105 02:12:03.412903     912 kubelet.go:2301] SyncLoop (PLEG): event for pod",
    b"containerd[801]: time=\"2026-01-05T02:12:03.6Z\" level=info msg=\"StopPodSandbox for 4f1c9d\"",
    b"kernel: IPv6: ADDRCONF(NETDEV_CHANGE): veth0a1: link becomes ready",
    b"CRON[20311]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily)",
)

REPORT = (
    b"java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968",
    b"CPU: 3 PID: %(pid)d Comm: java Not tainted 6.1.0-18-amd64 #1 Debian 6.1.76-1",
    b"memory: usage 131072kB, limit 131072kB, failcnt 8%(pid)d",
    b"swap: usage 0kB, limit 0kB, failcnt 0",
    b"Memory cgroup stats for %(path)s:",
    b"Tasks state (memory values in pages):",
    b"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
    b"[%(pid)7d]     0 %(pid)5d  1048576    32768   573440        0           968 java",
    b"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=%(path)s,"
    b"task_memcg=%(path)s,task=java,pid=%(pid)d,uid=0",
    b"Memory cgroup out of memory: Killed process %(pid)d (java) total-vm:4194304kB, anon-rss:131072kB, "
    b"file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:560kB oom_score_adj:968",
)


#: Where the host's name stands in a block.
HOST = b"@HOST@"


@functools.lru_cache(maxsize=64)
def block(start: int) -> bytes:
    """Lines from this second of the day on."""
    lines, length, at = [], 0, start
    while length < 1 << 18:
        text = TEXTS[at % len(TEXTS)]
        line = b"Jan  5 %02d:%02d:%02d %s %s\n" % (at // 3600 % 24, at // 60 % 60, at % 60, HOST, text)
        lines.append(line)
        length += len(line)
        at += 1
    return b"".join(lines)


def noise(host: bytes, size: int, start: int = 0) -> bytes:
    """About so many bytes of a host's ordinary lines."""
    lines = block(start % 60)[: max(size, 200)].replace(HOST, host)
    return (lines * (size // len(lines) + 1))[:size].rsplit(b"\n", 1)[0] + b"\n"


class Maker:
    """Makes hosts' logs, and remembers every kill that it wrote."""

    def __init__(self, seed: int = 7) -> None:
        self.choose = random.Random(seed)
        self.truth: list[tuple[str, int, str]] = []
        self.second = 0

    def uid(self) -> str:
        digits = "%032x" % self.choose.getrandbits(128)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def report(self, host: str) -> bytes:
        """A kill's report, with its truth kept."""
        pid, uid = self.choose.randrange(1000, 4_000_000), self.uid()
        path = f"/kubepods/burstable/pod{uid}/{self.choose.getrandbits(256):064x}"
        self.second += 7
        self.truth.append((host, pid, uid))
        head = "Jan  5 %02d:%02d:%02d %s kernel: [%d.%06d] " % (
            self.second // 3600 % 24,
            self.second // 60 % 60,
            self.second % 60,
            host,
            self.second + 86_400,
            self.choose.randrange(1_000_000),
        )
        told = {b"pid": pid, b"path": path.encode()}
        return b"".join(head.encode() + line % told + b"\n" for line in REPORT)

    def log(self, hosts: list[str], size: int, kills: int) -> bytes:
        """A log of so many bytes and kills, its hosts' lines mixed."""
        parts = []
        pieces = max(kills, len(hosts), 1)
        for at in range(pieces):
            host = hosts[at % len(hosts)]
            parts.append(noise(host.encode(), size // pieces, at))
            if at < kills:
                parts.append(self.report(host))
        return b"".join(parts)
