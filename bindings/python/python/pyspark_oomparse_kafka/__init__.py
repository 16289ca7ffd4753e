"""Events of a topic: ``spark.readStream.format("oomparse-kafka")``.

A record is a line, as a shipper writes it; a host's records must be in one partition, in order, so the record's key is
the host's name. Spark 4 finds the format by its package's name. It needs ``confluent-kafka`` on the driver and on every
worker.

A batch is a range of offsets, which Spark writes into its checkpoint. A task also reads the records before its range,
because a report may be open there, and gives the events that its own records complete. So the batches together give what
a partition read in one go gives, whatever their borders are, and also after a restart. The last kill of a partition may
wait for one more record.

Options, named like those of Spark's own source:

============================ ==========================================================================================
``kafka.bootstrap.servers``  the brokers. Other ``kafka.…`` options are handed to librdkafka without ``kafka.``.
``subscribe``                topics, separated by commas.
``startingOffsets``          ``earliest``, the default, or ``latest``: where a new query begins. A partition that comes
                             later is read from its beginning.
``maxOffsetsPerTrigger``     records of a batch; all that are there, if not set.
``maxRecordsPerPartition``   records of a task, 1,000,000: what is more is cut.
``failOnDataLoss``           ``true``, the default: records that are gone before they were read fail the query. ``false``:
                             they are a row with ``error``.
``hostFromKey``              ``true``, the default: the key is the host of a plain line that names none.
``warmup``                   bytes of records before a task's range, 8 MiB. No report stays open for longer than a quarter
                             of that. A query must go on with what it began with.
``timeout``                  seconds to wait for a broker that is away, 120.
============================ ==========================================================================================

``year``, ``timezone``, ``nodeName``, ``trust``, ``sources``, ``tasks``, ``columns`` and ``pods`` are those of
``pyspark_oomparse``.
``file`` is the partition's name, ``topic-0``.

A record that a producer wrote twice is one event where both are near each other, and else two with the same ``id``:
``dropDuplicates(["id"])`` keeps one.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass

import oomparse
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark_oomparse import _rows

try:
    from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxRows, SupportsTriggerAvailableNow
except ImportError:  # Spark before 4.2: each batch takes all that is there.
    ReadAllAvailable = ReadMaxRows = None
    SupportsTriggerAvailableNow = object

__all__ = ["DefaultSource", "OomparseKafkaDataSource"]

WARMUP = 8 << 20
RECORDS = 1_000_000

#: Records that are asked for at a time.
ASK = 10_000

#: How many bytes a record is thought to have, to guess where the warm-up begins.
RECORD_LEN = 100

#: A broker that has just started does not know all topics for so many seconds.
SETTLES = 5.0

#: Whether a broker is there is asked again after so many seconds.
AGAIN = 1.0


@dataclass
class Range(InputPartition):
    """Records that one task reads."""

    topic: str
    partition: int
    start: int
    end: int


class OomparseKafkaDataSource(DataSource):
    """Events of a topic's records."""

    @classmethod
    def name(cls) -> str:
        return "oomparse-kafka"

    def schema(self):
        return _rows.spark_schema(_rows.columns_of(self.options))

    def streamReader(self, schema) -> DataSourceStreamReader:
        return OomparseKafkaReader(schema.names, self.options)


class OomparseKafkaReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Says which offsets there are, cuts them into tasks, and reads one of them."""

    def __init__(self, columns: list[str], options) -> None:
        self.columns = list(columns)
        self.options = dict(options)
        _rows.is_permissive(self.options)
        self.listing = _rows.listing_of_pods(self.options)
        self.last: dict | None = None
        for name in ("kafka.bootstrap.servers", "subscribe"):
            if not self._option(name):
                raise ValueError(f"oomparse-kafka: the option {name} is missing")
        self.topics = [topic.strip() for topic in self._option("subscribe").split(",")]

    def initialOffset(self) -> dict:
        where = (self._option("startingOffsets") or "earliest").lower()
        if where not in ("earliest", "latest"):
            raise ValueError(f"startingOffsets is earliest or latest, not {where}")
        return self._offsets(where)

    def latestOffset(self, start: dict | None = None, limit=None) -> dict:
        latest = self.last or self._offsets("latest")
        if start is None:
            return latest
        if limit is None or not isinstance(limit, ReadMaxRows or ()):
            return _merged(start, latest)
        return _limited(start, latest, self._offsets("earliest"), limit.max_rows)

    def getDefaultReadLimit(self):
        most = self._option("maxOffsetsPerTrigger")
        return ReadMaxRows(int(most)) if most else ReadAllAvailable()

    def reportLatestOffset(self) -> dict | None:
        return None

    def prepareForTriggerAvailableNow(self) -> None:
        self.last = self._offsets("latest")

    def partitions(self, start: dict, end: dict) -> list[InputPartition]:
        most = int(self._option("maxRecordsPerPartition") or RECORDS)
        ranges = []
        for topic, partitions in end.items():
            for partition, until in partitions.items():
                at = start.get(topic, {}).get(partition, 0)
                while at < until:
                    to = min(at + most, until)
                    ranges.append(Range(topic, int(partition), at, to))
                    at = to
        return ranges

    def read(self, partition: Range):
        count = _rows.Count()
        name = f"{partition.topic}-{partition.partition}"
        warmup = int(self._option("warmup") or WARMUP)
        log = _Log(self, partition)
        try:
            before, own, lost = log.read(warmup)
        finally:
            log.close()
        given = _rows.arguments(self.options, self.columns, self.listing)
        # An empty line before, so that no record can look like the beginning of a packed file, and one after, because
        # the range does not end the log.
        tape = io.BytesIO(b"".join([b"\n", *before, *own, b"\n"]))
        start = 1 + sum(map(len, before))
        end = start + sum(map(len, own))
        given["max_report_len"] = max(warmup // 4, 1)
        scan = oomparse.scan_range(tape, start, end, warmup=start, **given)
        if lost:
            yield _rows.error_row(self.columns, name, lost)
        yield from _rows.batches_of(scan, name, count)
        own_records = partition.end - partition.start
        count.tell(f"{name}, records {partition.start} to {partition.end} ({own_records}), {end - start} bytes, and {start} before")

    def _option(self, name: str) -> str | None:
        return _rows.option(self.options, name)

    def client(self) -> dict:
        """The configuration of librdkafka."""
        given = {name[len("kafka.") :]: value for name, value in self.options.items() if name.startswith("kafka.")}
        # A broker that is away is waited for here; librdkafka would report each try.
        return {"log_level": 0, **given}

    def deadline(self) -> float:
        return time.monotonic() + float(self._option("timeout") or 120)

    def _offsets(self, where: str) -> dict:
        """The first offsets of all partitions, or those after the last records."""
        from confluent_kafka import KafkaException, TopicPartition
        from confluent_kafka.admin import AdminClient, OffsetSpec

        spec = OffsetSpec.earliest() if where == "earliest" else OffsetSpec.latest()
        deadline, settled = self.deadline(), time.monotonic() + SETTLES
        while True:
            admin = AdminClient(self.client())
            try:
                known = admin.list_topics(timeout=10).topics
                missing = [topic for topic in self.topics if topic not in known]
                if missing and time.monotonic() < settled:
                    time.sleep(AGAIN)
                    continue
                if missing:
                    raise ValueError(f"subscribe: there is no topic {', '.join(missing)}")
                asked = {TopicPartition(topic, at): spec for topic in self.topics for at in known[topic].partitions}
                found = admin.list_offsets(asked, request_timeout=10) if asked else {}
                offsets: dict = {topic: {} for topic in self.topics}
                for place, answer in found.items():
                    offsets[place.topic][str(place.partition)] = answer.result().offset
                return offsets
            except KafkaException as error:
                if time.monotonic() >= deadline or not _may_pass(error):
                    raise
                time.sleep(AGAIN)


class _Log:
    """A partition's records, as lines."""

    def __init__(self, reader: OomparseKafkaReader, wanted: Range) -> None:
        from confluent_kafka import Consumer

        self.wanted = wanted
        self.deadline = reader.deadline()
        self.key_is_host = (reader._option("hostFromKey") or "true").lower() == "true"
        self.fails = (reader._option("failOnDataLoss") or "true").lower() == "true"
        own = {
            "group.id": "oomparse",
            "enable.auto.commit": "false",
            "auto.offset.reset": "error",
            "enable.partition.eof": "true",
        }
        self.consumer = Consumer({**reader.client(), **own})

    def close(self) -> None:
        self.consumer.close()

    def read(self, warmup: int) -> tuple[list[bytes], list[bytes], str | None]:
        """The lines before the range, at least so many bytes of them if there are, and those of the range."""
        from confluent_kafka import TopicPartition

        wanted = self.wanted
        first = self._first(TopicPartition(wanted.topic, wanted.partition))
        lost = None
        if first > wanted.start:
            gone = min(first, wanted.end)
            lost = f"records {wanted.start} to {gone} were deleted before they were read"
            if self.fails:
                raise RuntimeError(f"{wanted.topic}-{wanted.partition}: {lost}; failOnDataLoss=false goes on without them")
        records = warmup // RECORD_LEN + 1
        begin = max(first, wanted.start - records)
        before, own = self._lines(begin, max(wanted.start, first), wanted.end)
        while begin > first and sum(map(len, before)) < warmup:
            records *= 4
            sooner = max(first, wanted.start - records)
            more, _ = self._lines(sooner, begin, begin)
            before, begin = more + before, sooner
        return before, own, lost

    def _first(self, place) -> int:
        from confluent_kafka import KafkaException

        while True:
            try:
                return self.consumer.get_watermark_offsets(place, timeout=10)[0]
            except KafkaException as error:
                self._wait(error)

    def _lines(self, begin: int, start: int, end: int) -> tuple[list[bytes], list[bytes]]:
        """Lines of the records from ``begin`` to before ``start``, and from there to before ``end``."""
        from confluent_kafka import KafkaError, KafkaException, TopicPartition

        before: list[bytes] = []
        own: list[bytes] = []
        if begin >= end:
            return before, own
        self.consumer.assign([TopicPartition(self.wanted.topic, self.wanted.partition, begin)])
        while True:
            messages = self.consumer.consume(ASK, timeout=1)
            for message in messages:
                error = message.error()
                if error is None:
                    offset = message.offset()
                    if offset >= end:
                        return before, own
                    host = message.key() if self.key_is_host else None
                    (before if offset < start else own).append(_rows.line_of(message.value(), host))
                    if offset == end - 1:
                        return before, own
                elif error.code() == KafkaError._PARTITION_EOF:
                    # What is left below `end` are not records, but marks of transactions.
                    if message.offset() >= end:
                        return before, own
                elif error.retriable() or _may_pass(error):
                    self._wait(KafkaException(error))
                else:
                    raise KafkaException(error)
            if not messages and time.monotonic() >= self.deadline:
                place = f"{self.wanted.topic}-{self.wanted.partition}"
                raise TimeoutError(f"{place}: no broker gave the records up to {end} in time")

    def _wait(self, error) -> None:
        if time.monotonic() >= self.deadline or not _may_pass(error.args[0]):
            raise error
        time.sleep(AGAIN)


