"""How alike the graphs describe two entities of one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.modalities import MODALITIES

Floats = npt.NDArray[np.float64]


def overlaps(pair: GraphPair, left: Ids, right: Ids) -> dict[str, Floats]:
    """Jaccard index of what is said of the entities of pairs, each pair within one side.

    Args:
        pair: the graphs.
        left: int64 `[p]` entity ids.
        right: int64 `[p]`.

    Returns:
        By modality that has items (`Modality.items`) `[p]` in [0, 1], NaN where neither has any.
    """
    overlap = {name: np.full(len(left), np.nan) for name, modality in MODALITIES.items() if modality.items}
    for graph, offset in pair.sides():
        here = np.flatnonzero((left >= offset) & (left < offset + len(graph)))
        if not len(here):
            continue
        for name, shares in overlap.items():
            shares[here] = _jaccard(_incidence(graph, name), left[here] - offset, right[here] - offset)
    return overlap


def _incidence(graph: KnowledgeGraph, name: str) -> sparse.csr_array:
    """What the graph says of each entity in a modality, 0 or 1, `[n, ·]`, a column for each different item."""
    items_of = MODALITIES[name].items
    assert items_of is not None
    entity, items = items_of(graph)
    values, column = np.unique(items, return_inverse=True)
    ones = np.ones(len(entity), np.int32)
    table = sparse.coo_array((ones, (entity, column)), shape=(len(graph), len(values))).tocsr()
    table.data[:] = 1
    return table


def _jaccard(holds: sparse.csr_array, left: Ids, right: Ids) -> Floats:
    both = holds[left].multiply(holds[right]).sum(axis=1)
    count = holds.sum(axis=1)
    either = count[left] + count[right] - both
    share: Floats = np.divide(both, either, out=np.full(len(left), np.nan), where=either > 0)
    return share
