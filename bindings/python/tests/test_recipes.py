"""What docs/fleet.md says about the program in other engines and pipes. The program is in OOMPARSE."""

import gzip
import json
import os
import subprocess

import pytest
from conftest import KILL, ROOT, other_lines

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
