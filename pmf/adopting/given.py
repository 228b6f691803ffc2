"""The files of a system, read: embeddings by entity, a matrix, or pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.adopting.fusing import Blocks, Table, blocks
from pmf.adopting.layouts import Left, Piece
from pmf.adopting.listed import is_ranked, is_results, read_ranked, read_results
from pmf.adopting.names import FUSED, RELEVANCE, SIMILARITY, WEIGHTS, Called
from pmf.adopting.reading import members, read_numbers
from pmf.adopting.rows import Entities, read_ids
from pmf.adopting.sparse import sparse_entries
from pmf.adopting.tables import Pairs, read_pairs
from pmf.arrays import Ids, no_ids
from pmf.errors import DataFormatError
from pmf.modalities import MODALITIES
from pmf.modalities.whole import WHOLE

EMBEDDINGS, MATRIX, PAIRS = "embeddings", "a similarity of all pairs", "pairs with their scores"

MOST_EPOCHS = 500
"""Up to this number epochs keep theirs; a run folder has room for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """All that came, by entities of the data set; one of embeddings, a matrix or pairs.

    Args:
        layout: of the files, for people.
        embeddings: of the last epoch.
        relevance: `[m, n]` in [0, 1] in the order of their modalities.
        epochs: (number, fused embeddings of that epoch), in order.
        matrix: a similarity `[s, t]`.
        places: int64 `[n]`, the row or column of each entity in it.
        pairs: scored pairs.
    """

    layout: str
    embeddings: Blocks | None = None
    relevance: Table | None = None
    epochs: tuple[tuple[int, Callable[[], Table]], ...] = ()
    matrix: npt.NDArray[Any] | None = None
    places: Ids = field(default_factory=no_ids)
    pairs: Pairs | None = None

    @property
    def kind(self) -> str:
        """What candidates are ranked by: `EMBEDDINGS`, `MATRIX` or `PAIRS`."""
        if self.embeddings:
            return EMBEDDINGS
        return PAIRS if self.matrix is None else MATRIX

    @property
    def modalities(self) -> tuple[str, ...]:
        """Of the run."""
        return self.embeddings.modalities if self.embeddings else (WHOLE.name,)


def read_given(left: Left, entities: Entities) -> Given:
    """Read what another system has left.

    Raises:
        DataFormatError: a file can't be read, or does not fit the data.
    """
    if left.pairs:
        pairs = _pairs(left.pairs, left, entities)
        return Given(layout=pairs.layout, pairs=pairs)
    if left.sparse:
        return Given(layout=left.layout, pairs=_sparse(left.sparse, entities))
    if similar := [piece for piece in left.pieces if piece.called.role == SIMILARITY]:
        return _matrix(similar[0], entities)
    return _embeddings(left, entities)


def _pairs(path: Path, left: Left, entities: Entities) -> Pairs:
    if is_results(path.name):
        return read_results(path, _ids(left, entities), entities)
    return read_ranked(path, entities) if is_ranked(path) else read_pairs(path, entities)


def _embeddings(left: Left, entities: Entities) -> Given:
    ids = _ids(left, entities)
    roles = list(dict.fromkeys(piece.called.role for piece in left.pieces))
    tables = {role: _both_sides(left, role, ids, entities) for role in roles if role in (FUSED, *MODALITIES)}
    fused = tables.pop(FUSED, None)
    names = tuple(name for name in MODALITIES if name in tables)
    weight = _by_modality(left, WEIGHTS, names, ids, entities) if WEIGHTS in roles else None
    if weight is not None and fused is not None:
        entities.say("The weights were not used: the fused embedding shows them itself.")
    made = blocks(fused, {name: tables[name] for name in names}, weight)
    relevance = _by_modality(left, RELEVANCE, names, ids, entities) if RELEVANCE in roles else None
    if relevance is not None:
        if relevance.min() < 0 or relevance.max() > 1:
            path = next(piece.path for piece in left.pieces if piece.called.role == RELEVANCE)
            raise DataFormatError(path, expected="relevance from 0 to 1", got=f"{relevance.min()} … {relevance.max()}")
        rest = np.full((len(made.modalities) - len(names), relevance.shape[1]), np.nan, np.float32)
        relevance = np.concatenate([relevance, rest])  # of the whole nobody says how relevant it is
    if by_place := any(epoch >= MOST_EPOCHS for epoch, _ in left.epochs):
        entities.say(f"Epochs are counted from 0 by their order: their numbers go up to {left.epochs[-1][0]:,}.")
    epochs = tuple(
        (place if by_place else epoch, _later(path, ids, entities)) for place, (epoch, path) in enumerate(left.epochs)
    )
    return Given(layout=left.layout, embeddings=made, relevance=relevance, epochs=epochs)


