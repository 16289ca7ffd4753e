"""Logs in, dicts out."""

import bz2
import datetime
import gzip
import importlib.metadata
import io
import itertools
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tarfile
import tomllib

import oomparse
import pytest
from conftest import CASES, GIBIBYTE, KILL, UID, as_nobody, other_lines, snapshot, write_line_of_a_gibibyte


def cases():
    """The cases of the corpus whose options a scan has."""
    known = {"year", "utc_offset_minutes", "host", "boot_id", "tasks", "cgroup_roots"}
    for directory in sorted(CASES.iterdir()):
        about = tomllib.loads((directory / "case.toml").read_text())
        options = about.get("options", {})
        if set(options) <= known and "pods" not in about:
            yield directory, options


def arguments(options):
    given = {key: options[key] for key in ("year", "tasks", "cgroup_roots") if key in options}
    if "utc_offset_minutes" in options:
        offset = datetime.timedelta(minutes=options["utc_offset_minutes"])
        given["timezone"] = datetime.timezone(offset)
    if "host" in options:
        given["node_name"] = options["host"]
    return given


def test_every_case_of_the_corpus_is_what_its_snapshot_says():
    read = 0
    for directory, options in cases():
        if "boot_id" in options:
            continue
        events = list(oomparse.scan(directory / "input.log", **arguments(options)))
        for event in events:
            assert event.pop("file") == str(directory / "input.log")
        assert events == snapshot(directory.name), directory.name
        parser = oomparse.Parser(**arguments(options))
        log = (directory / "input.log").read_bytes()
        pieces = [parser.push(log[at : at + 1000]) for at in range(0, len(log), 1000)]
        assert [*itertools.chain(*pieces), *parser.finish()] == events, directory.name
        read += 1
    assert read > 250


def test_keys_stand_in_the_order_of_the_record(log):
    [event] = oomparse.scan(log)
    assert list(event)[:3] == ["schema", "type", "id"]
    assert event["victim"] == {"pid": 7, "comm": "java", "uid": 0, "total_vm_bytes": 8192, "anon_rss_bytes": 4096, "file_rss_bytes": 0}


def zstd(log: bytes) -> bytes:
    import pyarrow

    return pyarrow.compress(log, codec="zstd", asbytes=True)


PACKERS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_logs_give_what_plain_ones_give(tmp_path, packer):
    if packer == "zstd":
        pytest.importorskip("pyarrow")
    packed = PACKERS[packer](other_lines(1000) + KILL)
    path = tmp_path / "log"
    path.write_bytes(packed)
    sources = [
        path,
        str(path),
        open(path, "rb"),
        io.BytesIO(packed),
        [packed],
        [packed[:1], b"", packed[1:]],
        (packed[at : at + 7] for at in range(0, len(packed), 7)),
    ]
    for source in sources:
        [event] = oomparse.scan(source)
        assert event["pod"]["uid"] == UID


def test_a_directory_and_a_list_of_paths(tmp_path):
    for name in ("b.log", "a.log"):
        (tmp_path / name).write_bytes(KILL)
    (tmp_path / "below").mkdir()
    files = [event["file"] for event in oomparse.scan(tmp_path)]
    assert files == [str(tmp_path / "a.log"), str(tmp_path / "b.log")]
    listed = [tmp_path / "b.log", str(tmp_path / "a.log")]
    assert [event["file"] for event in oomparse.scan(listed)] == [str(path) for path in listed]


def test_a_path_is_read_anew_and_an_iterable_once(log):
    scan = oomparse.scan(log)
    assert len(list(scan)) == len(list(scan)) == 1
    once = oomparse.scan(iter([KILL]))
    assert len(list(once)) == 1
    with pytest.raises(ValueError, match="read already"):
        list(once)


