"""What the terms on screen mean, as `assets/docs/glossary.md` says: the words that appear when one points at them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pmf.places import ASSETS

GLOSSARY = ASSETS / "docs" / "glossary.md"
_ENTRY = re.compile(r"^(?:[-*] )?\*\*(?P<terms>[^*]+)\*\*(?:\s*\([^)]*\))?\s*[:.–—-]?\s*(?P<text>.*)$")


def meaning(term: str) -> str | None:
    """What a term means, in a sentence or two; None where the glossary does not have it."""
    return entries(GLOSSARY).get(_folded(term))


@cache
def entries(file: Path) -> dict[str, str]:
    """Every term of a glossary, in lower case → its meaning; of an entry "**a, b**: …" both; empty without a file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    lines_of: dict[str, list[str]] = {}
    names: list[str] = []
    for line in map(str.strip, lines):
        if match := _ENTRY.match(line):
            names = [_folded(term) for term in match["terms"].split(",")]
            lines_of |= {name: [match["text"]] for name in names}
        elif not line or line.startswith(("#", "|")):
            names = []
        else:
            for name in names:
                lines_of[name].append(line)
    return {name: " ".join(filter(None, parts)) for name, parts in lines_of.items()}


def _folded(term: str) -> str:
    return " ".join(term.strip().strip(":.").casefold().split())