def _may_pass(error) -> bool:
    """Whether it is a broker's absence."""
    from confluent_kafka import KafkaError

    error = error.args[0] if isinstance(error, Exception) else error
    passing = (
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._RESOLVE,
        KafkaError._WAIT_COORD,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        # One that has just started.
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._PARTITION_EOF,
    )
    return error.code() in passing


def _merged(start: dict, latest: dict) -> dict:
    """The latest offsets; never before those where the last batch ended."""
    merged = {topic: dict(partitions) for topic, partitions in start.items()}
    for topic, partitions in latest.items():
        of_topic = merged.setdefault(topic, {})
        for partition, offset in partitions.items():
            of_topic[partition] = max(offset, of_topic.get(partition, 0))
    return merged


def _limited(start: dict, latest: dict, earliest: dict, most: int) -> dict:
    """The latest offsets, or so many records more than at the start, shared by how many each partition has."""
    latest = _merged(start, latest)
    places = [(topic, at) for topic, partitions in latest.items() for at in partitions]
    begin = {(topic, at): start.get(topic, {}).get(at, earliest.get(topic, {}).get(at, 0)) for topic, at in places}
    left = {place: latest[place[0]][place[1]] - begin[place] for place in places}
    all_left = sum(left.values())
    if all_left <= most:
        return latest
    end: dict = {topic: {} for topic in latest}
    for topic, at in places:
        # Each that has records goes on by one at least.
        share = left[topic, at] * most // all_left
        end[topic][at] = begin[topic, at] + min(left[topic, at], max(share, 1))
    return end


#: What Spark looks for.
DefaultSource = OomparseKafkaDataSource
