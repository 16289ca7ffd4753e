"""What both of Spark's data sources and `from_oomparse` have in common: options, columns, rows, a line about each task."""

from __future__ import annotations

import json
import sys
import time

import oomparse

from . import _files


def is_true(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


def option(options, name: str) -> str | None:
    # Spark hands options on in lower case.
    return options.get(name, options.get(name.lower()))


def columns_of(options) -> list[str]:
    """The names of the columns that are asked for."""
    chosen = option(options, "columns")
    if chosen:
        return [name.strip() for name in chosen.split(",")]
    keeps_tasks = is_true(option(options, "tasks"))
    return [name for name in oomparse.SCHEMA.names if keeps_tasks or name != "tasks"]


def arrow_schema(columns: list[str]):
    import pyarrow

    whole = pyarrow.schema(oomparse.SCHEMA)
    unknown = set(columns) - set(whole.names)
    if unknown:
        raise ValueError(f"columns: there is no {', '.join(sorted(unknown))}")
    return pyarrow.schema([whole.field(name) for name in columns])


def spark_schema(columns: list[str]):
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(arrow_schema(columns))


def is_permissive(options) -> bool:
    mode = (option(options, "mode") or "PERMISSIVE").upper()
    if mode not in ("PERMISSIVE", "FAILFAST"):
        raise ValueError(f"mode is PERMISSIVE or FAILFAST, not {mode}")
    return mode == "PERMISSIVE"


def listing_of_pods(options) -> bytes | None:
    """Read by the driver, and handed to the tasks."""
    path = option(options, "pods")
    if not path:
        return None
    with open(path, "rb") if not _files.is_remote(path) else _files.opened(path) as listing:
        return listing.read()


def arguments(options, columns: list[str], listing: bytes | None) -> dict:
    """The arguments of `oomparse.scan`."""
    year = option(options, "year")
    pods = None
    if listing is not None:
        pods = oomparse.Pods()
        pods.load(listing)
    sources = option(options, "sources")
    if sources and sources != "all":
        sources = [name.strip() for name in sources.split(",")]
    return {
        "sources": sources,
        "year": int(year) if year else None,
        "timezone": option(options, "timezone"),
        "node_name": option(options, "nodeName"),
        "trust": option(options, "trust") or "any",
        "tasks": is_true(option(options, "tasks")) or "tasks" in columns,
        "pods": pods,
        "columns": columns,
        "on_error": "row" if is_permissive(options) else "raise",
    }


def batches_of(scan: oomparse.Scan, name: str | None, count: Count):
    """A scan's batches; `name` is the log's, where the scan does not know it."""
    import pyarrow

    for batch in pyarrow.RecordBatchReader.from_stream(scan):
        if batch.num_rows == 0:
            continue
        count.rows += batch.num_rows
        if name is not None and "file" in batch.schema.names:
            at = batch.schema.names.index("file")
            names = pyarrow.array([name] * batch.num_rows, pyarrow.string())
            batch = batch.set_column(at, batch.schema.field(at), names)
        yield batch


def error_row(columns: list[str], name: str, sentence: str):
    """A log that could not be opened."""
    import pyarrow

    row = {"file": name, "error": sentence}
    schema = arrow_schema(columns)
    return pyarrow.RecordBatch.from_pylist([{it: row.get(it) for it in columns}], schema=schema)


def line_of(value: bytes | str | None, host: bytes | None = None) -> bytes:
    """A record of a topic as one line of a log.

    ``host`` is that of a record that may not name its own. What stands after a line end in a record was written by who
    wrote its first line, so it stays in one record, as a shipper writes such a text.
    """
    value = (value.encode() if isinstance(value, str) else bytes(value or b"")).rstrip(b"\r\n")
    if value.lstrip().startswith(b"{"):
        return value.replace(b"\n", b" ") + b"\n"
    if not host and b"\n" not in value:
        return value + b"\n"
    record = {"host": host.decode("utf-8", "replace")} if host else {}
    record["message"] = value.decode("utf-8", "surrogateescape")
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n"


class Count:
    """What a task read. `tell` writes it to the task's log, which is the worker's standard error."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.rows = 0

    def tell(self, what: str) -> None:
        seconds = time.monotonic() - self.start
        print(f"oomparse: {what}, {self.rows} rows, {seconds:.2f} s", file=sys.stderr, flush=True)
