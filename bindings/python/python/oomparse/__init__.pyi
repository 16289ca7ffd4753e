import datetime
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Literal, TypedDict, Union

Path = Union[str, os.PathLike[str]]
Log = Union[Path, BinaryIO, Iterable[bytes], Sequence[Path]]
Trust = Literal["any", "kernel", "proven"]
OnError = Literal["raise", "row"]

__version__: str
WARMUP: int
SCHEMA: Schema

class Source(TypedDict, total=False):
    path: str
    path_hex: str

class Invoker(TypedDict, total=False):
    comm: str
    comm_hex: str
    pid: int
    uid: int
    gfp_mask: str
    gfp_flags: str
    gfp_flags_hex: str
    order: int
    oom_score_adj: int
    nodemask: str

class Selected(TypedDict, total=False):
    pid: int
    comm: str
    comm_hex: str
    oom_score: int

class Victim(TypedDict, total=False):
    pid: int
    comm: str
    comm_hex: str
    uid: int
    total_vm_bytes: int
    rss_bytes: int
    swap_bytes: int
    anon_rss_bytes: int
    file_rss_bytes: int
    shmem_rss_bytes: int
    pgtables_bytes: int
    oom_score_adj: int
    oom_score: int
    cmdline: str

class Victims(TypedDict, total=False):
    pid: int
    comm: str

class Cgroup(TypedDict, total=False):
    task_memcg: str
    task_memcg_hex: str
    oom_memcg: str
    oom_memcg_hex: str
    driver: str
    limit_level: str

class Pod(TypedDict, total=False):
    uid: str
    qos_class: str
    nested: Literal[True]
    namespace: str
    name: str
    node: str
    owner: str
    labels: dict[str, str]
    source: str

class Container(TypedDict, total=False):
    id: str
    id_prefix: str
    runtime: str
    name: str

class OpenVz(TypedDict, total=False):
    ctid: str

class Cause(TypedDict, total=False):
    kind: str
    pressure_percent: float
    limit_percent: float
    duration_us: int
    monitored_cgroup: str

class System(TypedDict, total=False):
    memory_used_bytes: int
    memory_total_bytes: int
    swap_used_bytes: int
    swap_total_bytes: int

class Init(TypedDict, total=False):
    pid: int
    exit_code: int
    time: str

class Counter(TypedDict, total=False):
    usage_bytes: int
    limit_bytes: int
    failcnt: int
    threshold_bytes: int

class MemcgStats(TypedDict, total=False):
    path: str
    path_hex: str
    values: dict[str, int]

class Meminfo(TypedDict, total=False):
    ram_pages: int
    highmem_pages: int
    reserved_pages: int
    free_pages: int
    active_anon_pages: int
    inactive_anon_pages: int
    active_file_pages: int
    inactive_file_pages: int
    unevictable_pages: int
    dirty_pages: int
    writeback_pages: int
    slab_reclaimable_pages: int
    slab_unreclaimable_pages: int
    mapped_pages: int
    shmem_pages: int
    pagetables_pages: int
    pagecache_pages: int
    swapcache_pages: int
    free_swap_bytes: int
    total_swap_bytes: int

class TaskRow(TypedDict, total=False):
    pid: int
    tgid: int
    uid: int
    total_vm_pages: int
    rss_pages: int
    rss_anon_pages: int
    rss_file_pages: int
    rss_shmem_pages: int
    nr_ptes_pages: int
    nr_pmds_pages: int
    pgtables_bytes: int
    swapents_pages: int
    cpu: int
    oom_adj: int
    oom_score_adj: int
    comm: str
    comm_hex: str

class Reaped(TypedDict, total=False):
    anon_rss_bytes: int
    file_rss_bytes: int
    shmem_rss_bytes: int

