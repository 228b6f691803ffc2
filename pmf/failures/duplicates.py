"""How alike the graphs describe two entities of one side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair, KnowledgeGraph

Floats = npt.NDArray[np.float64]


def overlaps(pair: GraphPair, left: Ids, right: Ids) -> dict[str, Floats]:
    """Jaccard index of what is said of the entities of pairs, each pair within one side.

    Args:
        pair: the graphs.
        left: int64 `[p]` entity ids.
        right: int64 `[p]`.

    Returns:
        By modality `[p]` in [0, 1], NaN where neither has any. "structure": of (relation, direction, neighbour);
        "relation": of (relation, direction); "attribute": of attributes.
    """
    found = {name: np.full(len(left), np.nan) for name in ("structure", "relation", "attribute")}
    for graph, offset in pair.sides():
        here = np.flatnonzero((left >= offset) & (left < offset + len(graph)))
        if len(here):
            for name, said in _incidence(graph).items():
                found[name][here] = _jaccard(said, left[here] - offset, right[here] - offset)
    return found


def _incidence(graph: KnowledgeGraph) -> dict[str, sparse.csr_array]:
    """What is said of each entity, bool `[n, ·]`, by modality."""
    n, relations = len(graph), len(graph.relations)
    head, relation, tail = graph.relation_triples.T
    entity = np.concatenate([head, tail])
    edge = np.concatenate([relation, relation + relations])  # as head, as tail
    neighbour = np.concatenate([tail, head])
    return {
        "structure": _flags(entity, edge * n + neighbour, n),
        "relation": _flags(entity, edge, n),
        "attribute": _flags(graph.attribute_triples[:, 0], graph.attribute_triples[:, 1], n),
    }


def _flags(entity: Ids, said: Ids, n: int) -> sparse.csr_array:
    """Bool `[n, ·]`, with a column for each different thing said."""
    values, column = np.unique(said, return_inverse=True)
    table = sparse.coo_array((np.ones(len(entity), np.int32), (entity, column)), shape=(n, len(values))).tocsr()
    table.data[:] = 1
    return table


def _jaccard(said: sparse.csr_array, left: Ids, right: Ids) -> Floats:
    both = said[left].multiply(said[right]).sum(axis=1)
    count = said.sum(axis=1)
    either = count[left] + count[right] - both
    share: Floats = np.divide(both, either, out=np.full(len(left), np.nan), where=either > 0)
    return share
