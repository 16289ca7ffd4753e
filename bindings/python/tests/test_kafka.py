"""A topic as a stream, with Apache Kafka itself.

The folder with Kafka's jars is in KAFKA_LIB; `cargo xtask fleet` brings them.
"""

import base64
import io
import json
import os
import pathlib
import pickle
import random
import socket
import subprocess
import threading
import time
import uuid

import oomparse
import pytest
from conftest import CASES, other_lines

pytest.importorskip("confluent_kafka")
pytest.importorskip("pyspark")
if "KAFKA_LIB" not in os.environ:
    pytest.skip("no Kafka: KAFKA_LIB is not set", allow_module_level=True)

from pyspark_oomparse_kafka import OomparseKafkaDataSource  # noqa: E402

WARMUP = 1 << 20

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """One node, controller and broker in one."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.properties = folder / "server.properties"
        self.properties.write_text(PROPERTIES.format(port=self.port, controller=free_port(), folder=folder))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        format = self.java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", self.properties)
        subprocess.run(format, check=True, capture_output=True)
        self.process = None

    def java(self, *args) -> list[str]:
        heap = ["-Xmx256m", "-XX:TieredStopAtLevel=1"]
        return ["java", *heap, "-cp", f"{os.environ['KAFKA_LIB']}/*", *map(str, args)]

    def start(self) -> None:
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.java("kafka.Kafka", self.properties), stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def admin(self):
        from confluent_kafka.admin import AdminClient

        return AdminClient({"bootstrap.servers": f"127.0.0.1:{self.port}", "log_level": 0})

    def wait(self) -> None:
        """Until it answers."""
        from confluent_kafka import KafkaException

        end = time.monotonic() + 180
        while True:
            try:
                return self.admin().list_topics(timeout=5)
            except KafkaException:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < end, "Kafka does not answer"

    def topic(self, name: str, partitions: int) -> str:
        from confluent_kafka.admin import NewTopic

        admin = self.admin()
        [made] = admin.create_topics([NewTopic(name, partitions, 1)]).values()
        made.result()
        return name

    def send(self, topic: str, records) -> None:
        """Records of (partition, key, value), in order."""
        from confluent_kafka import Producer

        settings = {"bootstrap.servers": f"127.0.0.1:{self.port}", "enable.idempotence": True, "log_level": 0}
        producer = Producer(settings)
        for partition, key, value in records:
            producer.produce(topic, value, key, partition)
            producer.poll(0)
        assert producer.flush(120) == 0


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    broker.wait()
    yield broker
    broker.kill()


def log_of(cases, gap: int) -> list[bytes]:
    """Lines of cases, each cut in its middle by others' lines, with others' lines between."""
    lines = []
    for case in cases:
        own = (CASES / case / "input.log").read_bytes().splitlines()
        middle = len(own) // 2
        lines += other_lines(gap).splitlines() + own[:middle] + other_lines(gap).splitlines() + own[middle:]
    return lines


LOGS = [
    log_of(("077-rhel9-crio", "477-captured-6-12-group-pod"), 800),
    log_of(("601-captured-6-1-storm-wide-limit", "077-rhel9-crio"), 300),
    log_of(("477-captured-6-12-group-pod",) * 2, 20),
]


def whole(lines: list[bytes]) -> list[str]:
    """The events of a partition that goes on, read in one go."""
    text = b"".join(line + b"\n" for line in lines)
    tape = io.BytesIO(text + b"\n")
    scan = oomparse.scan_range(tape, 0, len(text), max_report_len=WARMUP // 4)
    return [event["id"] for event in scan]


class Query:
    """What Spark does with a stream: batches of offsets, which a checkpoint keeps as JSON."""

    def __init__(self, broker, topic: str, **options) -> None:
        columns = "id,file,type,host,pod,victim,error"
        given = {"kafka.bootstrap.servers": f"127.0.0.1:{broker.port}", "subscribe": topic, "warmup": WARMUP, "columns": columns}
        self.options = {name.lower(): str(value) for name, value in {**given, **options}.items()}
        self.reader = self.started()
        self.checkpoint = json.dumps(self.reader.initialOffset())
        self.rows: list[dict] = []

    def started(self):
        """A reader, as each start of the query makes one."""
        source = OomparseKafkaDataSource(self.options)
        return source.streamReader(source.schema())

    def batch(self, is_lost: bool = False) -> bool:
        """One batch; if it is lost, Spark ended in it. Says whether there was one."""
        start = json.loads(self.checkpoint)
        end = self.reader.latestOffset(start, self.reader.getDefaultReadLimit())
        if end == start:
            return False
        tasks = pickle.loads(pickle.dumps(self.reader.partitions(start, end)))
        rows = [row for task in tasks for batch in self.reader.read(task) for row in batch.to_pylist()]
        if is_lost:
            self.reader = self.started()
        else:
            self.rows += rows
            self.checkpoint = json.dumps(end)
        return True

    def all(self) -> None:
        while self.batch():
            pass

    def ids(self, partition: int) -> list[str]:
        return [row["id"] for row in self.rows if row["file"].endswith(f"-{partition}") and not row["error"]]


def test_batches_give_what_the_whole_gives_over_restarts_anywhere(broker):
    topic = broker.topic("restarts", 3)
    query = Query(broker, topic, maxOffsetsPerTrigger=1500, maxRecordsPerPartition=400)
    choose = random.Random(7)
    sent = [0, 0, 0]
    while sent != [len(lines) for lines in LOGS]:
        for partition, lines in enumerate(LOGS):
            until = min(sent[partition] + choose.randrange(len(lines)), len(lines))
            broker.send(topic, [(partition, None, line) for line in lines[sent[partition] : until]])
            sent[partition] = until
        while query.batch(is_lost=choose.random() < 0.4):
            pass
    for partition, lines in enumerate(LOGS):
        assert query.ids(partition) == whole(lines), partition
        assert len(query.ids(partition)) > 1


def test_a_range_may_be_cut_anywhere(broker):
    topic = broker.topic("cuts", 1)
    lines = LOGS[2]
    broker.send(topic, [(0, None, line) for line in lines])
    query = Query(broker, topic, maxRecordsPerPartition=37)
    query.all()
    assert query.ids(0) == whole(lines)


def test_a_broker_that_dies_in_the_middle(broker):
    topic = broker.topic("deaths", 3)
    query = Query(broker, topic, maxOffsetsPerTrigger=1000, timeout=300)
    halves = [len(lines) // 2 for lines in LOGS]
    broker.send(topic, [(at, None, line) for at, lines in enumerate(LOGS) for line in lines[: halves[at]]])
    assert query.batch()
    broker.kill()
    again = threading.Timer(2, broker.start)
    again.start()
    # It waits for the broker, and goes on.
    query.all()
    again.join()
    broker.wait()
    broker.send(topic, [(at, None, line) for at, lines in enumerate(LOGS) for line in lines[halves[at] :]])
    query.all()
    for partition, lines in enumerate(LOGS):
        assert query.ids(partition) == whole(lines), partition


def test_late_and_duplicate_records(broker):
    topic = broker.topic("late", 1)
    report = (CASES / "077-rhel9-crio" / "input.log").read_bytes().splitlines()
    [event] = oomparse.scan([b"\n".join(report)])
    twice = [line for line in report for _ in range(2)]
    far = other_lines(4 * WARMUP // 70).splitlines()
    query = Query(broker, topic)
    # Each record twice; then a day's lines; then the report again, which its shipper had kept for that long.
    broker.send(topic, [(0, None, line) for line in twice])
    query.all()
    assert query.ids(0) == [event["id"]]
    broker.send(topic, [(0, None, line) for line in far])
    query.all()
    broker.send(topic, [(0, None, line) for line in report])
    query.all()
    assert query.ids(0) == [event["id"]] * 2


def test_the_key_is_the_host_of_records_without_one(broker):
    records = []
    for at, host in enumerate((b"n1", b"n2")):
        path = f"/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f358{at}/a2172e8d1101"
        summary = f"[12.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg={path},task_memcg={path},task=java,pid=7,uid=0"
        killed = "[12.2] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
        records.append([(0, host, summary.encode()), (0, host, killed.encode())])
    topic = broker.topic("keys", 1)
    broker.send(topic, [record for pair in zip(*records) for record in pair])
    query = Query(broker, topic)
    query.all()
    found = sorted((row["host"], row["pod"]["uid"][-1]) for row in query.rows)
    assert found == [("n1", "0"), ("n2", "1")]


def test_records_that_are_gone_and_partitions_that_come(broker):
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import NewPartitions

    topic = broker.topic("gone", 1)
    kill = b"[%d.0] Memory cgroup out of memory: Killed process %d (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
    broker.send(topic, [(0, None, kill % (at * 100, at)) for at in range(1, 11)])
    query = Query(broker, topic)
    query.all()
    broker.send(topic, [(0, None, kill % (at * 100, at)) for at in range(11, 31)])
    admin = broker.admin()
    [deleted] = admin.delete_records([TopicPartition(topic, 0, 20)]).values()
    deleted.result()
    said = "records 10 to 20 were deleted before they were read"
    with pytest.raises(RuntimeError, match=said):
        query.all()
    [more] = admin.create_partitions([NewPartitions(topic, 2)]).values()
    more.result()
    broker.send(topic, [(1, None, kill % (at * 100, at)) for at in range(31, 34)])
    query.options["failondataloss"] = "false"
    query.reader = query.started()
    query.all()
    assert [row["error"] for row in query.rows if row["error"]] == [said]
    pids = [(row["file"], row["victim"]["pid"]) for row in query.rows if row["victim"]]
    # The last kill of a partition waits for what follows it; so did the tenth, whose next record is gone.
    wanted = [("gone-0", at) for at in (*range(1, 10), *range(21, 30))] + [("gone-1", 31), ("gone-1", 32)]
    assert sorted(pids) == wanted


def test_wrong_options_are_said(broker):
    with pytest.raises(ValueError, match="there is no topic nowhere"):
        Query(broker, "nowhere")
    with pytest.raises(ValueError, match="startingOffsets is earliest or latest, not 7"):
        Query(broker, "nowhere", startingOffsets="7")
    with pytest.raises(ValueError, match="the option subscribe is missing"):
        OomparseKafkaDataSource({"kafka.bootstrap.servers": "x"}).streamReader(OomparseKafkaDataSource({}).schema())


def test_a_stream_of_spark_over_a_restart_without_its_last_commit(spark, broker, tmp_path):
    topic = broker.topic("spark", 1)
    lines = LOGS[2]
    reader = spark.readStream.format("oomparse-kafka").option("subscribe", topic).option("columns", "id,file")
    reader = reader.option("kafka.bootstrap.servers", f"127.0.0.1:{broker.port}").option("warmup", str(WARMUP))

    def once() -> None:
        """Until it has read what is there."""
        writer = reader.load().writeStream.format("parquet").option("path", str(tmp_path / "out"))
        query = writer.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination()

    broker.send(topic, [(0, None, line) for line in lines[: len(lines) // 3]])
    once()
    # The batch is done, but Spark ended before it wrote that down: it runs again.
    last = max((tmp_path / "checkpoint" / "commits").glob("[0-9]*"), key=lambda path: int(path.name))
    last.unlink()
    last.with_name(f".{last.name}.crc").unlink(missing_ok=True)
    broker.send(topic, [(0, None, line) for line in lines[len(lines) // 3 :]])
    once()
    rows = spark.read.parquet(str(tmp_path / "out")).collect()
    assert sorted(row.id for row in rows) == sorted(whole(lines))
