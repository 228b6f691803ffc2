"""The entities around one, few enough to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.shared.services.data_view import DataView
from pmf.arrays import Ids
from pmf.data.graph_pair import KnowledgeGraph
from pmf.data.labels import label_of_property

MOST = 40
RELATIONS_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All relation triples from one entity to another; `relation` names the first few of their relations."""

    head: int
    tail: int
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """What to draw.

    Args:
        entities: ids, the chosen one first, then by hop and the best connected first.
        hops: steps from the chosen one, as long as `entities`.
        edges: every relation between them, self-loops left out.
        left_out: entities within these hops that are not drawn.
    """

    entities: tuple[int, ...]
    hops: tuple[int, ...]
    edges: tuple[Edge, ...]
    left_out: int


def neighbourhood(view: DataView, entity: int, hops: int, most: int = MOST) -> Neighbourhood:
    """The entities at most `hops` relation triples away, `most` of them drawn, the best connected ones.

    Only neighbours of drawn entities are looked for, and counted as left out.
    """
    graph, row = view.pair.locate(entity)
    degree = view.entities["degree"].to_numpy()[entity - row :]
    kept, steps, left_out = np.array([row]), [0], 0
    frontier, seen = kept, kept
    for hop in range(1, hops + 1):
        new = np.setdiff1d(_beside(graph, frontier), seen)
        frontier = new[np.argsort(-degree[new], kind="stable")][: max(0, most - len(kept))]
        left_out += len(new) - len(frontier)
        kept, seen = np.concatenate([kept, frontier]), np.concatenate([seen, new])
        steps += [hop] * len(frontier)
    offset = entity - row
    return Neighbourhood(
        entities=tuple(int(e) + offset for e in kept),
        hops=tuple(steps),
        edges=_edges(graph, kept, offset),
        left_out=left_out,
    )


def _beside(graph: KnowledgeGraph, rows: Ids) -> Ids:
    heads, tails = graph.relation_triples[:, 0], graph.relation_triples[:, 2]
    return np.unique(np.concatenate([tails[np.isin(heads, rows)], heads[np.isin(tails, rows)]]))


def _edges(graph: KnowledgeGraph, rows: Ids, offset: int) -> tuple[Edge, ...]:
    triples = graph.relation_triples
    inside = np.isin(triples[:, 0], rows) & np.isin(triples[:, 2], rows) & (triples[:, 0] != triples[:, 2])
    relations: dict[tuple[int, int], dict[str, None]] = {}
    for head, relation, tail in triples[inside].tolist():
        relations.setdefault((head, tail), {})[label_of_property(graph.relations[relation])] = None
    return tuple(
        Edge(head=head + offset, tail=tail + offset, relation=_joined(list(names)))
        for (head, tail), names in relations.items()
    )


def _joined(names: list[str]) -> str:
    more = f" and {len(names) - RELATIONS_SHOWN} more" if len(names) > RELATIONS_SHOWN else ""
    return ", ".join(names[:RELATIONS_SHOWN]) + more
