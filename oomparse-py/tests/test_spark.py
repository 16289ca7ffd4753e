"""Spark's data source, in a real Spark."""

import gzip
import os
import shutil

import oomparse
import pytest
from conftest import CASES, KILL, UID, other_lines

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("no java", allow_module_level=True)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("oomparse")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", "2")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    yield session
    session.stop()


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
