"""Bags of relations and of attribute names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair


def relation_bags(pair: GraphPair, size: int, columns_of: GraphPair | None = None) -> csr_array:
    """How often each of the commonest relations touches an entity.

    An edge counts at its head and at its tail, a self-loop twice, a repeated triple each time. Relations of the two
    graphs with the same URI are one relation.

    Args:
        pair: the data set, `n` entities.
        size: relations kept, by triples in both graphs together, ties in order of URI.
        columns_of: the pair whose commonest relations count, None = this one.

    Returns:
        float32 CSR `[n, w]`, w ≤ size.
    """
    return _bags(_relations, pair, size, columns_of)


def attribute_bags(pair: GraphPair, size: int, columns_of: GraphPair | None = None) -> csr_array:
    """Which of the commonest attribute names an entity has: 1 or 0, however many values it has.

    Args:
        pair: the data set, `n` entities.
        size: attributes kept, by entities of both graphs that have them, ties in order of URI.
        columns_of: the pair whose commonest attributes count, None = this one.

    Returns:
        float32 CSR `[n, w]`, w ≤ size.
    """
    return _bags(_attributes, pair, size, columns_of)


Counts = tuple[csr_array, list[str]]
"""`[n, w]`, and the URI of each column, sorted."""


def _bags(count: Callable[[GraphPair], Counts], pair: GraphPair, size: int, columns_of: GraphPair | None) -> csr_array:
    counts, uris = count(pair)
    model = columns_of or pair
    kept = _commonest(*((counts, uris) if model is pair else count(model)), size)
    place = {uri: column for column, uri in enumerate(uris)}
    nobody = len(uris)  # the place of an empty column, for what this pair does not have
    wider = csr_array((counts.data, counts.indices, counts.indptr), shape=(len(pair), nobody + 1))
    bags: csr_array = wider[:, [place.get(uri, nobody) for uri in kept]]
    return bags


def _relations(pair: GraphPair) -> Counts:
    columns = _columns(pair.source.relations, pair.target.relations)
    owners, uses = [], []
    for graph, offset in pair.sides():
        heads, relations, tails = graph.relation_triples.T
        owners += [heads + offset, tails + offset]
        uses += [_look_up(columns, graph.relations)[relations]] * 2
    return _count(owners, uses, (len(pair), len(columns))), [*columns]


def _attributes(pair: GraphPair) -> Counts:
    columns = _columns(pair.source.attributes, pair.target.attributes)
    owners, uses = [], []
    for graph, offset in pair.sides():
        entities, attributes = graph.attribute_triples.T
        owners.append(entities + offset)
        uses.append(_look_up(columns, graph.attributes)[attributes])
    bags = _count(owners, uses, (len(pair), len(columns)))
    bags.data[:] = 1
    return bags, [*columns]


def _columns(source: list[str], target: list[str]) -> dict[str, int]:
    return {uri: column for column, uri in enumerate(sorted({*source, *target}))}


def _look_up(columns: dict[str, int], uris: list[str]) -> Ids:
    return np.array([columns[uri] for uri in uris], dtype=np.int64)


def _count(owners: list[Ids], uses: list[Ids], shape: tuple[int, int]) -> csr_array:
    rows, columns = np.concatenate(owners), np.concatenate(uses)
    ones: npt.NDArray[np.float32] = np.ones(len(rows), dtype=np.float32)
    return coo_array((ones, (rows, columns)), shape=shape).tocsr()  # sums what falls on one cell


def _commonest(counts: csr_array, uris: list[str], size: int) -> list[str]:
    totals = counts.sum(axis=0, dtype=np.float64)
    order = np.argsort(-totals, kind="stable")[:size]  # stable: columns are in order of URI
    return [uris[column] for column in order[totals[order] > 0]]
