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
``pathGlobFilter``           a pattern that a file's name must match.
``recursiveFileLookup``      ``true`` reads directories in directories.
============================ ==========================================================================================

Files are listed and read by Python: paths on disk by this package itself, others (``s3://``, ``gs://``, ``hdfs://``)
through ``pyarrow.fs``, with its credentials. Those that the JVM was given are not used.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from dataclasses import dataclass, field

import oomparse
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

__all__ = ["DefaultSource", "OomparseDataSource"]

SPLIT_SIZE = 128 << 20

#: How what cannot be cut begins.
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"\x04\x22\x4d\x18", b"PK\x03\x04", b"LPKSHHRH", b"*M\x18")


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


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

    def _columns(self) -> list[str]:
        chosen = self.options.get("columns")
        if chosen:
            return [name.strip() for name in chosen.split(",")]
        keeps_tasks = _is_true(self.options.get("tasks"))
        return [name for name in oomparse.SCHEMA.names if keeps_tasks or name != "tasks"]

    def schema(self):
        import pyarrow
        from pyspark.sql.pandas.types import from_arrow_schema

        whole = pyarrow.schema(oomparse.SCHEMA)
        unknown = set(self._columns()) - set(whole.names)
        if unknown:
            raise ValueError(f"columns: there is no {', '.join(sorted(unknown))}")
        return from_arrow_schema(pyarrow.schema([whole.field(name) for name in self._columns()]))

    def reader(self, schema) -> DataSourceReader:
        return OomparseReader(schema.names, self.options)


class OomparseReader(DataSourceReader):
    """Cuts logs into tasks, and reads one of them."""

    def __init__(self, columns: list[str], options) -> None:
        self.columns = list(columns)
        self.options = dict(options)
        self.pods = None
        if self.options.get("pods"):
            with open(self.options["pods"], "rb") as listing:
                self.pods = listing.read()

    def _option(self, name: str) -> str | None:
        # Spark hands options on in lower case.
        return self.options.get(name, self.options.get(name.lower()))

    def partitions(self) -> list[InputPartition]:
        split = int(self._option("splitSize") or SPLIT_SIZE)
        tasks: list[Task] = []
        for path, size in self._files():
            if size > split and not _is_packed(path):
                for start in range(0, size, split):
                    end = min(start + split, size)
                    tasks.append(Task([Piece(path, end - start, start, end)]))
            else:
                tasks.append(Task([Piece(path, size)]))
        return _together(tasks, split) or [Task()]

    def read(self, partition: Task):
        import pyarrow

        for piece in partition.pieces:
            scan = self._scan(piece)
            for batch in pyarrow.RecordBatchReader.from_stream(scan):
                if batch.num_rows > 0:
                    yield batch

    def _scan(self, piece: Piece) -> oomparse.Scan:
        year = self._option("year")
        mode = (self._option("mode") or "PERMISSIVE").upper()
        if mode not in ("PERMISSIVE", "FAILFAST"):
            raise ValueError(f"mode is PERMISSIVE or FAILFAST, not {mode}")
        pods = None
        if self.pods is not None:
            pods = oomparse.Pods()
            pods.load(self.pods)
        given = {
            "year": int(year) if year else None,
            "timezone": self._option("timezone"),
            "node_name": self._option("nodeName"),
            "trust": self._option("trust") or "any",
            "tasks": _is_true(self._option("tasks")) or "tasks" in self.columns,
            "pods": pods,
            "columns": self.columns,
            "on_error": "raise" if mode == "FAILFAST" else "row",
        }
        if piece.start is not None:
            warmup = int(self._option("warmup") or oomparse.WARMUP)
            return oomparse.scan_range(piece.path, piece.start, piece.end, warmup=warmup, **given)
        return oomparse.scan(_opened(piece.path), **given)

    def _files(self) -> list[tuple[str, int]]:
        """The files with their sizes, by name. One that is gone since is a row with an error."""
        path = self._option("path")
        if not path:
            raise ValueError("load(path): no path was given")
        recursive = _is_true(self._option("recursiveFileLookup"))
        pattern = self._option("pathGlobFilter")
        found = _listed_remote(path, recursive) if _is_remote(path) else _listed(path, recursive)
        return sorted(it for it in found if not pattern or fnmatch.fnmatch(os.path.basename(it[0]), pattern))


def _is_remote(path: str) -> bool:
    return "://" in path and not path.startswith("file://")


def _listed(path: str, recursive: bool):
    path = path.removeprefix("file://")
    names = sorted(glob.glob(path)) or [path]
    for name in names:
        if not os.path.isdir(name):
            yield name, os.path.getsize(name) if os.path.exists(name) else 0
            continue
        for directory, _, files in os.walk(name):
            for file in files:
                whole = os.path.join(directory, file)
                yield whole, os.path.getsize(whole)
            if not recursive:
                break


def _listed_remote(path: str, recursive: bool):
    from pyarrow import fs

    # pyarrow calls S3 s3, whatever Hadoop calls it.
    path = path.replace("s3a://", "s3://", 1)
    scheme = path.split("://", 1)[0]
    fixed = path.split("*", 1)[0]
    fixed = fixed if fixed == path else fixed.rsplit("/", 1)[0]
    system, base = fs.FileSystem.from_uri(fixed)
    info = system.get_file_info(base)
    if info.type == fs.FileType.File:
        yield path, info.size
        return
    wanted = path.split("://", 1)[1]
    for info in system.get_file_info(fs.FileSelector(base, recursive=recursive or fixed != path)):
        if info.type == fs.FileType.File and (fixed == path or fnmatch.fnmatch(info.path, wanted)):
            yield f"{scheme}://{info.path}", info.size


def _opened(path: str):
    if not _is_remote(path):
        return path
    from pyarrow import fs

    system, base = fs.FileSystem.from_uri(path)
    return system.open_input_file(base)


def _is_packed(path: str) -> bool:
    """Whether a large file is read whole: what is packed cannot be cut, and what is not on disk is not."""
    if _is_remote(path):
        return True
    with open(path, "rb") as log:
        first = log.read(512)
    return first.startswith(PACKED) or first[1:4] == b"*M\x18" or first[257:262] == b"ustar"


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
