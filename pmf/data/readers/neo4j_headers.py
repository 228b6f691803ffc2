"""Headers of Neo4j's import and export: `personId:ID`, `name:string`, `:LABEL`, `:START_ID`, `:END_ID`, `:TYPE`."""

from __future__ import annotations

import re
from pathlib import Path

from pmf.data.readers.session import note

_ROLES = {"ID": "id", "LABEL": "type", "START_ID": "head", "END_ID": "tail", "TYPE": "relation"}
_ROLE = re.compile(rf"(?:\w*:|_)({'|'.join(_ROLES)})(?:\(.*\))?", re.IGNORECASE)
_TYPED = re.compile(
    r"(\w+):(?:int|integer|long|float|double|boolean|byte|short|char|string|date|datetime|point|duration)(?:\[\])?",
    re.IGNORECASE,
)
_SURE = re.compile(r"\w*:(?:ID|LABEL|START_ID|END_ID)(?:\(.*\))?")


def plain_names(path: Path, header: list[str]) -> list[str]:
    """The columns of a header as other tables call them; of one that is not Neo4j's, as they are."""
    if not any(map(_SURE.fullmatch, header)):
        return header
    note("guessed", "names of columns are as Neo4j writes them", path=path, count=0, example=", ".join(header))
    return [_plain(name) for name in header]


def _plain(name: str) -> str:
    if role := _ROLE.fullmatch(name):
        return _ROLES[role[1].upper()]
    typed = _TYPED.fullmatch(name)
    return typed[1] if typed else name
