"""The signs of a CSV file: what stands between its cells, and what around its texts."""

from __future__ import annotations

import re
from pathlib import Path

from pmf.data.readers.packed import unpacked_name
from pmf.data.readers.session import note

SEPARATORS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
_RARE_SEPARATORS = "^~¦\x01\x1f"
_LOOKED_AT = 20
_SINGLE = re.compile(r"'[^']*'")


def separator_of(path: Path, text: str) -> str:
    """What the header holds most of; else a rarer sign that it and the next line have as often."""
    first, second = (*(QUOTED.sub("", line) for line in text.lstrip("\r\n").split("\n", 2)[:2]), "")[:2]
    best = max(SEPARATORS, key=first.count)
    rare = [sign for sign in _rare(path, text) if first.count(sign) == second.count(sign) > 0]
    if best in first or not rare:
        return best
    note("guessed", f"{rare[0]!r} is the separator", path=path, count=0, example=first.strip())
    return rare[0]


def _rare(path: Path, text: str) -> str:
    """Signs that separate where none of the usual ones does; a blank too in a text whose lines all have it as often."""
    counts = {line.strip().count(" ") for line in text.strip().splitlines()}
    blanks = unpacked_name(path).endswith(".txt") and len(counts) == 1 and text.strip().count("\n") > 1
    return _RARE_SEPARATORS + (" " if blanks else "")


def quote_of(path: Path, text: str, separator: str) -> str:
    """The sign around texts: single quotes where all names of columns stand in them, or a text of every row does."""
    first, *rows = [line.strip() for line in text.lstrip("\r\n").split("\n", _LOOKED_AT)[:_LOOKED_AT]]
    cells = [cell.strip() for cell in first.split(separator)]
    cell = rf"(?:'(?:[^']|'')*'|[^'{re.escape(separator)}]*)"
    quoted = re.compile(rf"(?=.*'){cell}(?:{re.escape(separator)}{cell})*")
    rows = [row for row in rows if row]
    if len(cells) < 2 or not (all(map(_SINGLE.fullmatch, cells)) or (rows and all(map(quoted.fullmatch, rows)))):
        return '"'
    note("guessed", "texts stand in single quotes", path=path, count=0, example=first)
    return "'"
