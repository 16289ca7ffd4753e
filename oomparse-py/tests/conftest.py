import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "corpus" / "cases"

KILL = (
    b"[12.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
    b"oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,"
    b"task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101,task=java,pid=7,uid=0\n"
    b"[12.2] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
)
UID = "3962896b-ab69-4572-8f1d-ee756f9f3589"


def other_lines(count: int) -> bytes:
    line = b"Jan  5 02:12:03 node-7 sshd[411]: session opened for user deploy, number %d\n"
    return b"".join(line % at for at in range(count))


def snapshot(case: str) -> list[dict]:
    text = (CASES / case / "snapshot.json").read_text()
    return [json.loads(line) for line in text.split("\n") if line]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "kern.log"
    path.write_bytes(KILL)
    return path
