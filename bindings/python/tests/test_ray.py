"""The package in Ray's workers."""

import gzip
import os

import pytest
from conftest import KILL, UID, other_lines

pyarrow = pytest.importorskip("pyarrow")
ray = pytest.importorskip("ray")
pytest.importorskip("ray.data")


@pytest.fixture
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False)
    yield
    ray.shutdown()


def test_batches_of_paths_become_batches_of_events(cluster, tmp_path):
    logs = {"a.log": KILL, "b.log.gz": gzip.compress(other_lines(1000) + KILL), "c.log": other_lines(10)}
    logs["cut.gz"] = gzip.compress(KILL + other_lines(20_000))[:-100]
    for name, log in logs.items():
        (tmp_path / name).write_bytes(log)
    paths = [str(tmp_path / name) for name in [*logs, "nowhere"]]

    def events(batch):
        import oomparse
        import pyarrow

        columns = ["type", "time", "host", "victim", "pod", "file", "error"]
        scan = oomparse.scan(batch["path"].to_pylist(), columns=columns, on_error="row")
        return pyarrow.RecordBatchReader.from_stream(scan).read_all()

    found = ray.data.from_items([{"path": path} for path in paths])
    rows = found.map_batches(events, batch_format="pyarrow", batch_size=2).take_all()
    kills = sorted(os.path.basename(row["file"]) for row in rows if row["type"] == "kill" and row["pod"]["uid"] == UID)
    assert kills == ["a.log", "b.log.gz", "cut.gz"]
    assert {os.path.basename(row["file"]) for row in rows if row["error"]} == {"cut.gz", "nowhere"}
