"""A fleet's day, made with its truth, read and compared: `hosts.py [GIGABYTES] [PROGRAM]`.

10,000 hosts write 20 MB each, 200 GB on paper. What is really read is the given part of each host's log, a gigabyte of
files at a time, which are deleted then. Every kill must be found once, on its host, in its pod, and nothing else. Then
three sizes each of files, hosts and kills show how the time grows. Seconds are those of the processor: other work on
the machine counts less.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import oomparse
from logs import Maker

HOSTS = 10_000
PAPER = 20_000_000 * HOSTS

#: Read at a time.
AT_ONCE = 1_000_000_000

#: A machine's price on paper, for one processor and one hour.
PRICE = 0.04


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(it.ru_utime + it.ru_stime for it in used)


def found_in(folder: pathlib.Path) -> tuple[list, float]:
    """The kills of a folder's logs, and the processor's seconds."""
    start = cpu_seconds()
    events = list(oomparse.scan(folder, year=2026, timezone="UTC"))
    seconds = cpu_seconds() - start
    return [(it.get("host"), it["victim"]["pid"], it.get("pod", {}).get("uid")) for it in events], seconds


def compare(found: list, truth: list) -> None:
    if sorted(found) != sorted(truth):
        missing, other = set(truth) - set(found), set(found) - set(truth)
        raise SystemExit(f"{len(missing)} kills are missing, as {list(missing)[:2]}; {len(other)} are others, as {list(other)[:2]}")


def write(folder: pathlib.Path, maker: Maker, files: int, hosts: int, size: int, kills: int) -> None:
    """`hosts` hosts and `kills` kills in `size` bytes of `files` files."""
    names = [f"node-{at:05}" for at in range(hosts)]
    for at in range(files):
        own = names[at * hosts // files : max((at + 1) * hosts // files, at * hosts // files + 1)]
        more = kills * (at + 1) // files - kills * at // files
        (folder / f"{at:05}.log").write_bytes(maker.log(own, size // files, more))


def day(gigabytes: float, program: str | None) -> None:
    read, seconds, events, wall, first = 0, 0.0, 0, 0.0, 0
    size = int(gigabytes * 1e9 / HOSTS)
    threads = 0.0
    while first < HOSTS:
        count = min(max(int(AT_ONCE / size), 1), HOSTS - first)
        maker = Maker(first)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for at in range(first, first + count):
                # Most hosts have no kill on a day, some have many.
                kills = 12 if at % 97 == 0 else at % 5 == 0
                (folder / f"{at:05}.log").write_bytes(maker.log([f"node-{at:05}"], size, int(kills)))
            read += sum(path.stat().st_size for path in folder.iterdir())
            start = time.monotonic()
            found, used = found_in(folder)
            wall += time.monotonic() - start
            seconds += used
            compare(found, maker.truth)
            if program:
                start = cpu_seconds()
                args = [program, "scan", "--format", "json", "--threads", "2", name]
                done = subprocess.run(args, capture_output=True, check=False)
                threads += cpu_seconds() - start
                told = done.stdout.count(b'"type":"kill"')
                if told != len(maker.truth):
                    raise SystemExit(f"the program reports {told} kills of {len(maker.truth)}")
        events += len(found)
        first += count
    per_tb = seconds / read * 1e12
    print(f"{HOSTS} hosts, {read / 1e9:.1f} GB, {events} kills, all found once on their hosts and in their pods, and nothing else")
    print(f"wheel: {seconds:.1f} s of processor time ({wall:.1f} s on the clock)")
    if program:
        print(f"program, --threads 2: {threads:.1f} s of processor time")
    hours = per_tb / 3600
    print(f"on paper: 1 TB takes {per_tb:.0f} s of one processor, {hours:.2f} hours, {hours * PRICE:.3f} $ at {PRICE} $ an hour;")
    print(f"the whole day of {PAPER / 1e9:.0f} GB {hours * PAPER / 1e12:.2f} hours, without transfer from the store")


def growth() -> None:
    size = 300_000_000
    shapes = [("files", files, 1000, 600) for files in (10, 100, 1000)]
    shapes += [("hosts", 10, hosts, 600) for hosts in (10, 100, 1000)]
    shapes += [("kills", 10, 100, kills) for kills in (100, 1000, 10_000)]
    print(f"\n{size / 1e6:.0f} MB each:  files  hosts   kills   processor time")
    for what, files, hosts, kills in shapes:
        maker = Maker()
        with tempfile.TemporaryDirectory() as name:
            write(pathlib.Path(name), maker, files, hosts, size, kills)
            tries = [found_in(pathlib.Path(name)) for _ in range(3)]
        compare(tries[0][0], maker.truth)
        print(f"{what:12} {files:6} {hosts:6} {kills:7} {min(used for _, used in tries):10.2f} s", flush=True)


if __name__ == "__main__":
    day(float(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2] if len(sys.argv) > 2 else None)
    growth()
