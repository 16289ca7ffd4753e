"""The same logs read by each engine, once: `compare.py PROGRAM [MEGABYTES]`.

A log is ordinary lines with a kill every two megabytes; plain, and packed with gzip. Prints seconds, the best of three.
"""

import gzip
import pathlib
import subprocess
import sys
import tempfile
import time

FILES = 8
HERE = pathlib.Path(__file__).resolve().parent
REPORT = (HERE / "../../corpus/cases/077-rhel9-crio/input.log").read_bytes()
PATTERN = "Killed process ([0-9]+) \\(([^)]*)\\)"


def log(size: int, number: int) -> bytes:
    lines, length, kills = [], 0, 0
    while length < size:
        line = b"Jan  5 02:12:03 node-%d sshd[411]: session %d opened for user deploy(uid=0)\n" % (number, len(lines))
        lines.append(line)
        length += len(line)
        if length >> 21 > kills:
            kills += 1
            lines.append(REPORT)
    return b"".join(lines)


def timed(name: str, work) -> None:
    times, found = [], None
    for _ in range(3):
        start = time.monotonic()
        found = work()
        times.append(time.monotonic() - start)
    print(f"{name:44} {min(times):7.2f} s   {found} events", flush=True)


def program(path: str, *args: str):
    def work() -> int:
        done = subprocess.run([path, "scan", "--format", "json", *args], capture_output=True, check=False)
        return done.stdout.count(b"\n")

    return work


def spark_session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.log.level", "ERROR").getOrCreate()
    session.range(10).count()
    return session


def main(binary: str, megabytes: int) -> None:
    import oomparse
    import pyarrow

    size = megabytes << 20
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            text = log(size // FILES, number)
            for kind, packed in (("plain", text), ("gz", gzip.compress(text, 1))):
                directory = pathlib.Path(folder, kind)
                directory.mkdir(exist_ok=True)
                (directory / f"{number}.{kind}").write_bytes(packed)
        try:
            spark = spark_session()
        except ImportError:
            spark = None
            print("!!! NOT RUN: Spark is not there: pip install pyspark")
        for kind in ("plain", "gz"):
            path = f"{folder}/{kind}"
            print(f"{FILES} {kind} files, {megabytes} MiB of text")
            timed("oomparse scan", program(binary, path))
            timed("oomparse scan --threads 2", program(binary, "--threads", "2", path))
            timed("wheel, dicts", lambda: sum(1 for _ in oomparse.scan(path)))
            stream = lambda: pyarrow.RecordBatchReader.from_stream(oomparse.scan(path)).read_all().num_rows
            timed("wheel, Arrow", stream)
            if spark is None:
                continue
            columns = "type,time,host,victim,pod,cgroup,file,error"
            reader = spark.read.format("oomparse").option("columns", columns)
            timed("Spark, format oomparse", lambda: len(reader.load(path).collect()))
            text = spark.read.text(path)
            timed("Spark, rlike", lambda: text.where(text.value.rlike(PATTERN)).count())
            from pyspark.sql.functions import regexp_extract

            two = [regexp_extract("value", PATTERN, at).alias(f"n{at}") for at in (1, 2)]
            timed("Spark, regexp_extract twice", lambda: text.select(*two).where("n1 != ''").count())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 512)