def test_the_logs_in_an_archive(tmp_path):
    path = tmp_path / "bundle.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, log in [("a.log", KILL), ("b.log.gz", gzip.compress(KILL)), ("cut.gz", gzip.compress(KILL + other_lines(9_000))[:-40])]:
            member = tarfile.TarInfo(name)
            member.size = len(log)
            archive.addfile(member, io.BytesIO(log))
    rows = list(oomparse.scan(path, on_error="row"))
    assert [(row["file"], row.get("type")) for row in rows if "error" not in row] == [(f"{path}: {name}", "kill") for name in ("a.log", "b.log.gz", "cut.gz")]
    assert rows[0]["source"] == {"path": f"{path}: a.log"}
    [trouble] = [row for row in rows if "error" in row]
    assert trouble["file"] == f"{path}: cut.gz"


def test_years_and_zones(tmp_path):
    line = b"Jul  5 02:12:03 n1 kernel: [12.2] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"

    def time(**options):
        [event] = oomparse.scan([line], **options)
        return event.get("time")

    assert time() is None
    assert time(year=2023) is None
    eight = datetime.timezone(datetime.timedelta(hours=8))
    for zone in ("+08:00", "Asia/Shanghai", eight):
        assert time(year=2023, timezone=zone) == "2023-07-05T02:12:03+08:00"
    assert time(year=2023, timezone="Europe/Berlin") == "2023-07-05T02:12:03+02:00"
    assert time(year=2023, timezone=datetime.timezone.utc) == "2023-07-05T02:12:03Z"


def test_trust():
    line = b"Jul  5 02:12:03 n1 kernel: Killed process 7 (a)\n"
    bare = b"Killed process 7 (a)\n"
    kmsg = b"3,1,2,-;Killed process 8 (b)\n"
    kinds = {"any": [1, 1, 1], "kernel": [1, 0, 1], "proven": [0, 0, 1]}
    for trust, counts in kinds.items():
        found = [len(list(oomparse.scan([log], trust=trust))) for log in (line, bare, kmsg)]
        assert found == counts, trust


def test_sources_other_than_the_kernel():
    said = b'sending SIGTERM to process 7 uid 0 "java": badness 9, VmRSS 4 MiB\n'
    log = b"Jan  5 02:12:02 n1 earlyoom[77]: " + said
    assert list(oomparse.scan([log])) == []
    for sources in ("all", "earlyoom", ["kubelet", "earlyoom"]):
        [event] = oomparse.scan([log], sources=sources, trust="kernel")
        assert (event["type"], event["killer"], event["origin"]) == ("userspace_kill", "earlyoom", "claimed")
    assert list(oomparse.scan([log], sources="kubelet")) == []
    [event] = oomparse.scan([said], origin="earlyoom")
    assert event["victim"]["pid"] == 7
    parser = oomparse.Parser(sources="all")
    assert len(parser.push(log) + parser.finish()) == 1


def test_names_of_pods(tmp_path, log):
    listing = f"pod_uid,namespace,pod_name\n{UID},shop,web-0\n"
    path = tmp_path / "pods.csv"
    path.write_text(listing)
    loaded = oomparse.Pods()
    assert loaded.load(listing) == 1
    assert len(loaded) == 1
    for pods in (path, str(path), [path], loaded, oomparse.Pods(path)):
        [event] = oomparse.scan(log, pods=pods)
        assert (event["pod"]["namespace"], event["pod"]["name"]) == ("shop", "web-0")
    parser = oomparse.Parser(pods=loaded)
    assert [event["pod"]["name"] for event in parser.push(KILL)] == ["web-0"]
    with pytest.raises(OSError, match="nowhere"):
        oomparse.Pods(tmp_path / "nowhere")


