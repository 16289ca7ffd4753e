"""A large file in parts."""

import gzip
import random

import oomparse
import pytest
from conftest import CASES, KILL, other_lines

SEVERAL = ("077-rhel9-crio", "477-captured-6-12-group-pod", "601-captured-6-1-storm-wide-limit")


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.log"
    with open(path, "wb") as log:
        for case in SEVERAL:
            log.write(other_lines(10_000))
            log.write((CASES / case / "input.log").read_bytes())
        log.write(other_lines(10_000) + KILL)
    return path


def test_the_parts_give_what_the_whole_gives(large):
    whole = list(oomparse.scan(large))
    assert len(whole) > 10
    size = large.stat().st_size
    choose = random.Random(7)
    for _ in range(8):
        cuts = sorted(choose.randrange(size) for _ in range(5))
        pairs = zip([0, *cuts], [*cuts, size])
        parts = [event for start, end in pairs for event in oomparse.scan_range(large, start, end)]
        assert parts == whole, cuts


def test_a_part_behind_the_end_is_empty(large):
    size = large.stat().st_size
    assert list(oomparse.scan_range(large, size, size + 9)) == []
    with pytest.raises(ValueError, match="ends before it begins"):
        oomparse.scan_range(large, 9, 8)


def test_what_is_packed_cannot_be_cut(tmp_path):
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(KILL))
    with pytest.raises(oomparse.ScanError, match="read it whole"):
        list(oomparse.scan_range(path, 0, 9))
