"""Python's lock is let go, and interrupts are heard."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import oomparse
import pytest
from conftest import KILL, other_lines


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.log"
    path.write_bytes((other_lines(50_000) + KILL.replace(b"process 7", b"process 8")) * 2)
    return path


def test_many_scans_at_a_time(large):
    alone = list(oomparse.scan(large))
    assert len(alone) >= 1
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: list(oomparse.scan(large)), range(16)))
    assert found == [alone] * 16


def test_one_scan_by_many_threads_gives_each_event_once():
    log = b"".join(b"[%d.0] Killed process %d (a)\n" % (at * 100, at) for at in range(1, 5000))
    events = iter(oomparse.scan(log[at : at + 997] for at in range(0, len(log), 997)))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = [event["victim"]["pid"] for part in pool.map(lambda _: list(events), range(8)) for event in part]
    assert sorted(found) == list(range(1, 5000))


def test_one_parser_by_many_threads():
    parser = oomparse.Parser()
    pids = range(1, 2000)
    push = lambda pid: parser.push_line(f"[{pid * 100}.0] Killed process {pid} (a)")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        events = [event for part in pool.map(push, pids) for event in part]
    events += parser.finish()
    assert {event["victim"]["pid"] for event in events} == set(pids)


def test_other_threads_run_meanwhile(large):
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.001):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    while time.monotonic() - start < 1:
        list(oomparse.scan(large))
    stop.set()
    thread.join()
    assert len(ticks) > 100


def test_a_reader_that_asks_its_own_events_is_told():
    def chunks():
        yield KILL[:10]
        next(events)

    events = iter(oomparse.scan(chunks()))
    with pytest.raises(RuntimeError, match="wait for the bytes"):
        next(events)


ENDLESS = """
    import sys, oomparse
    line = b"Jan  5 02:12:03 node-7 sshd[411]: nothing\\n" * 10_000
    def endless():
        while True:
            yield line
    print("begun", flush=True)
    {read}
"""

READS = {
    "iterable": "list(oomparse.scan(endless()))",
    "fifo": "list(oomparse.scan(sys.argv[1]))",
    "zeros": "list(oomparse.scan('/dev/zero'))",
    "arrow": "import pyarrow; pyarrow.RecordBatchReader.from_stream(oomparse.scan('/dev/zero')).read_all()",
}


@pytest.mark.parametrize("read", READS)
def test_an_interrupt_ends_a_long_read(read, tmp_path):
    if read == "arrow":
        pytest.importorskip("pyarrow")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = textwrap.dedent(ENDLESS).format(read=READS[read])
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout.readline() == b"begun\n"
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    start = time.monotonic()
    _, said = child.communicate(timeout=20)
    assert b"KeyboardInterrupt" in said
    assert child.returncode != 0
    assert time.monotonic() - start < 5
