"""Spark's data source, in a real Spark."""

import glob
import gzip
import os
import shutil
import socket
import subprocess
import sys
import time

import oomparse
import pytest
from conftest import CASES, KILL, UID, as_nobody, other_lines, write_line_of_a_gibibyte


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_bytes(KILL)
    (folder / "b.log.gz").write_bytes(gzip.compress(other_lines(1000) + KILL))
    (folder / "cut.gz").write_bytes(gzip.compress(KILL + other_lines(20_000))[:-100])
    (folder / "empty.gz").write_bytes(b"")
    (folder / "not.gz").write_bytes(b"no log\n")
    (folder / "notes.txt").write_bytes(KILL)
    return folder


def test_nothing_is_registered_and_bad_logs_are_rows(spark, logs):
    frame = spark.read.format("oomparse").load(str(logs))
    frame.createOrReplaceTempView("events")
    kills = spark.sql("select pod.uid, count(*) n from events where type = 'kill' group by 1").collect()
    assert [(row.uid, row.n) for row in kills] == [(UID, 4)]
    [row] = spark.sql("select file, error from events where error is not null").collect()
    assert row.file.endswith("cut.gz") and "cut or damaged" in row.error
    assert "tasks" not in frame.columns


def test_a_pattern_and_columns(spark, logs):
    read = spark.read.format("oomparse").option("columns", "victim,file").option("pathGlobFilter", "*.log")
    [row] = read.load(str(logs)).collect()
    assert row.asDict()["victim"].comm == "java"
    assert list(row.asDict()) == ["victim", "file"]
    assert spark.read.format("oomparse").load(f"{logs}/*.log.gz").count() == 1


def test_fail_fast(spark, logs):
    with pytest.raises(Exception, match="cut or damaged"):
        spark.read.format("oomparse").option("mode", "FAILFAST").load(str(logs)).collect()


def test_a_file_that_is_gone_is_a_row(spark, tmp_path):
    [row] = spark.read.format("oomparse").load(str(tmp_path / "gone.log")).collect()
    assert row.error == "there is no such file"