def test_wrong_arguments_are_named(log):
    for options, error, said in [
        ({"year": 23}, ValueError, "year is a year, 1970 to 9999, not 23"),
        ({"timezone": "Mars/Olympus"}, ValueError, "no such zone"),
        ({"trust": "me"}, ValueError, "trust is 'any', 'kernel' or 'proven'"),
        ({"sources": "sh"}, ValueError, "sources is the name of a daemon whose lines are read, not sh"),
        ({"origin": "all"}, ValueError, "origin is the name of a daemon"),
        ({"on_error": "ignore"}, ValueError, "on_error"),
        ({"columns": ["nobody"]}, ValueError, "there is no column nobody"),
        ({"cgroup_roots": ["docker"]}, ValueError, "begin with `/`"),
        ({"hosts": "a"}, TypeError, "unexpected keyword argument 'hosts'"),
    ]:
        with pytest.raises(error, match=said):
            oomparse.scan(log, **options)
    for source, said in [(KILL, "iterable of bytes"), (7, "a path, a file or an iterable")]:
        with pytest.raises(TypeError, match=said):
            oomparse.scan(source)
    with pytest.raises(TypeError, match="mode 'rb'"):
        list(oomparse.scan(io.StringIO("Killed process 7 (a)")))


def test_a_missing_file(tmp_path, log):
    missing = tmp_path / "nowhere.log"
    with pytest.raises(oomparse.ScanError, match="no such file") as caught:
        list(oomparse.scan(missing))
    assert (caught.value.file, caught.value.line, caught.value.byte) == (str(missing), 1, 0)
    assert caught.value.errno == 2
    rows = list(oomparse.scan([log, missing, log], on_error="row"))
    assert [row.get("type") for row in rows] == ["kill", None, "kill"]
    assert rows[1] == {"file": str(missing), "error": "there is no such file"}


def test_a_cut_log_gives_what_is_there(tmp_path):
    path = tmp_path / "log.gz"
    text = KILL + other_lines(50_000)
    path.write_bytes(gzip.compress(text)[:-2000])
    events = iter(oomparse.scan(path))
    assert next(events)["victim"]["pid"] == 7
    with pytest.raises(oomparse.ScanError, match="gzip data is cut or damaged") as caught:
        next(events)
    error = caught.value
    assert error.file == str(path)
    assert 0 < error.byte < len(text)
    assert error.line == text[: error.byte].count(b"\n") + 1
    [event, row] = oomparse.scan(path, on_error="row")
    assert f"(line {error.line}, byte {error.byte})" in row["error"]


def test_damaged_logs_take_nothing_from_the_others(tmp_path, log):
    packed = gzip.compress(KILL + other_lines(20_000))
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    (tmp_path / "1-flipped.gz").write_bytes(flipped)
    (tmp_path / "2-not.gz").write_bytes(KILL)
    (tmp_path / "3-empty.gz").write_bytes(b"")
    (tmp_path / "4-cut.gz").write_bytes(packed[:500])
    (tmp_path / "5-whole.gz").write_bytes(packed)
    (tmp_path / "6-long.log").write_bytes(b"x" * (64 << 20) + b"\n" + KILL)
    rows = list(oomparse.scan(tmp_path, on_error="row"))
    names = lambda what: {pathlib.Path(row["file"]).name for row in rows if what(row)}
    assert names(lambda row: "error" in row) == {"1-flipped.gz", "4-cut.gz"}
    whole = {"2-not.gz", "5-whole.gz", "6-long.log", "kern.log"}
    assert names(lambda row: row.get("type") == "kill") >= whole


def test_what_may_not_be_read_is_a_row(folder_for_all):
    for name in ("a.log", "b.log", "c.log"):
        (folder_for_all / name).write_bytes(KILL)
        os.chmod(folder_for_all / name, 0o000 if name == "b.log" else 0o644)
    shut = folder_for_all / "shut"
    shut.mkdir()
    (shut / "d.log").write_bytes(KILL)
    os.chmod(shut, 0o644)
    with as_nobody():
        rows = list(oomparse.scan(folder_for_all, on_error="row"))
        below = list(oomparse.scan([shut / "d.log", folder_for_all / "a.log"], on_error="row"))
        with pytest.raises(oomparse.ScanError, match="not permitted"):
            list(oomparse.scan(folder_for_all / "b.log"))
    os.chmod(shut, 0o755)
    said = "reading it is not permitted"
    assert [row.get("error") for row in rows] == [None, said, None]
    assert [row.get("error") for row in below] == [said, None]
    assert rows[1]["file"] == str(folder_for_all / "b.log")


