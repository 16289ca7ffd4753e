"""Spark's data source: ``spark.read.format("oomparse").load("/logs/*.gz")``.

Spark 4 finds it by its package's name; nothing has to be registered. A log that is packed is read by one task, small logs
together, and a large plain one in parts by many tasks. A row is an event; docs/schema.md tells its columns.

Options, beside the path:

============================ ==========================================================================================
``mode``                     ``PERMISSIVE``, the default: a log that cannot be read to its end is a row with ``file`` and
                             ``error``. ``FAILFAST``: it fails the job.
``splitSize``                bytes of a task: larger plain files are cut, smaller files are packed together. 128 MiB.
``warmup``                   bytes that a part reads before its first one, see ``oomparse.scan_range``.
``year``, ``timezone``       of lines that show none.
``nodeName``, ``trust``      see ``oomparse.scan``.
``tasks``                    ``true`` keeps the table of all processes, in a column that is not there without.
``columns``                  the columns, separated by commas: others are not made.
``pods``                     a listing of pods, read once by the driver and handed to the tasks.
``sources``                  daemons whose lines are read beside the kernel's, separated by commas, or ``all``.
``pathGlobFilter``           a pattern that a file's name must match.
``recursiveFileLookup``      ``true`` reads directories in directories.
============================ ==========================================================================================

Files are listed and read by Python: paths on disk by this package itself, others (``s3://``, ``gs://``, ``hdfs://``)
through ``pyarrow.fs``, with its credentials (for S3: ``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL`` and so on). Those that
the JVM was given are not used. A task tells in its log how many files and bytes it read.

``from_oomparse`` makes events of records that another source of Spark's reads; ``pyspark_oomparse_kafka`` reads a topic.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
from dataclasses import dataclass, field

import oomparse
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from . import _files, _rows

__all__ = ["DefaultSource", "OomparseDataSource", "from_oomparse"]

SPLIT_SIZE = 128 << 20


@dataclass
class Piece:
    """A file, or a part of one."""

    path: str
    size: int
    start: int | None = None
    end: int | None = None


@dataclass
class Task(InputPartition):
    """What one task reads."""

    pieces: list[Piece] = field(default_factory=list)

    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)


class OomparseDataSource(DataSource):
    """Events of logs."""

    @classmethod
    def name(cls) -> str:
        return "oomparse"

    def schema(self):
        return _rows.spark_schema(_rows.columns_of(self.options))

    def reader(self, schema) -> DataSourceReader:
        return OomparseReader(schema.names, self.options)


class OomparseReader(DataSourceReader):
    """Cuts logs into tasks, and reads one of them."""

    def __init__(self, columns: list[str], options) -> None:
        self.columns = list(columns)
        self.options = dict(options)
        self.is_permissive = _rows.is_permissive(self.options)
        self.listing = _rows.listing_of_pods(self.options)

    def _option(self, name: str) -> str | None:
        return _rows.option(self.options, name)

    def partitions(self) -> list[InputPartition]:
        split = int(self._option("splitSize") or SPLIT_SIZE)
        tasks: list[Task] = []
        for path, size in self._files():
            if size > split and not _files.is_packed(path):
                for start in range(0, size, split):
                    end = min(start + split, size)
                    tasks.append(Task([Piece(path, end - start, start, end)]))
            else:
                tasks.append(Task([Piece(path, size)]))
        return _together(tasks, split) or [Task()]

    def read(self, partition: Task):
        count = _rows.Count()
        for piece in partition.pieces:
            name = piece.path if _files.is_remote(piece.path) else None
            try:
                scan = self._scan(piece)
            except OSError as error:
                if not self.is_permissive:
                    raise
                sentence = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
                yield _rows.error_row(self.columns, piece.path, sentence)
                continue
            yield from _rows.batches_of(scan, name, count)
        count.tell(f"{len(partition.pieces)} files, {partition.size()} bytes")

    def _scan(self, piece: Piece) -> oomparse.Scan:
        given = _rows.arguments(self.options, self.columns, self.listing)
        log = _files.opened(piece.path)
        if piece.start is not None:
            warmup = int(self._option("warmup") or oomparse.WARMUP)
            return oomparse.scan_range(log, piece.start, piece.end, warmup=warmup, **given)
        return oomparse.scan(log, **given)

    def _files(self) -> list[tuple[str, int]]:
        """The files with their sizes, by name. One that is gone since is a row with an error."""
        path = self._option("path")
        if not path:
            raise ValueError("load(path): no path was given")
        recursive = _rows.is_true(self._option("recursiveFileLookup"))
        pattern = self._option("pathGlobFilter")
        found = _files.listed_remote(path, recursive) if _files.is_remote(path) else _files.listed(path, recursive)
        return sorted(it for it in found if not pattern or fnmatch.fnmatch(os.path.basename(it[0]), pattern))


def from_oomparse(records, **options):
    """The events of records that another source of Spark's read, as a data frame.

    ``records`` has the columns ``topic``, ``partition``, ``offset`` and ``value``, as the frame that Spark's own Kafka
    source gives: use it where only the JVM may reach the brokers. A partition's records are put in order and read as one
    log. It does not know what came before them: of a report that is cut by the frame's first or last record, it gives
    what is there. So give it a whole topic, or long ranges of one that overlap, and keep one row of each ``id``.

    ``options`` are those of the data source: ``columns``, ``year``, ``timezone``, ``nodeName``, ``trust``, ``tasks``,
    ``pods``, ``mode``. ``file`` is the partition's name, ``topic-0``.
    """
    options = {name: str(value) for name, value in options.items()}
    columns = _rows.columns_of(options)
    listing = _rows.listing_of_pods(options)

    def events(batches):
        wanted = ("topic", "partition", "value")
        rows = (row for batch in batches for row in zip(*(batch.column(name).to_pylist() for name in wanted)))
        count = _rows.Count()
        for (topic, partition), log in itertools.groupby(rows, key=lambda row: row[:2]):
            lines = (_rows.line_of(value) for _, _, value in log)
            scan = oomparse.scan(lines, **_rows.arguments(options, columns, listing))
            yield from _rows.batches_of(scan, f"{topic}-{partition}", count)

    chosen = records.select("topic", "partition", "offset", "value")
    ordered = chosen.repartition("topic", "partition").sortWithinPartitions("topic", "partition", "offset")
    return ordered.mapInArrow(events, _rows.spark_schema(columns))


def _together(tasks: list[Task], size: int) -> list[Task]:
    """Small tasks packed into one, in order."""
    packed: list[Task] = []
    for task in tasks:
        if packed and packed[-1].size() + task.size() <= size:
            packed[-1].pieces.extend(task.pieces)
        else:
            packed.append(task)
    return packed


#: What Spark looks for.
DefaultSource = OomparseDataSource
