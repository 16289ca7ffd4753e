"""One large log cut in many places: its parts together must give what the whole gives. `cuts.py [MEGABYTES] [CUTS]`.

The log holds cases of the corpus and made reports among other hosts' lines. Every few of them have a silence of 20 MiB in
their middle: their host says nothing while others speak, for longer than a report stays open. Cases that report the
same kill are not used twice: a parser knows a kill that it reported however long ago, and a part does not (docs/design.md).
The parts are compared with the whole event by event, as JSON. tests/cuts.rs does the same for every case by itself.
"""

import json
import pathlib
import random
import sys
import tempfile
import time

import oomparse
from logs import CASES, Maker, noise

SILENCE = 20 << 20


def distinct(choose: random.Random) -> list[bytes]:
    """Cases of which no two report the same process."""
    paths = sorted(CASES.iterdir())
    choose.shuffle(paths)
    known, cases = set(), []
    for path in paths:
        log = (path / "input.log").read_bytes()
        events = oomparse.scan([log], sources="all")
        victims = {(it.get("victim", {}).get("pid"), it.get("victim", {}).get("comm")) for it in events}
        if log and victims and not victims & known:
            known |= victims
            cases.append(log)
    return cases


def pieces(cases: list[bytes], choose: random.Random):
    """A log without end: a case or a made report after the other, and every few of them cut by a silence."""
    maker = Maker()
    number = 0
    while True:
        report = cases.pop() if cases and number % 3 == 0 else maker.report(f"n{number % 50}")
        lines = report.splitlines(keepends=True)
        if not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        if number % 40 < 2:
            middle = choose.randrange(1, max(len(lines), 2))
            yield b"".join(lines[:middle])
            yield noise(b"web-9", SILENCE, number)
            lines = lines[middle:]
        yield b"".join(lines)
        yield noise(b"web-%d" % (number % 7), choose.randrange(500_000), number)
        number += 1


def main(megabytes: int, cuts: int) -> int:
    choose = random.Random(7)
    cases = distinct(choose)
    print(f"{len(cases)} cases that report different kills")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "large.log")
        size = 0
        with open(path, "wb") as log:
            for piece in pieces(cases, choose):
                size += log.write(piece)
                if size >= megabytes * 1_000_000:
                    break
        start = time.monotonic()
        whole = [json.dumps(event) for event in oomparse.scan(path)]
        print(f"{size} bytes, {len(whole)} events, {time.monotonic() - start:.1f} s", flush=True)
        start = time.monotonic()
        places = [0, *sorted(choose.randrange(size) for _ in range(cuts)), size]
        parts, wrong = [], 0
        for begin, end in zip(places, places[1:]):
            found = [json.dumps(event) for event in oomparse.scan_range(path, begin, end)]
            if found != whole[len(parts) : len(parts) + len(found)]:
                print(f"the part {begin}-{end} gives other events than the whole does there")
                wrong += 1
            parts += found
        same = parts == whole
        said = "give what the whole gives" if same else f"give {len(parts)} other events"
        print(f"{cuts} cuts, the parts {said}, {time.monotonic() - start:.1f} s")
        return 0 if same and whole and not wrong else 1


if __name__ == "__main__":
    numbers = [int(arg) for arg in sys.argv[1:]]
    sys.exit(main(*(numbers + [1000, 1000][len(numbers) :])))