def _ids(left: Left, entities: Entities) -> dict[int, int] | None:
    """Entity → row, of all id files together; None without one."""
    if not left.ids:
        return None
    together: dict[int, int] = {}
    for side, path in left.ids:
        together |= read_ids(path, entities, side)
    return together


def _both_sides(left: Left, role: str, ids: dict[int, int] | None, entities: Entities) -> Table:
    """One array of both graphs' entities, or one of each side."""
    pieces = {piece.called.side: piece for piece in left.pieces if piece.called.role == role}
    if set(pieces) not in ({""}, {"source", "target"}):
        shown = ", ".join(sorted(piece.path.name for piece in pieces.values()))
        raise DataFormatError(left.path, expected=f"{role} embeddings of both graphs", got=shown)
    if "" in pieces:
        table = _vectors(pieces[""], ids, entities, "")
    else:
        source, target = (_vectors(pieces[side], None, entities, side) for side in ("source", "target"))
        if source.shape[1] != target.shape[1]:
            got = f"{source.shape[1]} and {target.shape[1]}"
            raise DataFormatError(left.path, expected="source and target of one width", got=got)
        table = np.concatenate([source, target])
    if left.mapping:
        matrix = read_numbers(left.mapping).values
        if matrix.shape != (table.shape[1],) * 2:
            got = str(matrix.shape)
            raise DataFormatError(left.mapping, expected=f"{table.shape[1]} × {table.shape[1]} numbers", got=got)
        span = entities.span("source")
        table[span] = table[span] @ matrix.astype(np.float32)
    return table


def _vectors(piece: Piece, ids: dict[int, int] | None, entities: Entities, side: str) -> Table:
    numbers = read_numbers(piece.path, piece.member)
    if numbers.values.ndim != 2 or numbers.values.shape[1] == 0:
        got = f"shape {numbers.values.shape}"
        raise DataFormatError(piece.path, expected="a row of numbers for each entity", got=got)
    return entities.place(numbers, ids, side)


def _by_modality(
    left: Left, role: str, names: tuple[str, ...], ids: dict[int, int] | None, entities: Entities
) -> Table:
    """Weights or relevance, `[m, n]`; a file may have them by entity, or one number a modality."""
    piece = next(piece for piece in left.pieces if piece.called.role == role)
    numbers = read_numbers(piece.path, piece.member)
    values, count = numbers.values, len(entities.pair)
    if values.shape == (len(names),):
        return np.repeat(np.asarray(values, np.float32)[:, None], count, axis=1)
    if values.ndim == 2 and values.shape[0] == len(names) != values.shape[1]:
        numbers = replace(numbers, values=values.T)
    if numbers.values.ndim != 2 or numbers.values.shape[1] != len(names):
        expected = f"{len(names)} columns, one for each of {', '.join(names) or 'the modalities, of which none came'}"
        raise DataFormatError(piece.path, expected=expected, got=f"shape {values.shape}")
    entities.say(f"Columns of {piece.path.name} are taken in the order {', '.join(names)}.")
    return np.ascontiguousarray(entities.place(numbers, ids).T)


def _later(path: Path, ids: dict[int, int] | None, entities: Entities) -> Callable[[], Table]:
    """An epoch's fused embeddings, read when they are needed: all at once may be too many."""
    piece = Piece(Called(FUSED), path, members(path)[0])
    return lambda: _vectors(piece, ids, entities, "")


def _matrix(piece: Piece, entities: Entities) -> Given:
    """A dense similarity."""
    values, pair = read_numbers(piece.path, piece.member).values, entities.pair
    n_target = len(pair) - pair.n_source
    if values.shape != (pair.n_source, n_target):
        raise DataFormatError(
            piece.path, expected=f"{pair.n_source:,} × {n_target:,} similarities", got=f"shape {values.shape}"
        )
    places = np.concatenate([np.arange(pair.n_source), np.arange(n_target)])
    return Given(layout="a similarity", matrix=values, places=places)


def _sparse(path: Path, entities: Entities) -> Pairs:
    """A sparse similarity as scipy saves it: by rows (CSR), by columns (CSC), or each number with its place (COO)."""
    form, shape, data, places = sparse_entries(path)
    pair = entities.pair
    expected = (pair.n_source, len(pair) - pair.n_source)
    if shape != expected:
        wanted = f"a matrix of {expected[0]:,} × {expected[1]:,}"
        raise DataFormatError(path, expected=wanted, got=f"{form} of {shape}")
    rows, columns = places
    return Pairs(layout="a sparse similarity", source=rows, target=columns + pair.n_source, score=data)
