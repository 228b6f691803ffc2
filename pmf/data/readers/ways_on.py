"""What may be done about files that no reader takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_WAYS_ON = {
    (".xlsx", ".xls", ".xlsm", ".ods", ".numbers"): "Save each sheet of a spreadsheet as CSV.",
    (".feather", ".arrow", ".json", ".pkl", ".db", ".sqlite"): "Save tables as CSV or Parquet.",
    (".zip", ".tar", ".tgz", ".7z", ".rar"): "Unpack the archive.",
}
"""Endings of files that no layout has → what to do about them."""
_BY_SYSTEMS = ("thumbs.db",)


def way_on(path: Path) -> str:
    """What may be done about a file that no reader takes, a sentence; "" for any that may as well be no data."""
    ending = path.suffix.lower()
    if path.name.lower() in _BY_SYSTEMS:
        return ""
    return next((way for endings, way in _WAYS_ON.items() if ending in endings), "")


def instead(paths: Iterable[Path]) -> str:
    """What is there instead of what was looked for, and what may be done about it."""
    found = sorted(paths)
    content = ", ".join(path.name for path in found[:20]) or "an empty folder"
    return ". ".join([content, *dict.fromkeys(filter(None, map(way_on, found)))]).rstrip(".")
