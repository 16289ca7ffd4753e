"""From a bucket of node logs and a listing of pods to tables of kills, with Spark.

    spark-submit oom_kills.py --logs 's3a://bucket/logs/*' --pods s3a://bucket/pods.json --out s3a://bucket/oom
    spark-submit oom_kills.py --logs /archive --out /tables --year 2026 --timezone UTC

Writes below `--out`, as Parquet:

    kills             one row for each kill: its event, without the table of processes
    by_namespace      kills, killed pods and killed bytes by namespace
    repeat_offenders  containers of a workload that were killed at least `--often` times
    silent            kills in pods of which nobody but the kernel told: no runtime, no kubelet, no systemd
    errors            logs that could not be read to their end

`pip install 'oomparse[spark]'` on the driver and on every worker.
"""

import argparse

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

#: Who reports a kill does so within so many seconds.
TELLS_WITHIN = 30


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tables of kills from a fleet's logs")
    parser.add_argument("--logs", required=True, help="a path or a pattern")
    parser.add_argument("--pods", help="a listing of pods: kubectl get pods -A -o json")
    parser.add_argument("--out", required=True, help="where the tables are written")
    parser.add_argument("--year", help="of lines that show none")
    parser.add_argument("--timezone", help="of lines that show none")
    parser.add_argument("--often", type=int, default=3, help="kills of a repeat offender (3)")
    return parser.parse_args()


def events_of(spark: SparkSession, args: argparse.Namespace):
    reader = spark.read.format("oomparse").option("sources", "all").option("recursiveFileLookup", "true")
    for name in ("pods", "year", "timezone"):
        if getattr(args, name):
            reader = reader.option(name, getattr(args, name))
    return reader.load(args.logs)


def by_namespace(kills):
    # A log that was stored twice reports the same kill with the same id.
    grouped = kills.groupBy(f.col("pod.namespace").alias("namespace"))
    return grouped.agg(
        f.count("*").alias("kills"),
        f.countDistinct("pod.uid").alias("pods"),
        f.sum("victim.anon_rss_bytes").alias("anon_rss_bytes"),
        f.max("time").alias("last_time"),
    ).orderBy(f.desc("kills"), "namespace")


def repeat_offenders(kills, often: int):
    """By what owns the pods: a pod that was killed is another one the next time."""
    owner = f.coalesce("pod.owner", "pod.name", "pod.uid").alias("owner")
    keys = [f.col("pod.namespace").alias("namespace"), owner, f.col("container.name").alias("container")]
    grouped = kills.where("pod is not null").groupBy(*keys)
    counted = grouped.agg(
        f.count("*").alias("kills"),
        f.min("time").alias("first_time"),
        f.max("time").alias("last_time"),
        f.max("memory.limit_bytes").alias("limit_bytes"),
    )
    return counted.where(f.col("kills") >= often).orderBy(f.desc("kills"), "namespace", "owner")


def silent(kills, events):
    """Kills in pods of which no other voice reported anything at that time, neither of the container nor of the pod."""
    others = events.where("type in ('notice', 'eviction')").select(
        f.col("time").alias("told"),
        f.col("container.id").alias("told_container"),
        f.col("pod.uid").alias("told_pod"),
    )
    same = (f.col("told_container") == f.col("container.id")) | (f.col("told_pod") == f.col("pod.uid"))
    apart = f.abs(f.unix_timestamp("told") - f.unix_timestamp("time"))
    # Without times nothing says that another voice meant another kill.
    near = f.coalesce(apart <= TELLS_WITHIN, f.lit(True))
    return kills.where("pod is not null").join(others, same & near, "left_anti")


def main() -> None:
    args = arguments()
    spark = SparkSession.builder.appName("oom kills").getOrCreate()
    # The logs are read once, for all tables.
    events = events_of(spark, args).persist()
    kills = events.where("type in ('kill', 'userspace_kill')").dropDuplicates(["id"])
    # Kills without an id are not the same kill.
    kills = kills.where("id is not null").unionByName(events.where("type in ('kill', 'userspace_kill') and id is null"))
    tables = {
        "kills": kills,
        "by_namespace": by_namespace(kills),
        "repeat_offenders": repeat_offenders(kills, args.often),
        "silent": silent(kills, events),
        "errors": events.where("error is not null").select("file", "error"),
    }
    for name, table in tables.items():
        table.write.mode("overwrite").parquet(f"{args.out}/{name}")
    spark.stop()


if __name__ == "__main__":
    main()
