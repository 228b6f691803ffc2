"""JSON and JSON lines, read within limits."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from pmf.bounded import file_size
from pmf.errors import DataFormatError

LARGEST = 8 * 2**20  # bytes of a JSON file; as Python objects it takes up to thirty times as much
LONGEST_LINE = 2**20  # bytes
LARGEST_LOG = 64 * 2**20  # bytes of all lines
MOST_LINES = 500_000


def parse_json(text: str | bytes) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: it is no JSON, is nested too deeply, or holds a number that is not finite.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("brackets within brackets, too many of them") from None


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """What a JSON file says.

    Args:
        path: the file.
        largest: bytes that it may have.

    Raises:
        DataFormatError: it can't be read, is larger, or see `parse_json`.
    """
    if (size := file_size(path)) > largest:
        raise DataFormatError(path, expected=f"{largest:,} bytes at most", got=f"{size:,}")
    try:
        with path.open("rb") as file:
            return parse_json(file.read(largest).decode("utf-8"))
    except OSError as error:
        raise DataFormatError(path, expected="a readable file", got=str(error.strerror)) from error
    except ValueError as error:
        raise DataFormatError(path, expected="JSON", got=str(error)) from error


def read_json_lines(path: Path, largest: int = LARGEST_LOG) -> Iterator[tuple[int, Any]]:
    """The lines of a file that are whole JSON; one that is none, as a kill leaves it, is passed over.

    Args:
        path: the file.
        largest: bytes that it may have.

    Yields:
        (1-based line number, value).

    Raises:
        DataFormatError: it can't be read, or it or a line of it is too long.
    """
    if (size := file_size(path)) > largest:
        raise DataFormatError(path, expected=f"{largest:,} bytes at most", got=f"{size:,}")
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise DataFormatError(path, line=number, expected=f"{LONGEST_LINE:,} bytes at most", got="more")
                if number > MOST_LINES:
                    raise DataFormatError(path, expected=f"{MOST_LINES:,} lines at most", got="more")
                try:
                    value = parse_json(line)
                except ValueError:
                    continue
                yield number, value
    except OSError as error:
        raise DataFormatError(path, expected="a readable file", got=str(error.strerror)) from error


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond all numbers")
    return number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
