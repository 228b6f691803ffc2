"""`pmf data inspect`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pmf.commands import add_command


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "inspect", "what a data set holds", _run)
    parser.add_argument("path", metavar="PATH")


def _run(options: argparse.Namespace) -> None:
    from pmf.audit.summary import summarise
    from pmf.data.notes import Note
    from pmf.data.readers import read_graph_pair

    summary = summarise(read_graph_pair(options.path))
    if options.json:
        print(json.dumps(summary))
        return
    for name, value in summary.items():
        if name == "notes":
            print("what to know of it:" if value else "nothing was left out, changed or guessed")
            for note in map(Note.from_dict, value):
                print(f"  {note}")
        elif isinstance(value, dict):
            print(f"{name}:")
            for inner, inner_value in value.items():
                print(f"  {inner}: {inner_value}")
        else:
            print(f"{name}: {value}")
