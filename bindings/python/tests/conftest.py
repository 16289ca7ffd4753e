import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

# What Spark starts is this Python.
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def pytest_sessionfinish(session):
    """Where all engines are there, a test that is skipped has failed."""
    skipped = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped")
    if skipped and "OOMPARSE_SKIP_NOTHING" in os.environ:
        session.exitstatus = 1


ROOT = pathlib.Path(__file__).resolve().parents[3]
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


GIBIBYTE = 1 << 30


def write_line_of_a_gibibyte(path: pathlib.Path) -> None:
    """A line of a gibibyte, most of it a hole in the file, and a kill below it."""
    with open(path, "wb") as log:
        log.write(b"x" * 8192)
        log.truncate(GIBIBYTE)
        log.seek(GIBIBYTE)
        log.write(b"\n" + KILL)


@contextlib.contextmanager
def as_nobody():
    """Without root's right to read everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def folder_for_all():
    """A folder that everybody may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "kern.log"
    path.write_bytes(KILL)
    return path


@pytest.fixture(scope="session")
def s3():
    """An S3 on loopback, and a client of it; the environment says where it is."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://{host}:{port}",
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="secret",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    import boto3

    yield boto3.client("s3")
    server.stop()


@pytest.fixture(scope="session")
def spark(request):
    """One Spark for all tests; its workers have the environment that it began with."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no java")
    try:
        request.getfixturevalue("s3")
    except pytest.skip.Exception:
        pass  # The tests of it are skipped.
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2,3]").appName("oomparse")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "2")
    builder = builder.config("spark.driver.memory", "512m").config("spark.log.level", "ERROR")
    # Snappy's library for Java takes a machine that has musl beside glibc for one of musl's.
    builder = builder.config("spark.sql.parquet.compression.codec", "gzip")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    yield session
    session.stop()
