"""Bags of relations and of attribute names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair


def relation_bags(pair: GraphPair, size: int) -> csr_array:
    """How often each of the commonest relations touches an entity.

    An edge counts at its head and at its tail, a self-loop twice, a repeated triple each time. Relations of the two
    graphs with the same URI are one relation.

    Args:
        pair: the data set, `n` entities.
        size: relations kept, by triples in both graphs together, ties in order of URI.

    Returns:
        float32 CSR `[n, w]`, w ≤ size.
    """
    columns = _columns(pair.source.relations, pair.target.relations)
    owners, uses = [], []
    for graph, offset in pair.sides():
        heads, relations, tails = graph.relation_triples.T
        owners += [heads + offset, tails + offset]
        uses += [_look_up(columns, graph.relations)[relations]] * 2
    return _commonest(_count(owners, uses, (len(pair), len(columns))), size)


def attribute_bags(pair: GraphPair, size: int) -> csr_array:
    """Which of the commonest attribute names an entity has: 1 or 0, however many values it has.

    Args:
        pair: the data set, `n` entities.
        size: attributes kept, by entities of both graphs that have them, ties in order of URI.

    Returns:
        float32 CSR `[n, w]`, w ≤ size.
    """
    columns = _columns(pair.source.attributes, pair.target.attributes)
    owners, uses = [], []
    for graph, offset in pair.sides():
        entities, attributes = graph.attribute_triples.T
        owners.append(entities + offset)
        uses.append(_look_up(columns, graph.attributes)[attributes])
    bags = _count(owners, uses, (len(pair), len(columns)))
    bags.data[:] = 1
    return _commonest(bags, size)


def _columns(source: list[str], target: list[str]) -> dict[str, int]:
    return {uri: column for column, uri in enumerate(sorted({*source, *target}))}


def _look_up(columns: dict[str, int], uris: list[str]) -> Ids:
    return np.array([columns[uri] for uri in uris], dtype=np.int64)


def _count(owners: list[Ids], uses: list[Ids], shape: tuple[int, int]) -> csr_array:
    rows, columns = np.concatenate(owners), np.concatenate(uses)
    ones: npt.NDArray[np.float32] = np.ones(len(rows), dtype=np.float32)
    return coo_array((ones, (rows, columns)), shape=shape).tocsr()  # sums what falls on one cell


def _commonest(bags: csr_array, size: int) -> csr_array:
    totals = bags.sum(axis=0, dtype=np.float64)
    order = np.argsort(-totals, kind="stable")[:size]  # stable: columns are in order of URI
    kept: csr_array = bags[:, order[totals[order] > 0]]
    return kept
