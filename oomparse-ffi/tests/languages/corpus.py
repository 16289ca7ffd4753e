"""Prints the events of the logs of a list, as tests/c/corpus.c does, through examples/oomparse.py."""

import sys

import oomparse

out = sys.stdout.buffer
for row in open(sys.argv[1], encoding="utf-8"):
    path, tasks, year, offset, host, boot_id, listing, sources, origin = row.rstrip("\n").split("\t")
    pods = None
    if listing:
        pods = oomparse.Pods()
        pods.keep_labels("*")
        pods.load_path(listing)
    parser = oomparse.Parser(
        tasks=tasks == "1",
        year=int(year) if year else None,
        utc_offset=int(offset) if offset else None,
        host=host or None,
        boot_id=boot_id or None,
        pods=pods,
        sources=sources.split(",") if sources else (),
        origin=origin or None,
    )
    out.write(b"== %s\n" % path.encode())
    log = open(path, "rb").read()
    for at in range(0, len(log), 1000):
        oomparse._call("parser_push_chunk", parser.pointer, log[at : at + 1000], len(log[at : at + 1000]))
        for text in parser.json_events():
            out.write(text + b"\n")
    oomparse._call("parser_finish", parser.pointer)
    for text in parser.json_events():
        out.write(text + b"\n")
