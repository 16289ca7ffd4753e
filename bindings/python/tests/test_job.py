"""The job of integrations/spark, with spark-submit: from a bucket to tables, which DuckDB reads."""

import gzip
import json
import pathlib
import shutil
import subprocess

import pytest
from conftest import KILL, ROOT, UID, other_lines

pyspark = pytest.importorskip("pyspark")
duckdb = pytest.importorskip("duckdb")
if shutil.which("java") is None:
    pytest.skip("no java", allow_module_level=True)

JOB = ROOT / "integrations" / "spark" / "oom_kills.py"

OTHER = "3962896b-ab69-4572-8f1d-ee756f9f3590"

#: The containers of the pods.
CONTAINERS = {UID: "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419", OTHER: "b" * 64}


def kill(second: int, pid: int, uid: str) -> bytes:
    path = f"/kubepods/pod{uid}/{CONTAINERS[uid]}"
    head = f"Jan  5 02:12:{second:02} n1 kernel: [{second + 100}.0] "
    summary = f"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=0"
    killed = f"Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
    return f"{head}{summary}\n{head}{killed}\n".encode()


TOLD = (
    'Jan  5 02:12:03 n1 containerd[812]: time="2026-01-05T02:12:03Z" level=info msg="TaskOOM event '
    f'container_id:\\"{CONTAINERS[UID]}\\""\n'
)


def pod(uid: str, name: str) -> dict:
    owner = [{"kind": "StatefulSet", "name": "web", "controller": True}]
    metadata = {"namespace": "shop", "name": name, "uid": uid, "ownerReferences": owner}
    status = {"containerStatuses": [{"name": "app", "containerID": f"containerd://{CONTAINERS[uid]}"}]}
    return {"metadata": metadata, "spec": {"nodeName": "n1"}, "status": status}


def test_from_a_bucket_to_tables(s3, tmp_path):
    listing = {"kind": "PodList", "apiVersion": "v1", "items": [pod(UID, "web-0"), pod(OTHER, "web-1")]}
    logs = {
        "logs/n1/kern.log": other_lines(500) + kill(2, 7, UID) + TOLD.encode() + kill(50, 8, OTHER),
        # The same log once more, and one that is cut.
        "logs/n1/kern.log.gz": gzip.compress(kill(2, 7, UID)),
        "logs/n2/cut.gz": gzip.compress(KILL + other_lines(20_000))[:-100],
        "pods.json": json.dumps(listing).encode(),
    }
    s3.create_bucket(Bucket="job")
    for key, body in logs.items():
        s3.put_object(Bucket="job", Key=key, Body=body)
    submit = [str(pathlib.Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    submit += ["--master", "local[2]", "--driver-memory", "512m", "--conf", "spark.ui.enabled=false"]
    submit += ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1"]
    submit += ["--conf", "spark.sql.parquet.compression.codec=gzip"]
    submit += ["--conf", "spark.sql.shuffle.partitions=2", str(JOB), "--logs", "s3a://job/logs/*"]
    submit += ["--pods", "s3a://job/pods.json", "--out", str(tmp_path), "--year", "2026", "--timezone", "UTC", "--often", "2"]
    done = subprocess.run(submit, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]

    def table(name, columns):
        return duckdb.sql(f"select {columns} from '{tmp_path}/{name}/*.parquet' order by all").fetchall()

    # The log that is there twice, packed and plain, reports one kill; the cut log of another.
    kills = table("kills", "victim.pid, pod.name, container.name")
    assert kills == [(7, "web-0", "app"), (7, "web-0", "app"), (8, "web-1", "app")]
    assert table("by_namespace", "namespace, kills, pods") == [("shop", 3, 2)]
    assert table("repeat_offenders", "namespace, owner, container, kills") == [("shop", "StatefulSet/web", "app", 3)]
    silent = table("silent", "victim.pid, file")
    assert {pid for pid, file in silent if "/n1/" in file} == {8}
    [(file, error)] = table("errors", "file, error")
    assert file == "s3a://job/logs/n2/cut.gz" and "cut or damaged" in error