class Event(TypedDict, total=False):
    schema: str
    type: str
    id: str
    report_id: str
    origin: str
    killer: str
    reporter: str
    stage: str
    signal: str
    first_signal: str
    action: str
    outcome: str
    time: str
    time_estimated: Literal[True]
    kernel_time_us: int
    host: str
    host_hex: str
    kernel_release: str
    kernel_release_hex: str
    source: Source
    scope: str
    constraint: str
    constraint_hex: str
    oom_group: bool
    invoker: Invoker
    selected: Selected
    victim: Victim
    victims: list[Victims]
    process_count: int
    inferred: bool
    cgroup: Cgroup
    pod: Pod
    container: Container
    openvz: OpenVz
    cause: Cause
    system: System
    unit: str
    unit_result: str
    resource: str
    init: Init
    uid: str
    event: Event
    reason: str
    object.kind: str
    object.name: str
    object.namespace: str
    component: str
    verb: str
    count: int
    memory: Counter
    memory_swap: Counter
    swap: Counter
    kmem: Counter
    memcg_stats: list[MemcgStats]
    meminfo: Meminfo
    tasks: list[TaskRow]
    reaped: Reaped
    suppressed_reports: int
    evidence: list[str]
    truncated: list[str]
    file: str
    error: str

class CgroupPath(TypedDict, total=False):
    driver: str
    qos_class: str
    runtime: str
    level: str
    pod_uid: str
    container_id: str
    nested: Literal[True]

class ScanError(OSError):
    file: str | None
    line: int
    byte: int

class Schema:
    @property
    def names(self) -> list[str]: ...
    def __arrow_c_schema__(self) -> Any: ...

class Events(Iterator[Event]):
    def __iter__(self) -> Events: ...
    def __next__(self) -> Event: ...

class Scan(Iterable[Event]):
    def __iter__(self) -> Events: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

class Pods:
    def __init__(self, *paths: Path, keep_labels: Sequence[str] | None = None) -> None: ...
    def load(self, listing: str | bytes) -> int: ...
    def __len__(self) -> int: ...

class Parser:
    def __init__(
        self,
        *,
        year: int | None = None,
        timezone: str | datetime.tzinfo | None = None,
        node_name: str | None = None,
        boot_id: str | None = None,
        pods: Pods | Path | Sequence[Path] | None = None,
        tasks: bool = False,
        trust: Trust = "any",
        sources: str | Sequence[str] | None = None,
        origin: str | None = None,
        cgroup_roots: Sequence[str] | None = None,
    ) -> None: ...
    def push(self, chunk: bytes) -> list[Event]: ...
    def push_line(self, line: str | bytes) -> list[Event]: ...
    def flush(self) -> list[Event]: ...
    def finish(self) -> list[Event]: ...

class Filter:
    def __init__(
        self,
        *,
        key: str | Sequence[str] | None = None,
        stream_key: str | None = None,
        since: float | None = None,
        year: int | None = None,
        timezone: str | datetime.tzinfo | None = None,
        node_name: str | None = None,
        boot_id: str | None = None,
        pods: Pods | Path | Sequence[Path] | None = None,
        tasks: bool = False,
        trust: Trust = "kernel",
        cgroup_roots: Sequence[str] | None = None,
    ) -> None: ...
    def process(
        self,
        record: dict[str, Any] | str | bytes,
        *,
        stream: str | bytes | None = None,
        time: float | None = None,
    ) -> Event | None: ...
    def late(self) -> list[Event]: ...
    def finish(self) -> list[Event]: ...
    @property
    def dropped(self) -> int: ...

def parse_cgroup(path: str | bytes) -> CgroupPath: ...
def scan(
    source: Log,
    *,
    year: int | None = None,
    timezone: str | datetime.tzinfo | None = None,
    node_name: str | None = None,
    pods: Pods | Path | Sequence[Path] | None = None,
    tasks: bool = False,
    trust: Trust = "any",
    sources: str | Sequence[str] | None = None,
    origin: str | None = None,
    cgroup_roots: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    on_error: OnError = "raise",
) -> Scan: ...
def scan_range(
    log: Path | BinaryIO,
    start: int,
    end: int,
    *,
    warmup: int = ...,
    max_report_len: int | None = None,
    year: int | None = None,
    timezone: str | datetime.tzinfo | None = None,
    node_name: str | None = None,
    pods: Pods | Path | Sequence[Path] | None = None,
    tasks: bool = False,
    trust: Trust = "any",
    sources: str | Sequence[str] | None = None,
    origin: str | None = None,
    cgroup_roots: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    on_error: OnError = "raise",
) -> Scan: ...
