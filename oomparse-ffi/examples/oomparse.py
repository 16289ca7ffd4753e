#!/usr/bin/env python3
"""OOM kills in Python, through liboomparse and ctypes: no package needed.

    import oomparse
    for event in oomparse.parse(open("/var/log/kern.log", "rb")):
        print(event["victim"]["comm"], event.get("pod", {}).get("name"))

Run as a program it prints the events of its files, or of its input, as JSON lines:

    dmesg | ./oomparse.py
    ./oomparse.py --pods /var/log/pods /var/log/kern.log

The library is looked for where OOMPARSE_LIB says, else where the system keeps libraries.
"""

import ctypes
import ctypes.util
import json
import os
import sys

OK, ABSENT = 0, 1
VERSION = (0, 1)


class _Str(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class _Loaded(ctypes.Structure):
    _fields_ = [
        ("records", ctypes.c_size_t),
        ("skipped", ctypes.c_size_t),
        ("message", ctypes.c_char * 256),
    ]


class Error(Exception):
    """What a call of the library gave, as a sentence."""


def _load():
    path = os.environ.get("OOMPARSE_LIB") or ctypes.util.find_library("oomparse")
    lib = ctypes.CDLL(path or "liboomparse.so.%d.%d" % VERSION)
    pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
    out = ctypes.POINTER(pointer)
    for name, arguments in {
        "options_new": [out],
        "options_set_tasks": [pointer, ctypes.c_bool],
        "options_set_year": [pointer, ctypes.c_uint16],
        "options_set_utc_offset": [pointer, ctypes.c_int16],
        "options_set_host": [pointer, text, size],
        "options_set_boot_id": [pointer, text, size],
        "options_set_trust": [pointer, ctypes.c_uint32],
        "options_add_source": [pointer, text, size],
        "options_set_origin": [pointer, text, size],
        "parser_new": [pointer, out],
        "parser_set_pods": [pointer, pointer],
        "parser_push_chunk": [pointer, text, size],
        "parser_push_chunk_keyed": [pointer, text, size, text, size],
        "parser_finish": [pointer],
        "parser_next_event": [pointer, out],
        "event_to_json": [pointer, ctypes.POINTER(_Str)],
        "pods_new": [out],
        "pods_keep_labels": [pointer, text, size],
        "pods_load": [pointer, text, size, ctypes.POINTER(_Loaded)],
        "pods_load_path": [pointer, text, size, ctypes.POINTER(_Loaded)],
    }.items():
        function = getattr(lib, "oomparse_" + name)
        function.argtypes, function.restype = arguments, ctypes.c_uint32
    for name in "options", "parser", "event", "pods":
        function = getattr(lib, "oomparse_%s_free" % name)
        function.argtypes, function.restype = [pointer], None
    lib.oomparse_result_str.argtypes, lib.oomparse_result_str.restype = [ctypes.c_uint32], text
    lib.oomparse_version_number.restype = ctypes.c_uint32
    number = lib.oomparse_version_number()
    if (number >> 16, number >> 8 & 255) != VERSION:
        raise Error("liboomparse is of another version than this module")
    return lib


_lib = _load()


def _call(name, *arguments):
    result = getattr(_lib, "oomparse_" + name)(*arguments)
    if result != OK:
        raise Error(_lib.oomparse_result_str(result).decode())


class _Handle:
    """A pointer that is freed once."""

    def __init__(self, kind, *arguments):
        self._free = getattr(_lib, "oomparse_%s_free" % kind)
        self.pointer = ctypes.c_void_p()
        _call(kind + "_new", *arguments, ctypes.byref(self.pointer))

    def __del__(self):
        if getattr(self, "pointer", None):
            self._free(self.pointer)
            self.pointer = None


class Pods(_Handle):
    """Names of pods and containers."""

    def __init__(self):
        super().__init__("pods")

    def keep_labels(self, *keys):
        """Says which labels records that are read later keep; "*" keeps all."""
        text = ",".join(keys).encode()
        _call("pods_keep_labels", self.pointer, text, len(text))

    def load(self, listing):
        """Takes over a listing's bytes, in any form that oomparse reads; gives the number of records."""
        return self._loaded("pods_load", listing)

    def load_path(self, path):
        """Takes over a file, or a directory as /var/log/pods."""
        return self._loaded("pods_load_path", os.fsencode(path))

    def _loaded(self, name, data):
        loaded = _Loaded()
        result = getattr(_lib, "oomparse_" + name)(self.pointer, data, len(data), ctypes.byref(loaded))
        if result != OK:
            raise Error(loaded.message.decode(errors="replace") or _lib.oomparse_result_str(result).decode())
        return loaded.records


class Parser(_Handle):
    """Reads log lines and gives events as dictionaries."""

    def __init__(self, tasks=False, year=None, utc_offset=None, host=None, boot_id=None, kernel_only=False, pods=None, sources=(), origin=None):
        options = _Handle("options")
        _call("options_set_tasks", options.pointer, tasks)
        _call("options_set_trust", options.pointer, 2 if kernel_only else 1)
        if year is not None:
            _call("options_set_year", options.pointer, year)
        if utc_offset is not None:
            _call("options_set_utc_offset", options.pointer, utc_offset)
        for source in sources:
            text = source.encode()
            _call("options_add_source", options.pointer, text, len(text))
        for name, text in ("host", host), ("boot_id", boot_id), ("origin", origin):
            if text is not None:
                text = text.encode()
                _call("options_set_" + name, options.pointer, text, len(text))
        super().__init__("parser", options.pointer)
        if pods is not None:
            _call("parser_set_pods", self.pointer, pods.pointer)

    def push(self, data, key=None):
        """Takes the next bytes of a log, cut anywhere; gives the events that they complete."""
        if key is None:
            _call("parser_push_chunk", self.pointer, data, len(data))
        else:
            _call("parser_push_chunk_keyed", self.pointer, key, len(key), data, len(data))
        return self._events()

    def finish(self):
        """Says that no more comes; gives the events that were open."""
        _call("parser_finish", self.pointer)
        return self._events()

    def _events(self):
        return [json.loads(text) for text in self.json_events()]

    def json_events(self):
        """The events that are complete, as the library's own JSON."""
        while True:
            event = ctypes.c_void_p()
            if _lib.oomparse_parser_next_event(self.pointer, ctypes.byref(event)) != OK:
                return
            try:
                text = _Str()
                _call("event_to_json", event, ctypes.byref(text))
                yield ctypes.string_at(text.data, text.len)
            finally:
                _lib.oomparse_event_free(event)


def parse(file, **options):
    """The events of a file that was opened as binary, one after the other."""
    parser = Parser(**options)
    while chunk := file.read(1 << 16):
        yield from parser.push(chunk)
    yield from parser.finish()


def main(arguments):
    pods = None
    while arguments[:1] == ["--pods"] and len(arguments) > 1:
        pods = pods or Pods()
        pods.load_path(arguments[1])
        arguments = arguments[2:]
    parser = Parser(pods=pods)
    for name in arguments or ["-"]:
        file = sys.stdin.buffer if name == "-" else open(name, "rb")
        while chunk := file.read(1 << 16):
            _call("parser_push_chunk", parser.pointer, chunk, len(chunk))
            for text in parser.json_events():
                sys.stdout.buffer.write(text + b"\n")
    _call("parser_finish", parser.pointer)
    for text in parser.json_events():
        sys.stdout.buffer.write(text + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
