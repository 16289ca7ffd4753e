"""`Filter`: what every host of the parser is held to, and what is Python's own."""

import json

import oomparse
import pytest
from conftest import KILL, ROOT, UID

SCRIPTS = sorted((ROOT / "corpus" / "scripts").glob("*.json"))


def holds(truth, event, place):
    """Only what the truth gives is asked for; None: the key must be absent."""
    if truth is None:
        assert event is None, place
    elif isinstance(truth, dict):
        assert event is not None, f"{place} is absent"
        for key, value in truth.items():
            holds(value, event.get(key), f"{place}.{key}")
    else:
        assert event == truth, place


def told(event):
    """An event and its others."""
    if event is None:
        return []
    others = event.pop("others", [])
    return [event, *others]


def test_the_scripts_are_there():
    assert len(SCRIPTS) > 30


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts(path, tmp_path):
    script = json.loads(path.read_text())
    options = {"trust": script.get("trust", "kernel"), "cgroup_roots": script.get("cgroup_roots", [])}
    options |= {key: script[key] for key in ("sources", "origin") if key in script}
    if "pods" in script:
        (tmp_path / "pods.csv").write_text(script["pods"])
        options["pods"] = tmp_path / "pods.csv"
    filter = oomparse.Filter(stream_key=script.get("stream"), **options)
    given = []
    for at, record in enumerate(script["records"]):
        given += [(at, event) for event in told(filter.process(record))]
    late = filter.finish()
    assert filter.dropped == 0
    expected = [event for event in script["events"] if event["at"] is not None]
    assert [at for at, _ in given] == [event["at"] for event in expected]
    for (at, event), truth in zip(given, expected):
        holds(truth["event"], event, f"record {at}")
    for pid, uid in script.get("never", []):
        of_pid = [event for _, event in given if event["victim"]["pid"] == pid]
        assert all(event.get("pod", {}).get("uid") != uid for event in of_pid)
    homeless = [event["event"] for event in script["events"] if event["at"] is None]
    if "late" not in script:
        assert len(late) == len(homeless)
    for truth, event in zip(homeless, late):
        holds(truth, event, "a late event")


def killed(pid, **more):
    line = f"Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
    return {"_TRANSPORT": "kernel", "MESSAGE": line, **more}


def test_whatever_is_in_a_record_is_no_trouble():
    filter = oomparse.Filter()
    odd = {"n": 1, "x": 1.5, "nan": float("nan"), "t": True, "none": None, "list": [1, ("a", {})], "object": object(), 7: "key"}
    odd["self"] = odd
    assert filter.process(killed(7, **{str(key): value for key, value in odd.items()}))["victim"]["pid"] == 7
    record = killed(8)
    record["MESSAGE"] = record["MESSAGE"].encode()
    assert filter.process(record)["victim"]["pid"] == 8
    record["MESSAGE"] = list(killed(9)["MESSAGE"].encode())
    assert filter.process(record)["victim"]["pid"] == 9
    for record in ({}, {"MESSAGE": 7}, {"MESSAGE": None}, {"other": KILL}):
        assert filter.process(record) is None


def test_keys_streams_and_the_start():
    filter = oomparse.Filter(key=["a.b", "text"], stream_key="$s['n']", since=1000, trust="any")
    line = killed(7)["MESSAGE"]
    for record in ({"a": {"b": line}}, {"text": line.replace("7", "8"), "message": line}, {"a.b": line.replace("7", "9")}):
        assert filter.process(record)["victim"]["pid"]
    assert filter.process({"message": line.replace("7", "10")}) is None
    old = line.replace("7", "11")
    assert filter.process({"text": old}, time=999.9) is None
    assert filter.process(old.replace("11", "12"), time=1000, stream="x")["victim"]["pid"] == 12
    with pytest.raises(ValueError, match="key: a key is written"):
        oomparse.Filter(key="$a[")
    with pytest.raises(TypeError, match="'keys'"):
        oomparse.Filter(keys="a")


def test_pods_are_read_again(tmp_path):
    filter = oomparse.Filter(pods=tmp_path, trust="any")
    (tmp_path / f"shop_web-0_{UID}").mkdir()
    events = [filter.process(line) for line in KILL.splitlines()]
    assert events[0] is None and events[1]["pod"]["name"] == "web-0"
