"""`pmf data inspect`."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pmf.audit.findings import percent
from pmf.commands import add_command
from pmf.commands.report import print_account
from pmf.places import data_named
from pmf.progress import step

if TYPE_CHECKING:
    from pmf.data.reading import Reading


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "inspect", "what a data set holds", _run)
    parser.add_argument("path", metavar="PATH")
    add_reading(parser)
    parser.add_argument(
        "--keep", action="store_true", help="keep these choices in the folder: whatever reads it next reads it so"
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The option that says how to read a folder; `reading_of` reads it."""
    parser.add_argument(
        "--read",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how to read it, e.g. encoding=cp1252, source=A.csv, source.id=isbn, links=pairs.csv, types=Person",
    )


def reading_of(options: argparse.Namespace) -> Reading | None:
    """How to read the folder: what it keeps itself, and `--read` before that; None for the former alone."""
    from pmf.config.build import parse_settings
    from pmf.data.reading import load_reading

    settings = parse_settings(options.read, "--read")
    return load_reading(data_named(options.path)).with_settings(settings) if settings else None


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Notes of a reading are not logged: they are printed."""
    log = logging.getLogger("pmf.data.readers")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _run(options: argparse.Namespace) -> None:
    from pmf.audit.account import usual_account
    from pmf.audit.summary import summarise
    from pmf.data.notes import Note
    from pmf.data.readers import read_graph_pair
    from pmf.data.reading import save_reading

    reading = reading_of(options)
    with _unlogged():
        pair = read_graph_pair(options.path, reading=reading)
    with step("counting"):
        account = usual_account(pair)
        summary = {**summarise(pair), "account": account.to_dict()}
    if reading and options.keep:
        save_reading(data_named(options.path), reading)
    if options.json:
        print(json.dumps(summary))
        return
    print_account(account)
    for name, value in summary.items():
        if name == "account":
            continue
        if name == "notes":
            print("what to know of it:" if value else "nothing was left out, changed or guessed")
            for note in map(Note.from_dict, value):
                print(f"  {note}")
        elif isinstance(value, dict):
            print(f"{name}:" if value else f"{name}: none")
            for inner, inner_value in value.items():
                print(f"  {inner}: {_in_words(inner_value)}")
        else:
            print(f"{name}: {value}")


def _in_words(value: Any) -> str:
    """Numbers with thousands apart, shares as percentages: "structure 97.3 %, image none"."""
    if isinstance(value, dict):
        parts = (
            f"{name} {(percent(part) if part else 'none') if isinstance(part, float) else f'{part:,}'}"
            for name, part in value.items()
        )
        return ", ".join(parts)
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
