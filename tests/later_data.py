"""A small data set in two states: before entities came, changed and went, and after."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

NEW = {1: {3, 11, 60}, 2: {3, 11}}
"""Numbers of the entities of either side that the first state does not have; 3 and 11 are linked."""

GONE = 50
"""Number of a linked pair that the second state does not have."""

VALUE, PICTURE = 30, 20
"""Numbers of the source entities whose value, and whose picture, is another one in the second state."""


def uri(side: int, number: int) -> str:
    """As in `tiny_data`."""
    return f"http://tiny.example/{side}/e{number}"


def two_states(tiny: Path, folder: Path) -> tuple[Path, Path]:
    """`tiny_data` without the new entities, and without the one that is gone."""
    before = _without(tiny, folder / "before", {uri(side, i) for side, numbers in NEW.items() for i in numbers})
    after = _without(tiny, folder / "after", {uri(side, GONE) for side in (1, 2)})
    values = after / "attr_triples_1"
    values.write_text(values.read_text() + f"{uri(1, VALUE)}\tkey 1\tanother value\n")
    shutil.copy(tiny / "images_1" / "02.png", after / "images_1" / f"{PICTURE}.png")
    return before, after


def _without(tiny: Path, folder: Path, uris: Collection[str]) -> Path:
    shutil.copytree(tiny, folder)
    for name in ("rel_triples", "attr_triples", "names", "images", "ent_links"):
        for path in folder.glob(f"{name}*"):
            if path.is_file():
                lines = path.read_text().splitlines(keepends=True)
                path.write_text("".join(line for line in lines if uris.isdisjoint(line.rstrip("\n").split("\t"))))
    return folder
