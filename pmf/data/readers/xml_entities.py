"""Entities that an XML file declares: a few lines of them can stand for more text than any memory holds."""

from __future__ import annotations

import re

DECLARED = b"<!ENTITY"
_ENTITY = re.compile(rb"""<!ENTITY\s+(?:%\s+)?([^\s"'>]+)\s+(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"[&%]([^\s;&%#]+);")


def expanded_size(data: bytes, most: int) -> int:
    """How many bytes the entities of a file stand for in all, each as often as it is referred to.

    Args:
        data: the file, from its first declaration on.
        most: a number above which the exact one does not matter.

    Returns:
        Their bytes, at most `most` + 1; `most` + 1 too where one refers to itself.
    """
    values = {match[1]: match[2] if match[2] is not None else match[3] for match in _ENTITY.finditer(data)}
    sizes: dict[bytes, int] = {}

    def size(name: bytes, inside: frozenset[bytes]) -> int:
        if name in inside or len(inside) > 100:
            return most + 1
        if name not in sizes:
            value = values.get(name, b"")
            parts = (size(match[1], inside | {name}) for match in _REFERENCE.finditer(value))
            sizes[name] = min(len(value) + sum(parts), most + 1)
        return sizes[name]

    total = 0
    for match in _REFERENCE.finditer(data):
        total += size(match[1], frozenset()) if match[1] in values else 0
        if total > most:
            return most + 1
    return total
