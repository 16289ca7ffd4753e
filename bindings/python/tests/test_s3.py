"""Logs in a bucket, read through pyarrow by Spark's data source."""

import gzip
import os

import oomparse
from conftest import CASES, KILL, other_lines


def put(s3, bucket, objects):
    s3.create_bucket(Bucket=bucket)
    for key, body in objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def test_a_bucket(s3, spark):
    cut = gzip.compress(KILL + other_lines(20_000))[:-100]
    put(s3, "fleet", {"logs/a.log": KILL, "logs/n2/b.gz": gzip.compress(KILL), "logs/c.gz": cut, "other/d.log": KILL})
    read = spark.read.format("oomparse").option("columns", "file,victim,error")
    rows = read.load("s3a://fleet/logs/*").collect()
    assert sorted((row.file, row.error is None) for row in rows) == [
        ("s3a://fleet/logs/a.log", True),
        ("s3a://fleet/logs/c.gz", False),
        ("s3a://fleet/logs/c.gz", True),
        ("s3a://fleet/logs/n2/b.gz", True),
    ]
    assert read.load("s3a://fleet/logs").count() == 3
    assert read.option("recursiveFileLookup", "true").load("s3a://fleet/logs").count() == 4
    assert [row.file for row in read.load("s3a://fleet/other/d.log").collect()] == ["s3a://fleet/other/d.log"]
    [row] = read.load("s3a://fleet/nowhere.log").collect()
    assert (row.file, row.error) == ("s3a://fleet/nowhere.log", "there is no such file")


def test_an_object_that_vanishes_is_a_row(s3):
    from pyspark_oomparse import OomparseDataSource

    put(s3, "vanishing", {"a": KILL, "b": KILL})
    source = OomparseDataSource({"path": "s3://vanishing/*", "columns": "file,error"})
    reader = source.reader(source.schema())
    tasks = reader.partitions()
    s3.delete_object(Bucket="vanishing", Key="a")
    rows = [row for task in tasks for batch in reader.read(task) for row in batch.to_pylist()]
    assert rows == [{"file": "s3://vanishing/a", "error": "there is no such file"}, {"file": "s3://vanishing/b", "error": None}]


def test_a_large_object_is_cut_and_gives_what_the_whole_gives(s3, spark):
    cases = ("077-rhel9-crio", "477-captured-6-12-group-pod", "601-captured-6-1-storm-wide-limit")
    log = b"".join(other_lines(20_000) + (CASES / case / "input.log").read_bytes() for case in cases)
    put(s3, "large", {"kern.log": log})
    whole = [event["id"] for event in oomparse.scan([log])]
    frame = spark.read.format("oomparse").option("splitSize", str(len(log) // 7)).load("s3://large/kern.log")
    assert frame.rdd.getNumPartitions() >= 7
    assert [row.id for row in frame.select("id").collect()] == whole
