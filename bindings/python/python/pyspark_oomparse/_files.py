"""Files on disk, which this package reads itself, and others, through ``pyarrow.fs``."""

from __future__ import annotations

import fnmatch
import glob
import os

#: How what cannot be cut begins.
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"\x04\x22\x4d\x18", b"PK\x03\x04", b"LPKSHHRH", b"*M\x18")


def is_remote(path: str) -> bool:
    return "://" in path and not path.startswith("file://")


def listed(path: str, recursive: bool):
    path = path.removeprefix("file://")
    names = sorted(glob.glob(path)) or [path]
    for name in names:
        if not os.path.isdir(name):
            yield name, _size_of(name)
            continue
        for directory, _, files in os.walk(name):
            for file in files:
                whole = os.path.join(directory, file)
                yield whole, _size_of(whole)
            if not recursive:
                break


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        # Its task says why.
        return 0


def listed_remote(path: str, recursive: bool):
    from pyarrow import fs

    scheme, wanted = path.split("://", 1)
    fixed = path.split("*", 1)[0]
    fixed = fixed if fixed == path else fixed.rsplit("/", 1)[0]
    system, base = _system(fixed)
    info = system.get_file_info(base)
    if info.type == fs.FileType.File:
        yield path, info.size
        return
    if info.type == fs.FileType.NotFound:
        yield path, 0
        return
    for info in system.get_file_info(fs.FileSelector(base, recursive=recursive or fixed != path)):
        if info.type == fs.FileType.File and (fixed == path or fnmatch.fnmatch(info.path, wanted)):
            yield f"{scheme}://{info.path}", info.size


def _system(path: str):
    """The file system of a path, and the path in it."""
    from pyarrow import fs

    # pyarrow calls S3 s3, whatever Hadoop calls it.
    return fs.FileSystem.from_uri(path.replace("s3a://", "s3://", 1).replace("s3n://", "s3://", 1))


def opened(path: str):
    """A path on disk as it is, else a file."""
    if not is_remote(path):
        return path
    system, base = _system(path)
    return system.open_input_file(base)


def is_packed(path: str) -> bool:
    """Whether a large file is read whole: what is packed cannot be cut."""
    try:
        with open(path, "rb") if not is_remote(path) else opened(path) as log:
            first = log.read(512)
    except OSError:
        # Its task says why.
        return True
    return first.startswith(PACKED) or first[1:4] == b"*M\x18" or first[257:262] == b"ustar"
