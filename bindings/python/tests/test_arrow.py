"""The stream of batches, and the engines that take it."""

import datetime
import gzip
import json
import re

import oomparse
import pytest
from conftest import CASES, KILL, ROOT, UID, other_lines, snapshot

pyarrow = pytest.importorskip("pyarrow")


def table(scan):
    return pyarrow.RecordBatchReader.from_stream(scan).read_all()


def paths(value, at=""):
    """The fields of an event, as the table of docs/schema.md writes them."""
    if at in ("pod.labels", "memcg_stats[].values") or not isinstance(value, (dict, list)):
        yield at
    elif isinstance(value, dict):
        for key, within in value.items():
            yield from paths(within, f"{at}.{key}" if at else key)
    elif value and isinstance(value[0], dict):
        for within in value:
            yield from paths(within, f"{at}[]")
    else:
        yield at


def columns(fields, at=""):
    for field in fields:
        path = f"{at}.{field.name}" if at else field.name
        kind = field.type
        if pyarrow.types.is_struct(kind):
            yield from columns(kind, path)
        elif pyarrow.types.is_list(kind) and pyarrow.types.is_struct(kind.value_type):
            yield from columns(kind.value_type, f"{path}[]")
        else:
            yield path, kind


def documented():
    text = (ROOT / "docs" / "schema.md").read_text()
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `")]
    return {name.strip().strip("`"): (kind.strip().strip("`"), unit.strip()) for name, kind, unit in rows}


def test_the_schema_is_the_document():
    schema = pyarrow.schema(oomparse.SCHEMA)
    assert schema.names == oomparse.SCHEMA.names
    found = dict(columns(schema))
    assert found.pop("file") == found.pop("error") == pyarrow.string()
    known = documented()
    known.pop("others")
    assert list(found) == list(known) or sorted(found) == sorted(known)
    kinds = {
        "string": pyarrow.string(),
        "number": pyarrow.int64(),
        "bool": pyarrow.bool_(),
        "true": pyarrow.bool_(),
        "array of string": pyarrow.list_(pyarrow.string()),
    }
    for name, (kind, unit) in known.items():
        if unit == "RFC 3339":
            assert found[name] == pyarrow.timestamp("us", "UTC"), name
        elif unit == "%":
            assert found[name] == pyarrow.float64(), name
        elif kind == "object":
            assert pyarrow.types.is_map(found[name]), name
        else:
            assert found[name] == kinds[kind], name


#: The fields that are times; what they are written in differs.
TIMES = {name.split(".")[-1] for name, (_, unit) in documented().items() if unit == "RFC 3339"}


def moment(time) -> datetime.datetime:
    if isinstance(time, datetime.datetime):
        return time.astimezone(datetime.timezone.utc)
    # Of a second's digits a column keeps six.
    text = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), time.replace("Z", "+00:00"))
    return datetime.datetime.fromisoformat(text).astimezone(datetime.timezone.utc)


def plain(value):
    """A row as the dict has it: without what is null, maps as dicts, times as the same text."""
    if isinstance(value, dict):
        there = {key: within for key, within in value.items() if within is not None}
        return {key: moment(within) if key in TIMES else plain(within) for key, within in there.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            return {key: plain(within) for key, within in value}
        # A map that is empty and a list that is empty look the same in a row.
        return [plain(within) for within in value] or {}
    return value


def test_every_event_of_the_corpus_comes_through():
    logs = sorted(str(path / "input.log") for path in CASES.iterdir())
    known = {name for name, _ in columns(pyarrow.schema(oomparse.SCHEMA))}
    events = list(oomparse.scan(logs, tasks=True, sources="all"))
    assert len(events) > 400
    rows = table(oomparse.scan(logs, tasks=True, sources="all")).to_pylist()
    assert len(rows) == len(events)
    for row, event in zip(rows, events):
        assert set(paths(event)) <= known
        assert plain(row) == plain(event)


def test_times_are_utc():
    line = b"Jul  5 02:12:03 n1 kernel: Out of memory: Killed process 7 (java)\n"
    [row] = table(oomparse.scan([line], year=2023, timezone="+08:00")).to_pylist()
    assert row["time"].isoformat() == "2023-07-04T18:12:03+00:00"


def test_what_no_column_can_hold_is_null():
    line = b"[1.0] Killed process 7 (a) total-vm:18014398509481983kB, anon-rss:4kB, file-rss:0kB\n"
    [event] = oomparse.scan([line])
    [row] = table(oomparse.scan([line])).to_pylist()
    assert event["victim"]["total_vm_bytes"] > 1 << 63
    assert row["victim"]["total_vm_bytes"] is None
    assert row["victim"]["anon_rss_bytes"] == 4096


def test_columns_are_chosen(log):
    found = table(oomparse.scan(log, columns=["victim", "file"]))
    assert found.schema.names == ["victim", "file"]
    assert table(oomparse.scan(log, columns=[])).num_rows == 1


def test_troubles_are_rows_or_an_error(tmp_path, log):
    bad = tmp_path / "cut.gz"
    bad.write_bytes(gzip.compress(KILL + other_lines(50_000))[:-100])
    rows = table(oomparse.scan([bad, log], on_error="row")).to_pylist()
    assert [row["type"] for row in rows] == ["kill", None, "kill"]
    assert "cut or damaged" in rows[1]["error"] and rows[1]["file"] == str(bad)
    with pytest.raises(Exception, match="cut or damaged"):
        table(oomparse.scan([bad, log]))


def test_what_a_reader_raises_ends_the_stream():
    def chunks():
        yield KILL
        raise KeyError("the second chunk")

    with pytest.raises(Exception, match="the second chunk"):
        table(oomparse.scan(chunks(), on_error="row"))


def test_no_event_is_an_empty_table_with_the_schema(tmp_path):
    path = tmp_path / "empty.log"
    path.write_bytes(b"")
    found = table(oomparse.scan(path))
    assert found.num_rows == 0
    assert found.schema == pyarrow.schema(oomparse.SCHEMA)


def test_many_batches():
    log = b"".join(b"[%d.0] Killed process %d (a)\n" % (at * 100, at) for at in range(1, 20_000))
    reader = pyarrow.RecordBatchReader.from_stream(oomparse.scan([log]))
    pids = [pid for batch in reader for pid in batch.column("victim").field("pid").to_pylist()]
    assert pids == list(range(1, 20_000))


def test_duckdb(log):
    duckdb = pytest.importorskip("duckdb")
    kills = oomparse.scan([log, log])
    sql = "select pod.uid, count(*), max(victim.anon_rss_bytes) from kills where type = 'kill' group by 1"
    assert duckdb.sql(sql).fetchall() == [(UID, 2, 4096)]
    assert duckdb.sql("select count(*) from kills").fetchall() == [(2,)]
    once = oomparse.scan(iter([KILL]))
    assert duckdb.sql("select victim.comm from once").fetchall() == [("java",)]


def test_polars(log):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(oomparse.scan([log, log], columns=["type", "pod", "victim", "file"]))
    found = frame.select(polars.col("victim").struct.field("anon_rss_bytes").sum()).item()
    assert (frame.height, found) == (2, 8192)
    assert polars.DataFrame(oomparse.scan(CASES / "077-rhel9-crio" / "input.log")).height >= 1


def test_datafusion(log):
    datafusion = pytest.importorskip("datafusion")
    context = datafusion.SessionContext()
    context.from_arrow(oomparse.scan([log, log]), name="kills")
    [batch] = context.sql("select count(*) as n from kills where type = 'kill'").collect()
    assert batch.column(0).to_pylist() == [2]


def test_chdb(log):
    chdb = pytest.importorskip("chdb")
    kills = table(oomparse.scan([log, log], columns=["type", "victim", "file"]))
    assert kills.num_rows == 2
    sql = "select victim.comm, count() from Python(kills) where type = 'kill' group by 1"
    assert str(chdb.query(sql, "CSV")).strip() == '"java",2'


def test_pandas_by_pyarrow(log):
    pytest.importorskip("pandas")
    frame = table(oomparse.scan(log)).to_pandas()
    assert frame["victim"][0]["pid"] == 7
    assert json.loads(json.dumps(snapshot("077-rhel9-crio")))
