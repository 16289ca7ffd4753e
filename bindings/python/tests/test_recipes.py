"""What docs/fleet.md says about the program in other engines and pipes. The program is in OOMPARSE."""

import gzip
import json
import os
import subprocess
import time

import pytest
from conftest import CASES, KILL, ROOT, other_lines
from test_arrow import plain

pyarrow = pytest.importorskip("pyarrow")

if "OOMPARSE" not in os.environ:
    pytest.skip("no program: OOMPARSE is not set", allow_module_level=True)

PROGRAM = os.environ["OOMPARSE"]


def test_clickhouse_calls_the_program(tmp_path):
    chdb = pytest.importorskip("chdb")
    (tmp_path / "a.log").write_bytes(other_lines(1000) + KILL)
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(KILL + KILL.replace(b"7 (java)", b"8 (ruby)")))
    (tmp_path / "c.log").write_bytes(other_lines(10))
    scripts = ROOT / "integrations" / "clickhouse"
    connection = chdb.connect(f":memory:?user_scripts_path={scripts}")
    paths = ", ".join(f"'{tmp_path}/{name}'" for name in ("a.log", "b.log.gz", "c.log", "nowhere"))
    sql = f"""
        select JSONExtractString(event, 'victim', 'comm') as comm, count() as kills
        from executable('oom_kills.sh', 'LineAsString', 'event String',
                        (select arrayJoin([{paths}])), SETTINGS command_read_timeout = 3600000)
        where JSONExtractString(event, 'type') = 'kill'
        group by comm order by kills desc
    """
    assert str(connection.query(sql, "CSV")).split() == ['"java",2', '"ruby",1']
    none = sql.replace(f"'{tmp_path}/a.log', '{tmp_path}/b.log.gz', ", "")
    assert str(connection.query(none, "CSV")).split() == []


def test_a_scripted_input_prints_each_kill_once(tmp_path):
    """Splunk starts a script, takes what it prints, and starts it again when it ended."""
    log, state = tmp_path / "kern.log", tmp_path / "state"
    script = [PROGRAM, "watch", "--file", str(log), "--since-boot", "--state", str(state), "--no-pods", "--format", "json"]

    def first() -> int:
        with subprocess.Popen(script, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as started:
            line = started.stdout.readline()
            started.terminate()
        return json.loads(line)["victim"]["pid"]

    log.write_bytes(KILL)
    assert first() == 7
    with open(log, "ab") as more:
        more.write(KILL.replace(b"7 (java)", b"8 (ruby)").replace(b"pid=7", b"pid=8").replace(b"[12.", b"[99."))
    assert first() == 8


def test_tables_of_the_program_are_its_json_and_have_the_columns_of_the_package(tmp_path):
    import oomparse
    import pyarrow.ipc
    import pyarrow.parquet

    logs = [str(case / "input.log") for case in sorted(CASES.iterdir())] + [str(tmp_path / "nowhere")]

    def scan(format: str) -> subprocess.CompletedProcess:
        args = [PROGRAM, "scan", "--tasks", "--no-pods", "--sources", "all", "--format", format, *logs]
        return subprocess.run(args, capture_output=True, check=False)

    events = [json.loads(line) for line in scan("json").stdout.splitlines()]
    assert len(events) > 400
    found = {}
    for format in ("parquet", "arrow"):
        done = scan(format)
        assert done.returncode == 2 and b"nowhere: there is no such file" in done.stderr
        (tmp_path / format).write_bytes(done.stdout)
    found["parquet"] = pyarrow.parquet.read_table(tmp_path / "parquet")
    found["arrow"] = pyarrow.ipc.open_stream(tmp_path / "arrow").read_all()
    for table in found.values():
        assert table.schema.equals(pyarrow.schema(oomparse.SCHEMA))
        *rows, last = table.to_pylist()
        assert plain(last) == {"file": logs[-1], "error": "there is no such file"}
        assert len(rows) == len(events)
        for row, event in zip(rows, events):
            row = plain(row)
            assert row.pop("file") in logs
            assert row == plain(event)


def test_duckdb_reads_the_parquet_file_of_the_program(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "a.log").write_bytes(KILL)
    with open(tmp_path / "kills.parquet", "wb") as table:
        subprocess.run([PROGRAM, "scan", "--format", "parquet", str(tmp_path / "a.log")], stdout=table, check=True)
    query = f"select pod.uid, victim.comm, file from '{tmp_path}/kills.parquet' where type = 'kill'"
    assert duckdb.sql(query).fetchall() == [("3962896b-ab69-4572-8f1d-ee756f9f3589", "java", str(tmp_path / "a.log"))]


LOGCLI = """#!/usr/bin/env python3
import json, os, sys
form = sys.argv[sys.argv.index("--output") + 1]
for line in open(os.environ["LINES"]).read().splitlines():
    if form == "jsonl":
        line = json.dumps({"labels": {"job": "node"}, "line": line, "timestamp": "2026-01-05T02:12:03.5Z"})
    elif form == "default":
        line = '2026-01-05T02:12:03Z {job="node"} ' + line
    print(line)
"""


@pytest.mark.parametrize("form", ["raw", "jsonl", "default"])
def test_a_pipe_from_logcli(tmp_path, form):
    """A program that prints as logcli does; a Loki is not there."""
    prefix = b"Jan  5 02:12:02 node-7 kernel: "
    (tmp_path / "lines").write_bytes(b"".join(prefix + line + b"\n" for line in KILL.splitlines()) + other_lines(10))
    (tmp_path / "logcli").write_text(LOGCLI)
    (tmp_path / "logcli").chmod(0o755)
    command = f"""logcli query --quiet --forward --limit 0 --output {form} '{{job="node"}}' | "$OOMPARSE" scan --format json"""
    path = f"{tmp_path}:{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "LINES": str(tmp_path / "lines")}
    done = subprocess.run(command, shell=True, capture_output=True, check=True, env=env)
    [event] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (event["victim"]["pid"], event["host"]) == (7, "node-7")


def test_a_file_that_an_agent_follows_gets_each_kill_once_in_a_whole_line(tmp_path):
    """Alloy's `loki.source.file`, Promtail, Wazuh's `localfile` read such a file line by line."""
    log, out = tmp_path / "kern.log", tmp_path / "oom.ndjson"
    command = [PROGRAM, "watch", "--file", str(log), "--since-boot", "--state", str(tmp_path / "state"), "--no-pods"]
    text = KILL
    for count in (1, 2):
        log.write_bytes(text)
        with open(out, "ab") as to, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=to) as watch:
            end = time.monotonic() + 30
            while out.read_bytes().count(b"\n") < count and time.monotonic() < end:
                time.sleep(0.05)
            watch.terminate()
        assert [json.loads(line)["victim"]["pid"] for line in out.read_bytes().splitlines()] == [7, 8][:count]
        text += KILL.replace(b"7 (java)", b"8 (ruby)").replace(b"pid=7", b"pid=8").replace(b"[12.", b"[99.")