def test_a_large_file_is_cut_and_gives_what_the_whole_gives(spark, tmp_path):
    path = tmp_path / "large.log"
    with open(path, "wb") as log:
        for case in ("077-rhel9-crio", "477-captured-6-12-group-pod", "601-captured-6-1-storm-wide-limit"):
            log.write(other_lines(20_000))
            log.write((CASES / case / "input.log").read_bytes())
    whole = [event["id"] for event in oomparse.scan(path)]
    frame = spark.read.format("oomparse").option("splitSize", str(os.path.getsize(path) // 7)).load(str(path))
    assert frame.rdd.getNumPartitions() >= 7
    assert [row.id for row in frame.select("id").collect()] == whole
    kept = spark.read.format("oomparse").option("tasks", "true").load(str(path))
    assert kept.selectExpr("max(size(tasks))").first()[0] > 0


def test_every_kind_of_bad_log_is_a_row_and_takes_nothing_from_the_others(spark, tmp_path):
    packed = gzip.compress(KILL + other_lines(20_000))
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    logs = {
        "1-flipped.gz": bytes(flipped),
        "2-not.gz": KILL,
        "3-empty.gz": b"",
        "4-cut.gz": packed[:500],
        "5-empty.log": b"",
        "6-whole.gz": packed,
        "7-whole.log": KILL,
    }
    for name, log in logs.items():
        (tmp_path / name).write_bytes(log)
    frame = spark.read.format("oomparse").load(str(tmp_path))
    rows = frame.select("file", "type", "error").collect()
    name = lambda row: os.path.basename(row.file)
    assert {name(row) for row in rows if row.error} == {"1-flipped.gz", "4-cut.gz"}
    assert {name(row) for row in rows if row.type == "kill"} >= {"2-not.gz", "6-whole.gz", "7-whole.log"}


def test_what_vanishes_between_listing_and_reading_is_a_row(tmp_path):
    pytest.importorskip("pyspark")
    from pyspark_oomparse import OomparseDataSource

    for name in "abc":
        (tmp_path / name).write_bytes(KILL)
    (tmp_path / "d").symlink_to(tmp_path / "nowhere")
    source = OomparseDataSource({"path": str(tmp_path), "columns": "file,error,victim"})
    reader = source.reader(source.schema())
    tasks = reader.partitions()
    (tmp_path / "b").unlink()
    rows = [row for task in tasks for batch in reader.read(task) for row in batch.to_pylist()]
    assert [(os.path.basename(row["file"]), row["error"]) for row in rows] == [
        ("a", None),
        ("b", "there is no such file"),
        ("c", None),
        ("d", "there is no such file"),
    ]


def test_what_may_not_be_read_is_a_row(folder_for_all):
    pytest.importorskip("pyspark")
    from pyspark_oomparse import OomparseDataSource

    for name in "abc":
        (folder_for_all / name).write_bytes(KILL)
        os.chmod(folder_for_all / name, 0o000 if name == "b" else 0o644)
    with as_nobody():
        source = OomparseDataSource({"path": str(folder_for_all), "columns": "file,error"})
        reader = source.reader(source.schema())
        tasks = reader.partitions()
        rows = [row["error"] for task in tasks for batch in reader.read(task) for row in batch.to_pylist()]
    assert rows == [None, "reading it is not permitted", None]


def test_a_line_of_a_gibibyte_is_cut_and_takes_no_kill(spark, tmp_path):
    write_line_of_a_gibibyte(tmp_path / "a.log")
    (tmp_path / "b.log").write_bytes(KILL)
    frame = spark.read.format("oomparse").option("splitSize", str(256 << 20)).load(str(tmp_path))
    assert frame.rdd.getNumPartitions() >= 4
    rows = frame.select("file", "victim.pid", "error").collect()
    assert sorted((os.path.basename(row.file), row.pid, row.error) for row in rows) == [("a.log", 7, None), ("b.log", 7, None)]


def test_a_task_that_fails_or_is_slow_and_runs_again_gives_no_duplicates(spark, tmp_path):
    for at in range(6):
        kill = KILL.replace(b"7 (java)", b"%d (java)" % at).replace(b"pid=7", b"pid=%d" % at)
        (tmp_path / f"{at}.log").write_bytes(kill)
    tried = tmp_path / "tried"
    tried.mkdir()

    def disturbed(batches):
        from pyspark import TaskContext

        context = TaskContext.get()
        yield from batches
        (tried / f"{context.partitionId()}-{context.attemptNumber()}").touch()
        if context.attemptNumber() == 0 and context.partitionId() % 2 == 0:
            raise RuntimeError("the machine is gone")

    reader = spark.read.format("oomparse").option("splitSize", str(len(KILL))).option("columns", "victim")
    frame = reader.load(str(tmp_path / "*.log"))
    assert frame.rdd.getNumPartitions() == 6
    out = tmp_path / "out"
    frame.select("victim.pid").mapInArrow(disturbed, "pid long").write.parquet(str(out))
    assert sorted(row.pid for row in spark.read.parquet(str(out)).collect()) == list(range(6))
    assert len(list(tried.iterdir())) == 9


SPECULATION = """
import pathlib, sys, time
from pyspark import TaskContext
from pyspark.sql import SparkSession

folder = pathlib.Path(sys.argv[1])
builder = SparkSession.builder.master(sys.argv[3]).config("spark.executor.memory", "512m").config("spark.executor.cores", "2")
builder = builder.config("spark.ui.enabled", "false").config("spark.driver.memory", "512m").config("spark.log.level", "ERROR")
builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
builder = builder.config("spark.speculation", "true").config("spark.speculation.interval", "200ms")
builder = builder.config("spark.speculation.quantile", "0.5").config("spark.speculation.multiplier", "1.5")
builder = builder.config("spark.sql.parquet.compression.codec", "gzip")
spark = builder.getOrCreate()


def disturbed(batches):
    context = TaskContext.get()
    task, attempt = context.partitionId(), context.attemptNumber()
    (folder / "tried" / f"{task}-{attempt}").touch()
    yield from batches
    if task == 0 and attempt == 0:
        # Until its copy is done, which ends this one.
        time.sleep(60)
    if task == 1 and attempt == 0:
        raise RuntimeError("the machine is gone")


reader = spark.read.format("oomparse").option("splitSize", sys.argv[2]).option("columns", "victim")
frame = reader.load(f"{folder}/*.log").select("victim.pid")
begun = time.monotonic()
frame.mapInArrow(disturbed, "pid long").write.parquet(str(folder / "out"))
took = time.monotonic() - begun
pids = sorted(row.pid for row in spark.read.parquet(str(folder / "out")).collect())
print("pids", pids, "quick" if took < 55 else took)
spark.stop()
"""


@pytest.fixture
def cluster(tmp_path):
    """A master and two workers with different addresses: Spark starts a second copy of a task only on another host."""
    pyspark = pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no java")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = os.path.dirname(pyspark.__file__)
    deploy = ["java", "-Xmx256m", "-cp", f"{home}/jars/*", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-opens=java.base/java.nio=ALL-UNNAMED"]
    [core] = glob.glob(f"{home}/jars/spark-core_*")
    scala = core.rsplit("_", 1)[1].split("-")[0]
    env = os.environ | {"SPARK_HOME": home, "SPARK_SCALA_VERSION": scala}
    started = []

    def start(*args):
        log = open(tmp_path / f"spark-{len(started)}.txt", "wb")
        started.append(subprocess.Popen([*deploy, *args], env=env, cwd=tmp_path, stdout=log, stderr=log))

    try:
        start("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        for host in ("127.0.0.1", "127.0.0.2"):
            folder = str(tmp_path / host)
            args = ["--host", host, "--cores", "2", "--memory", "700m", "--webui-port", "0", "--work-dir", folder]
            start("org.apache.spark.deploy.worker.Worker", *args, f"spark://127.0.0.1:{port}")
        yield f"spark://127.0.0.1:{port}"
    finally:
        for process in started[::-1]:
            process.terminate()
        for process in started:
            process.wait(30)


def test_speculation_gives_no_duplicates(cluster, tmp_path):
    for at in range(6):
        kill = KILL.replace(b"7 (java)", b"%d (java)" % at).replace(b"pid=7", b"pid=%d" % at)
        (tmp_path / f"{at}.log").write_bytes(kill)
    (tmp_path / "tried").mkdir()
    args = [sys.executable, "-c", SPECULATION, str(tmp_path), str(len(KILL)), cluster]
    done = subprocess.run(args, capture_output=True, text=True, timeout=300, check=False)
    assert "pids [0, 1, 2, 3, 4, 5] quick" in done.stdout, done.stdout + done.stderr[-3000:]
    tried = {path.name for path in (tmp_path / "tried").iterdir()}
    assert {"0-0", "0-1", "1-0", "1-1"} <= tried


def test_from_oomparse_reads_the_records_of_another_source(spark):
    from pyspark_oomparse import from_oomparse

    rows = []
    for partition, case in enumerate(("077-rhel9-crio", "477-captured-6-12-group-pod")):
        lines = (CASES / case / "input.log").read_bytes().splitlines()
        rows += [("logs", partition, offset, bytearray(line)) for offset, line in enumerate(lines)]
    wanted = []
    for partition in (0, 1):
        lines = [bytes(line) + b"\n" for _, at, _, line in rows if at == partition]
        wanted += [(f"logs-{partition}", event["id"]) for event in oomparse.scan(lines)]
    assert len(wanted) > 2
    schema = "topic string, partition int, offset long, value binary"
    frame = spark.createDataFrame(rows[::-1], schema)
    found = from_oomparse(frame, columns="file,id").collect()
    assert sorted((row.file, row.id) for row in found) == sorted(wanted)


def test_a_line_end_in_a_record_makes_no_line():
    pytest.importorskip("pyspark")
    from pyspark_oomparse._rows import line_of

    said = b"Jan  5 02:12:03 n1 app[7]: a\n[9.0] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB\n"
    assert list(oomparse.scan([line_of(said)])) == []
    kill = b"[9.0] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB"
    for line in (line_of(kill), line_of(b'{"message":\n"%s"}' % kill), line_of(kill.decode())):
        [event] = oomparse.scan([line])
        assert (event["victim"]["pid"], event.get("host")) == (7, None)
    [event] = oomparse.scan([line_of(kill, b"n2")])
    assert (event["victim"]["pid"], event["host"]) == (7, "n2")


def test_each_task_tells_what_it_read(capfd, tmp_path):
    pytest.importorskip("pyspark")
    from pyspark_oomparse import OomparseDataSource

    (tmp_path / "a").write_bytes(KILL)
    source = OomparseDataSource({"path": str(tmp_path)})
    reader = source.reader(source.schema())
    [task] = reader.partitions()
    assert sum(batch.num_rows for batch in reader.read(task)) == 1
    assert f"oomparse: 1 files, {len(KILL)} bytes, 1 rows" in capfd.readouterr().err
