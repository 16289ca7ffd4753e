"""A large file in parts."""

import gzip
import io
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


def test_a_file_object_is_read_in_parts_too(large):
    whole = list(oomparse.scan([large.read_bytes()]))
    size = large.stat().st_size
    for middle in range(0, size, size // 5):
        parts = []
        for start, end in ((0, middle), (middle, size)):
            with open(large, "rb") as log:
                parts += oomparse.scan_range(log, start, end)
        assert parts == whole, middle


def test_what_a_file_object_raises_comes_out():
    class Broken(io.BytesIO):
        def seek(self, *place):
            raise RuntimeError("the network is gone")

    with pytest.raises(RuntimeError, match="the network is gone"):
        list(oomparse.scan_range(Broken(KILL), 0, 9, on_error="row"))
    with pytest.raises(TypeError):
        oomparse.scan_range(7, 0, 9)


def test_a_short_warmup_is_enough_where_reports_are_short(large):
    short = 64 << 10
    options = {"warmup": 4 * short, "max_report_len": short}
    size = large.stat().st_size
    whole = list(oomparse.scan_range(large, 0, size, **options))
    assert len(whole) > 10
    choose = random.Random(8)
    for _ in range(8):
        middle = choose.randrange(size)
        parts = [event for cut in ((0, middle), (middle, size)) for event in oomparse.scan_range(large, *cut, **options)]
        assert parts == whole, middle
    with pytest.raises(ValueError, match="max_report_len is a number of bytes above 0, not 0"):
        oomparse.scan_range(large, 0, 9, max_report_len=0)


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
