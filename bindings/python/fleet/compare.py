"""The same logs read by each engine, once: `compare.py PROGRAM [MEGABYTES]`.

A log is ordinary lines with a kill every two megabytes; plain, and packed with gzip. Prints seconds on the clock, the best of
three, and of the processor, the middle of three: on a busy machine the latter tell more. At the end: the memory of Spark's JVM
and of its Python workers, and whether Spark is 1.4 times as fast as its own search and the package 0.9 as fast as the program.
"""

import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from logs import Maker

FILES = 8
PATTERN = "Killed process ([0-9]+) \\(([^)]*)\\)"


def log(size: int, number: int) -> bytes:
    return Maker(number).log([f"node-{number}"], size, size >> 21)


def descendants() -> list[pathlib.Path]:
    """This process and all that it started."""
    parents: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents.setdefault(int(after[1]), []).append(int(entry.name))
    found, left = [], [os.getpid()]
    while left:
        pid = left.pop()
        found.append(pathlib.Path("/proc", str(pid)))
        left += parents.get(pid, [])
    return found


def cpu_seconds() -> float:
    ticks = 0
    for process in descendants():
        try:
            ticks += sum(map(int, (process / "stat").read_text().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mib(name: str) -> dict[str, int]:
    """The largest resident memory of each process of this name."""
    peaks = {}
    for process in descendants():
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        except OSError:
            continue
        if status["Name"].strip().startswith(name) and "VmHWM" in status:
            peaks[process.name] = int(status["VmHWM"].split()[0]) >> 10
    peaks.pop(str(os.getpid()), None)
    return peaks


def timed(name: str, work) -> float:
    """The processor's seconds."""
    times, used, found = [], [], None
    for _ in range(3):
        start, cpu = time.monotonic(), cpu_seconds()
        found = work()
        times.append(time.monotonic() - start)
        used.append(cpu_seconds() - cpu)
    # The middle one: a worker that ends meanwhile takes its seconds with it.
    middle = sorted(used)[1]
    print(f"{name:32} {min(times):7.2f} s {middle:7.2f} s of the processor   {found} events", flush=True)
    return middle


def program(path: str, *args: str):
    def work() -> int:
        done = subprocess.run([path, "scan", "--format", "json", *args], capture_output=True, check=False)
        return done.stdout.count(b"\n")

    return work


def spark_session():
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "1g").config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.log.level", "ERROR").config("spark.ui.showConsoleProgress", "false").getOrCreate()
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
        told = []
        for kind in ("plain", "gz"):
            path = f"{folder}/{kind}"
            print(f"{FILES} {kind} files, {megabytes} MiB of text")
            one = timed("oomparse scan", program(binary, path))
            timed("oomparse scan --threads 2", program(binary, "--threads", "2", path))
            timed("wheel, dicts", lambda: sum(1 for _ in oomparse.scan(path)))
            stream = lambda: pyarrow.RecordBatchReader.from_stream(oomparse.scan(path)).read_all().num_rows
            wheel = timed("wheel, Arrow", stream)
            told.append(f"{kind}: the wheel at {one / wheel:.2f} of the program")
            if spark is None:
                continue
            columns = "type,time,host,victim,pod,cgroup,file,error"
            reader = spark.read.format("oomparse").option("columns", columns)
            ours = timed("Spark, format oomparse", lambda: len(reader.load(path).collect()))
            text = spark.read.text(path)
            rlike = timed("Spark, rlike", lambda: text.where(text.value.rlike(PATTERN)).count())
            from pyspark.sql.functions import regexp_extract

            two = [regexp_extract("value", PATTERN, at).alias(f"n{at}") for at in (1, 2)]
            extract = timed("Spark, regexp_extract twice", lambda: text.select(*two).where("n1 != ''").count())
            told.append(f"{kind}: Spark {rlike / ours:.2f} times as fast as rlike, {extract / ours:.2f} times as regexp_extract")
        if spark is not None:
            print(f"peak memory in MiB: the JVM {peak_mib('java')}, Python's workers {peak_mib('python')}")
        print("by the processor's seconds:", *told, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 512)
