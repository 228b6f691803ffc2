"""The neighbours of an entity, learned by attention over the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pmf.arrays import Flags, Ids
from pmf.modalities.modality import Modality, flags

if TYPE_CHECKING:
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _present(graph: KnowledgeGraph) -> Flags:
    heads, _, tails = graph.relation_triples.T
    other = heads != tails  # a self-loop is no neighbour
    return flags(np.concatenate([heads[other], tails[other]]), len(graph))


def _items(graph: KnowledgeGraph) -> tuple[Ids, Ids]:
    """(relation, direction, neighbour) of each entity."""
    head, relation, tail = graph.relation_triples.T
    edge = np.concatenate([relation, relation + len(graph.relations)])  # as head, as tail
    return np.concatenate([head, tail]), edge * len(graph) + np.concatenate([tail, head])


def _words(pair: GraphPair, entity: int) -> list[str]:
    graph, row = pair.locate(entity)
    heads, _, tails = graph.relation_triples[(graph.relation_triples[:, [0, 2]] == row).any(axis=1)].T
    return [pair.labels[other + entity - row] for other in np.where(heads == row, tails, heads).tolist()]


MODALITY = Modality(
    name="structure",
    place=10,
    title="structure",
    having="a neighbour",
    colour="#009E73",
    dash="solid",
    symbol="circle",
    build=None,
    present=_present,
    items=_items,
    words=_words,
)
