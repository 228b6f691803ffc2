"""`pmf data import`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.commands.inspect import add_reading, reading_of
from pmf.data.notes import counted
from pmf.places import data_folder


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "import", "store a data set of any layout in the one form that loads quickly", _run)
    parser.add_argument("path", metavar="PATH")
    add_reading(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="new folder to write (PMF_DATA/NAME)")


def _run(options: argparse.Namespace) -> None:
    from pmf.data.readers import read_graph_pair
    from pmf.data.stored.writer import write
    from pmf.data.unpack import safe_name

    pair = read_graph_pair(options.path, reading=reading_of(options))
    out = options.out or data_folder() / safe_name(pair.name)
    manifest = write(pair, out, progress=options.progress)
    summary = {"out": str(out), **{name: value for name, value in manifest.items() if name != "files"}}
    if options.json:
        print(json.dumps(summary))
        return
    source, target = manifest["entities"]
    print(f"{manifest['name']} stored in {out}: {source:,} + {target:,} entities, {counted(manifest['links'], 'link')}")
    if manifest["pictures"]:
        print("pictures: " + ", ".join(f"{count:,} {kind}" for kind, count in sorted(manifest["pictures"].items())))
    print(f"fingerprint {manifest['fingerprint']}")
