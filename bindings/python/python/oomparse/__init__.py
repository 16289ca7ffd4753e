"""Typed events from the Linux kernel's OOM killer reports, in any log.

>>> import oomparse
>>> for event in oomparse.scan("/var/log/kern.log"):
...     print(event["victim"]["comm"], event.get("pod", {}).get("uid"))

What an event has is told by https://github.com/oomparse/oomparse/blob/main/docs/schema.md; what the log does not show is
absent. A scan is also a stream of Arrow batches, which DuckDB, Polars, pyarrow and DataFusion take as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._oomparse import (
    SCHEMA,
    WARMUP,
    Filter,
    Parser,
    Pods,
    Scan,
    ScanError,
    __version__,
    parse_cgroup,
)

if TYPE_CHECKING:
    import datetime
    import os
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO, Literal, Union

    Log = Union[str, os.PathLike[str], BinaryIO, Iterable[bytes], Sequence[Union[str, os.PathLike[str]]]]

__all__ = [
    "SCHEMA",
    "WARMUP",
    "Filter",
    "Parser",
    "Pods",
    "Scan",
    "ScanError",
    "__version__",
    "parse_cgroup",
    "scan",
    "scan_range",
]


def scan(
    source: Log,
    *,
    year: int | None = None,
    timezone: str | datetime.tzinfo | None = None,
    node_name: str | None = None,
    pods: Pods | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    tasks: bool = False,
    trust: Literal["any", "kernel", "proven"] = "any",
    sources: str | Sequence[str] | None = None,
    origin: str | None = None,
    cgroup_roots: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    on_error: Literal["raise", "row"] = "raise",
) -> Scan:
    """The events of logs.

    ``source`` is a path (of a directory: the files in it), a list of paths, a file that is open for reading bytes, or
    an iterable of bytes. Logs that are packed with gzip, zstd, xz, bzip2 or lz4 are read as they are. What comes out
    can be asked for its events again and again, unless a file object or an iterable gives them: those are read once.

    ``year`` and ``timezone`` (a name as ``Europe/Berlin``, an offset as ``+08:00``, a ``tzinfo``) are of lines that
    show none, ``node_name`` is the host of lines that show none.

    ``pods`` names pods: a `Pods`, or the paths of listings and directories.

    ``tasks`` keeps the table of all processes of a report.

    ``trust`` says whose lines make events: ``any`` all but what a program is known to have written, ``kernel`` what the
    log says to be the kernel's, ``proven`` what nobody else can have written.

    ``sources`` are daemons whose lines are read beside the kernel's, by name (``earlyoom``, ``kubelet``), or ``all``;
    ``origin`` is the daemon whose log it is where its lines do not say so.

    ``cgroup_roots`` are cgroups of users or services below which a cluster lives.

    ``columns`` are the top-level columns that the Arrow stream has; it does not change the dicts.

    ``on_error`` says what comes of a log that cannot be read to its end, after the events that stand before that: with
    ``raise`` a `ScanError`, with ``row`` a row with the log's name in ``file`` and a sentence in ``error``, and the next
    log is read.
    """
    return Scan(
        source,
        columns=columns,
        on_error=on_error,
        year=year,
        timezone=timezone,
        node_name=node_name,
        pods=pods,
        tasks=tasks,
        trust=trust,
        sources=sources,
        origin=origin,
        cgroup_roots=cgroup_roots,
    )


def scan_range(
    log: str | os.PathLike[str] | BinaryIO,
    start: int,
    end: int,
    *,
    warmup: int = WARMUP,
    max_report_len: int | None = None,
    year: int | None = None,
    timezone: str | datetime.tzinfo | None = None,
    node_name: str | None = None,
    pods: Pods | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    tasks: bool = False,
    trust: Literal["any", "kernel", "proven"] = "any",
    sources: str | Sequence[str] | None = None,
    origin: str | None = None,
    cgroup_roots: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    on_error: Literal["raise", "row"] = "raise",
) -> Scan:
    """The events that leave in bytes ``start`` up to before ``end`` of one plain file.

    ``log`` is a path, or a file that is open for reading bytes and can seek; such a file is read once.

    The parts of a file give together what the whole gives, however it is cut. ``warmup`` bytes before ``start`` are read
    for what is open there: four times ``max_report_len``, the bytes of the log after which a report leaves with what it
    has (8 MiB). With a smaller ``warmup`` a report of a host that was silent for long may be lost, unless
    ``max_report_len`` is smaller too, for all parts. The other arguments are those of `scan`.
    """
    return Scan(
        log,
        part=(start, end, warmup),
        max_report_len=max_report_len,
        columns=columns,
        on_error=on_error,
        year=year,
        timezone=timezone,
        node_name=node_name,
        pods=pods,
        tasks=tasks,
        trust=trust,
        sources=sources,
        origin=origin,
        cgroup_roots=cgroup_roots,
    )