def test_what_vanishes_between_listing_and_reading_is_a_row(tmp_path):
    for name in ("a.log", "b.log", "c.log"):
        (tmp_path / name).write_bytes(KILL)
    rows = iter(oomparse.scan(tmp_path, on_error="row"))
    assert next(rows)["file"] == str(tmp_path / "a.log")
    (tmp_path / "b.log").unlink()
    assert next(rows) == {"file": str(tmp_path / "b.log"), "error": "there is no such file"}
    assert [row["file"] for row in rows] == [str(tmp_path / "c.log")]


READ = """
import sys, oomparse
pids = [event["victim"]["pid"] for event in oomparse.scan(sys.argv[1:])]
# What `getrusage` tells is also the memory of the process that began this one.
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(pids, int(peak) >> 10)
"""


def test_a_line_of_a_gibibyte_takes_no_kill_and_little_memory(tmp_path):
    plain, packed = tmp_path / "a.log", tmp_path / "b.log.gz"
    write_line_of_a_gibibyte(plain)
    piece = gzip.compress(b"x" * (1 << 20))
    packed.write_bytes(piece * (GIBIBYTE >> 20) + gzip.compress(b"\n" + KILL))
    done = subprocess.run([sys.executable, "-c", READ, plain, packed, plain], capture_output=True, check=True)
    pids, mebibytes = done.stdout.rsplit(maxsplit=1)
    assert pids == b"[7, 7, 7]"
    assert int(mebibytes) < 100


def test_what_a_reader_raises_comes_out():
    class Broken:
        def read(self, size):
            raise RuntimeError("the network is gone")

    def chunks():
        yield KILL
        raise KeyError("the second chunk")

    for on_error in ("raise", "row"):
        with pytest.raises(RuntimeError, match="the network is gone"):
            list(oomparse.scan(Broken(), on_error=on_error))
        events = iter(oomparse.scan(chunks(), on_error=on_error))
        assert next(events)["victim"]["pid"] == 7
        with pytest.raises(KeyError, match="the second chunk"):
            next(events)


def test_a_parser_is_fed_anew_and_line_by_line():
    parser = oomparse.Parser(node_name="n1")
    lines = KILL.decode().splitlines()
    assert parser.push_line(lines[0]) == []
    [event] = parser.push_line(lines[1].encode())
    assert event["host"] == "n1"
    assert parser.finish() == []
    assert parser.push(b"Killed process 9 (b)") == []
    assert parser.flush() == []
    assert [event["victim"]["pid"] for event in parser.finish()] == [9]


def test_what_a_cgroup_path_tells():
    path = f"/kubepods/burstable/pod{UID}/83b49ac4d66b"
    told = oomparse.parse_cgroup(path)
    assert told == oomparse.parse_cgroup(path.encode())
    assert told == {"driver": "cgroupfs", "qos_class": "Burstable", "level": "container", "pod_uid": UID, "container_id": "83b49ac4d66b"}


def test_the_stub_names_every_field():
    stub = pathlib.Path(oomparse.__file__).with_name("__init__.pyi").read_text()
    document = (pathlib.Path(__file__).parents[3] / "docs" / "schema.md").read_text()
    rows = [line.split("`")[1] for line in document.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    for row in rows:
        name = row.split(".")[-1]
        assert name == "others" or f"    {name}: " in stub, row
    assert pathlib.Path(oomparse.__file__).with_name("py.typed").exists()


def test_the_wheel_has_the_licences_of_what_it_links():
    files = importlib.metadata.files("oomparse")
    [licences] = [file for file in files if file.match("licenses/THIRD-PARTY")]
    for linked in ("pyo3", "arrow-array", "memchr"):
        assert f"\n{linked} " in licences.read_text(), linked


def test_json_has_the_same_keys(log):
    [event] = oomparse.scan(log)
    assert json.loads(json.dumps(event)) == event
