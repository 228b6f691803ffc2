"""Candidate pairs that were blocked elsewhere, as pairs of entities: unknown ids and repeated pairs counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pmf.arrays import Ids
from pmf.data.notes import EXAMPLES, Note, counted
from pmf.data.readers.candidate_files import Piece, pieces
from pmf.data.readers.curies import Curies
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import at, begin, note
from pmf.data.reading import Reading
from pmf.errors import DataFormatError

MOST_SPELLED = 100_000
"""Unknown ids that are sought in other spellings: each takes some 0.1 ms, and there may be as many as rows."""

Rows = tuple[Ids, Ids]
"""Of ids the rows of the source entities and of the target entities that have them, -1 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePairs:
    """Pairs of entities, each once, ordered by source, then target.

    Args:
        source: int64 `[p]`, entity ids.
        target: int64 `[p]`.
        rows: rows of the file.
        notes: what was not taken as it stands.
    """

    source: Ids
    target: Ids
    rows: int
    notes: tuple[Note, ...] = ()


def read_candidates(path: Path, source: Sequence[str], target: Sequence[str], known: Ids) -> CandidatePairs:
    """The pairs of a file, see `pmf.data.readers.candidate_files`; rows that name none are left out and counted.

    An id that fits one entity but for its spelling is taken for it. A row that names the target first is turned; where
    both graphs share ids, all rows are or none, whichever holds more of the known links.

    Args:
        path: the file, or a folder of Parquet files.
        source: ids of the source entities.
        target: ids of the target entities, which are numbered behind those of the source.
        known: links `[l, 2]` that are given.

    Raises:
        DataFormatError: it can't be read, no two columns of it hold ids, or no row names an entity of either graph.
    """
    with begin(path.parent, Reading()) as session:
        finder = _Finder(path, source, target)
        straight, crossed, rows = [], [], 0
        for piece in pieces(path, (finder.near[0], finder.near[1])):
            one, other = finder.pairs(piece)
            straight.append(one)
            crossed.append(other)
            rows += len(piece.lines)
        keys = finder.chosen(np.concatenate([*straight]), np.concatenate([*crossed]), known, rows)
        pairs = np.unique(keys)
        if repeated := len(keys) - len(pairs):
            note("known", "listed more than once; each counts once", path=path, unit="pair", count=repeated)
    first, second = np.divmod(pairs, len(target))
    return CandidatePairs(source=first, target=second + len(source), rows=rows, notes=session.notes.done())


