"""Attribute values as nodes of facts, and which of them are the same in both graphs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

_MOST = 5
"""Values of the other graph that one value may equal, besides itself."""

_LEAST_ALIKE = 0.7
"""Cosine of the trigrams of two texts that may be the same."""

_LONGEST = 200
"""Characters of a text that are compared."""

_NUMBER_TOLERANCE = 0.01
_YEAR_TOLERANCE = 0.1
_YEARS = (1000, 2100)

_BLOCK = 4_000_000
"""Products of trigrams at a time, about."""

_COMMON = 2000
"""A trigram in more pairs of texts than this, times the number of texts, lists no candidates."""

_DATE = re.compile(r"[+]?(\d{4})-(\d\d)(?:-(\d\d))?(?:t.*)?")
_SUFFIX = re.compile(r'^"(.*)"(?:@[\w-]+|\^\^.+)?$', re.DOTALL)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Literals:
    """Distinct attribute values of both graphs, which share one numbering.

    Args:
        texts: `[v]`, normalised.
        owned: of each side int64 `[a, 3]`: entity, attribute (both numbered in their graph) and literal.
        source: int64 `[q]`, a literal of the source graph that may equal
        target: int64 `[q]`, this one of the target graph,
        probability: `[q]`, as likely as they are alike: 1 for the same text.
    """

    texts: list[str]
    owned: tuple[Ids, Ids]
    source: Ids
    target: Ids
    probability: Floats

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.texts)

    @classmethod
    def of(cls, pair: GraphPair) -> Literals:
        """All values of a pair of graphs that are not empty."""
        number: dict[str, int] = {}
        owned = []
        for graph, _ in pair.sides():
            rows = [
                (entity, attribute, number.setdefault(text, len(number)))
                for (entity, attribute), value in zip(
                    graph.attribute_triples.tolist(), graph.attribute_values, strict=True
                )
                if value and (text := normalised(value))
            ]
            owned.append(np.array(rows, np.int64).reshape(-1, 3))
        texts = list(number)
        here, there = (np.unique(rows[:, 2]) for rows in owned)
        same = np.intersect1d(here, there)
        close = _close_numbers(texts, here, there)
        alike = _alike_texts(texts, np.setdiff1d(here, there), np.setdiff1d(there, here))
        parts = [(same, same, np.ones(len(same))), close, alike]
        source, target, probability = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(texts, (owned[0], owned[1]), source, target, probability)


def no_literals(pair: GraphPair) -> Literals:
    """As if the pair had no attribute value."""
    nothing = no_ids(0, 3)
    return Literals([], (nothing, nothing), no_ids(), no_ids(), np.zeros(0))


def alike_names(pair: GraphPair, pairs: Ids) -> Floats:
    """How alike the names of pairs of entities int64 `[p, 2]` are, `[p]` in [0, 1], by the cosine of their trigrams.

    0 where one has no name, and in published benchmarks, whose names give the answer away.
    """
    names = ((row + offset, normalised(name)) for graph, offset in pair.sides() for row, name in graph.names.items())
    named = {row: name for row, name in names if name}
    if pair.published or not named or not len(pairs):
        return np.zeros(len(pairs))
    grams = _trigrams().fit(named.values())
    source, target = (csr_array(grams.transform([named.get(row, "") for row in side])) for side in pairs.T.tolist())
    return np.asarray(source.multiply(target).sum(axis=1), np.float64)


def normalised(value: str) -> str:
    """A value as it is compared: without N-Triples marks, in one case and width, blanks counted once."""
    bare = _SUFFIX.sub(r"\1", value.strip()[: 2 * _LONGEST])
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())[:_LONGEST]


def as_number(text: str) -> float | None:
    """The number that a normalised text is, a date as its year with the days as a fraction; else None."""
    if date := _DATE.fullmatch(text):
        year, month, day = (int(part or 1) for part in date.groups())
        return year + (month - 1) / 12 + (day - 1) / 365.25
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _close_numbers(texts: Sequence[str], here: Ids, there: Ids) -> tuple[Ids, Ids, Floats]:
    """Numbers that differ by less than a hundredth, years by less than a tenth of a year; nearest first."""
    sides = []
    for ids in (here, there):
        numbers = [(i, number) for i in ids.tolist() if (number := as_number(texts[i])) is not None]
        rows = np.array([i for i, _ in numbers], np.int64)
        values = np.array([number for _, number in numbers])
        order = values.argsort(kind="stable")
        sides.append((rows[order], values[order]))
    (left, a), (right, b) = sides
    if not len(left) or not len(right):
        return no_ids(), no_ids(), np.zeros(0)
    year = (a >= _YEARS[0]) & (a <= _YEARS[1])
    tolerance = np.where(year, _YEAR_TOLERANCE, _NUMBER_TOLERANCE * np.abs(a))
    middle = np.searchsorted(b, a)
    near = middle[:, None] + np.arange(-_MOST, _MOST)
    there_is = (near >= 0) & (near < len(b))
    near = near.clip(0, len(b) - 1)
    apart = np.abs(b[near] - a[:, None])
    fits = there_is & (apart < tolerance[:, None]) & (right[near] != left[:, None])
    order = np.where(fits, apart, np.inf).argsort(axis=1, kind="stable")[:, :_MOST]
    row = np.repeat(np.arange(len(a)), order.shape[1])
    column = order.ravel()
    kept = fits[row, column]
    row, column = row[kept], column[kept]
    return left[row], right[near[row, column]], 1 - apart[row, column] / tolerance[row]


def _alike_texts(texts: Sequence[str], here: Ids, there: Ids) -> tuple[Ids, Ids, Floats]:
    """Texts of which many trigrams are the same, by their cosine, the rare ones counting more."""
    here, there = (_words(texts, ids) for ids in (here, there))
    if not len(here) or not len(there):
        return no_ids(), no_ids(), np.zeros(0)
    rows = csr_array(_trigrams().fit_transform([texts[i] for i in np.concatenate([here, there])]))
    left, right = rows[: len(here)], rows[len(here) :]
    in_both = np.diff(left.tocsc().indptr).astype(np.int64) * np.diff(right.tocsc().indptr)
    listing = in_both <= _COMMON * max(len(here), len(there))
    work = np.cumsum(left[:, listing] @ np.diff(right[:, listing].tocsc().indptr).astype(np.float32))
    alike: list[tuple[Ids, Ids, Floats]] = []
    cuts = np.unique(np.searchsorted(work, np.arange(0, work[-1] + _BLOCK, _BLOCK)).clip(0, len(here)))
    transposed = right[:, listing].T.tocsr()
    for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(here)], strict=True):
        if end > begin:
            product = csr_array(left[begin:end, listing] @ transposed)
            alike.append(_best(product, here[begin:end], there))
    source, target, cosine = (np.concatenate(column) for column in zip(*alike, strict=True))
    return source, target, cosine


def _trigrams() -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer  # takes a second to import

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), dtype=np.float32)


def _words(texts: Sequence[str], ids: Ids) -> Ids:
    """Those that are no numbers and long enough to be alike in more than a word."""
    return np.array([i for i in ids.tolist() if len(texts[i]) >= 4 and as_number(texts[i]) is None], np.int64)


def _best(product: csr_array, here: Ids, there: Ids) -> tuple[Ids, Ids, Floats]:
    """Of each row the best columns that are alike enough."""
    row = np.repeat(np.arange(product.shape[0]), np.diff(product.indptr))
    good = product.data >= _LEAST_ALIKE
    row, column, cosine = row[good], product.indices[good].astype(np.int64), product.data[good].astype(np.float64)
    order = np.lexsort((-cosine, row))
    row, column, cosine = row[order], column[order], cosine[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < _MOST
    return here[row[kept]], there[column[kept]], cosine[kept].clip(max=1)
