"""Divisions of the links that are published with the data.

| files in the folder or up to two folders below | of |
|---|---|
| `train_links`, `test_links`, optional `valid_links`; entities | OpenEA (`721_5fold/1` … `5`), DBP2.0 (`splits`) |
| `{train,valid,test}_unlinked_ent{1,2}`; entities that have no counterpart | DBP2.0 |
| `sup_ent_ids`, `ref_ent_ids`, optional `dev_ent_ids`; ids | SRPRS, DBP15K as first published, MMEA |

A split is called after its folder, one in the data folder itself "published".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers.session import at, note
from pmf.data.readers.tables import bare, read_rows
from pmf.errors import DataFormatError

ENTITY_FILES = ("train_links", "valid_links", "test_links")
_TASKS = ("they train", "they select", "they test")
ID_FILES = ("sup_ent_ids", "dev_ent_ids", "ref_ent_ids")

Rows = Mapping[str, int]
Unlinked = tuple[tuple[list[str], list[str]], tuple[list[str], list[str]], tuple[list[str], list[str]]]

NO_UNLINKED: Unlinked = (([], []), ([], []), ([], []))


def find_splits(folder: Path, files: tuple[str, str, str]) -> dict[str, Path]:
    """Folders that hold a split, by name.

    Args:
        folder: the data folder.
        files: names of the training, validation and test file.
    """
    splits: dict[str, Path] = {}
    for pattern in (files[0], f"*/{files[0]}", f"*/*/{files[0]}"):
        for path in sorted(folder.glob(pattern)):
            if (path.parent / files[2]).exists():
                name = path.parent.relative_to(folder).as_posix()
                splits["published" if name == "." else name] = path.parent
    return splits


def read_split(
    folder: Path,
    files: tuple[str, str, str],
    entities: tuple[Rows, Rows],
    pairs: Mapping[tuple[int, int], None],
    unlinked: Unlinked = NO_UNLINKED,
) -> PublishedSplit:
    """One split.

    Args:
        folder: where its files lie.
        files: names of the training, validation and test file.
        entities: per side, the entity as the files spell it → its id in the pair.
        pairs: all links of the data set.
        unlinked: what `read_unlinked` found in the folder.

    Returns:
        The parts. A link that is in two of them stays in the first: where a test file lists all links, as that of
        SRPRS does, those of the training file are taken out.

    Raises:
        DataFormatError: a file is malformed, or none of its links is one of the data set.
    """
    taken: dict[tuple[int, int], str] = {}
    parts: list[Ids] = []
    for name in files:
        path = folder / name
        links: dict[tuple[int, int], None] = {}
        lines = read_rows(path, "source", "target") if path.exists() or name != files[1] else ()
        strangers, first = 0, None
        for line, (left, right) in lines:
            link = _either_way(entities, bare(left), bare(right))
            if link not in pairs:
                strangers, first = strangers + 1, first or (line, f"{left} {right}")
                note("left out", "no link of the data set", path=path, unit="link", example=at(line, f"{left} {right}"))
            elif taken.setdefault(link, name) != name:
                why = f"in {taken[link]} too, which has them: {_TASKS[files.index(taken[link])]} only"
                note("changed", why, path=path, unit="link", example=at(line, f"{left} {right}"))
            else:
                links[link] = None
        if first and not links:
            raise DataFormatError(path, line=first[0], expected="a link of the data set", got=first[1])
        parts.append(link_array(links))
    alone = [np.array([entities[s][uri] for s in (0, 1) for uri in part[s]], dtype=np.int64) for part in unlinked]
    return PublishedSplit(
        train=parts[0],
        valid=parts[1],
        test=parts[2],
        unlinked_train=alone[0],
        unlinked_valid=alone[1],
        unlinked_test=alone[2],
    )


def _either_way(entities: tuple[Rows, Rows], left: str, right: str) -> tuple[int, int]:
    """The link of two entities, whichever stands first; -1 for what is none."""
    if left in entities[0] or right in entities[1] or left not in entities[1]:
        return entities[0].get(left, -1), entities[1].get(right, -1)
    return entities[0].get(right, -1), entities[1].get(left, -1)


def read_unlinked(folder: Path) -> Unlinked:
    """The entities without counterpart that a split's folder lists: per part, per side."""
    train, valid, test = (
        (_read_entities(folder / f"{part}_unlinked_ent1"), _read_entities(folder / f"{part}_unlinked_ent2"))
        for part in ("train", "valid", "test")
    )
    return train, valid, test


def _read_entities(path: Path) -> list[str]:
    return [bare(entity) for _, (entity,) in read_rows(path, "entity")] if path.exists() else []


Name = TypeVar("Name", int, str)


def each_once(links: Iterable[tuple[Name, Name]]) -> tuple[dict[tuple[Name, Name], None], tuple[Note, ...]]:
    """Links in order, each once, and a note where some are listed several times."""
    counts = Counter(links)
    repeated = sum(count > 1 for count in counts.values())
    note = Note(kind="known", unit="link", count=repeated, why="listed more than once; each counts once")
    return dict.fromkeys(counts), (note,) if repeated else ()


def link_array(links: Mapping[tuple[int, int], None]) -> Ids:
    """Links as int64 `[l, 2]`, in order."""
    return np.fromiter(chain.from_iterable(links), dtype=np.int64).reshape(-1, 2)


def all_unlinked(splits: Mapping[str, PublishedSplit]) -> Ids:
    """Entities without counterpart of every split, each once, in order."""
    return np.unique(
        np.concatenate(
            [no_ids()] + [p for s in splits.values() for p in (s.unlinked_train, s.unlinked_valid, s.unlinked_test)]
        )
    )