class _Finder:
    """Ids of a file looked up in both graphs.

    Args:
        path: the file.
        source: ids of the source entities.
        target: ids of the target entities.
    """

    def __init__(self, path: Path, source: Sequence[str], target: Sequence[str]) -> None:
        self.path, self.n_source, self.n_target = path, len(source), len(target)
        self.near = [NearIds({text: row for row, text in enumerate(side)}) for side in (source, target)]
        self.shared = not self.near[0].rows.keys().isdisjoint(self.near[1].rows)
        self._sides = [pa.array(side, pa.string()) for side in (source, target)]
        self._curies = Curies(path)
        self._spelled: dict[str, tuple[int, int]] = {}  # unknown id → what it stands for on either side
        self._first_unknown = ""

    def pairs(self, piece: Piece) -> tuple[Ids, Ids]:
        """Keys, source row × targets + target row, of the rows that name the source first, and of the others.

        Where both graphs share ids, a row may be among both.
        """
        left, right = (self._rows(texts) for texts in piece.ends)
        lost = np.flatnonzero(~_fits(left, right) & ~_fits(right, left))
        if len(lost):
            for texts, rows in zip(piece.ends, (left, right), strict=True):
                self._spell(texts.take(pa.array(lost)), rows, lost)
            self._leave_out(piece, left, right, lost[~_fits(left, right)[lost] & ~_fits(right, left)[lost]])
        straight, crossed = _fits(left, right), _fits(right, left)
        if not self.shared:
            crossed &= ~straight
        return (left[0] * self.n_target + right[1])[straight], (right[0] * self.n_target + left[1])[crossed]

    def chosen(self, straight: Ids, crossed: Ids, known: Ids, rows: int) -> Ids:
        """The keys that count, of all rows that name the source first and of all that name the target first.

        Raises:
            DataFormatError: there are none.
        """
        if self.shared and len(crossed):
            links = known[:, 0] * self.n_target + known[:, 1] - self.n_source
            held = [np.isin(links, keys).sum() for keys in (straight, crossed)]
            turn = held[1] > held[0] or not len(straight)
            straight, crossed = (straight[:0], crossed) if turn else (straight, crossed[:0])
        if not len(straight) + len(crossed):
            ids = " and ".join(f"{next(iter(near.rows), 'none')}" for near in self.near)
            got = f"{counted(rows, 'row')}{self._first_unknown and f', the first {self._first_unknown}'}"
            raise DataFormatError(self.path, expected=f"pairs of ids of the run such as {ids}", got=got)
        if len(crossed):
            note("changed", "the target stands first: turned", path=self.path, unit="pair", count=len(crossed))
        return np.concatenate([straight, crossed])

    def _rows(self, texts: pa.Array) -> Rows:
        found = (pc.index_in(texts, value_set=side, skip_nulls=True).fill_null(-1) for side in self._sides)
        one, other = (np.array(rows.to_numpy(zero_copy_only=False), np.int64) for rows in found)
        return one, other

    def _spell(self, texts: pa.Array, rows: Rows, lost: Ids) -> None:
        """Put in what ids that neither graph has stand for."""
        words = pc.dictionary_encode(texts.fill_null(""))
        codes = words.indices.to_numpy(zero_copy_only=False)
        unknown = (rows[0][lost] < 0) & (rows[1][lost] < 0)
        meaning = np.full((2, len(words.dictionary)), -1, np.int64)
        for code in np.unique(codes[unknown]).tolist():
            if text := words.dictionary[code].as_py():
                meaning[:, code] = self._meaning(text)
        for side in (0, 1):
            rows[side][lost[unknown]] = meaning[side][codes[unknown]]

    def _meaning(self, text: str) -> tuple[int, int]:
        if text in self._spelled:
            return self._spelled[text]
        if len(self._spelled) >= MOST_SPELLED:
            return -1, -1
        full = self._curies.spelled(text, *self.near)
        (one, how), (other, how_other) = (near.find(full) for near in self.near)
        if one is not None or other is not None:
            fits = how or how_other or "once its prefix is written out"
            note("changed", f"not as in the graph, but one entity fits {fits}", path=self.path, unit="id", example=text)
        elif len(self._spelled) == MOST_SPELLED - 1:
            why = f"the first {MOST_SPELLED:,} unknown ids were sought in other spellings, the rest as they are written"
            note("known", why, path=self.path, count=0)
        self._spelled[text] = (-1 if one is None else one, -1 if other is None else other)
        return self._spelled[text]

    def _leave_out(self, piece: Piece, left: Rows, right: Rows, rows: Ids) -> None:
        """Count rows that name no entity of each graph, by what is wrong with them."""
        empty = np.any([pc.equal(texts.fill_null(""), "").to_numpy(False) for texts in piece.ends], axis=0)[rows]
        known = np.sum([(side[0][rows] >= 0) | (side[1][rows] >= 0) for side in (left, right)], axis=0)
        for why, which in {
            "no id": empty,
            "neither id is in the data": ~empty & (known == 0),
            "one of the two ids is in neither graph": ~empty & (known == 1),
            "both ids are of the same graph": ~empty & (known == 2),
        }.items():
            shown = rows[which][:EXAMPLES].tolist()
            for place in shown:
                text = at(piece.lines[place], ", ".join(ends[place].as_py() or "" for ends in piece.ends))
                self._first_unknown = self._first_unknown or text
                note("left out", why, path=self.path, example=text)
            if more := int(which.sum()) - len(shown):
                note("left out", why, path=self.path, count=more)


def _fits(first: Rows, second: Rows) -> npt.NDArray[np.bool_]:
    """Which rows name a source entity first, and then a target entity."""
    return np.asarray((first[0] >= 0) & (second[1] >= 0))
