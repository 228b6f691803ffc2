"""Neighbours of two entities that are matched with each other already: evidence from the graphs. NumPy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmf.data.graph_pair import GraphPair
from pmf.runs.reader import RunReader

Ids = npt.NDArray[np.integer]


def matched_neighbours(
    graphs: GraphPair, source: int, target: int, *, seeds: Ids, best: Ids
) -> list[tuple[int, int, str]]:
    """Pairs of a neighbour of `source` and a neighbour of `target` that belong together.

    Test and validation links are not looked at: this is what the run itself knows.

    Args:
        graphs: the graphs that the run was trained on.
        source: entity id.
        target: entity id.
        seeds: `[s, 2]` seed links.
        best: `[n]`, first candidate of each entity, -1 without one.

    Returns:
        (source neighbour, target neighbour, how it is known), sorted; known as a "seed link", as a "mutual
        prediction" where each is the other's first candidate, or as a "prediction" in one direction.
    """
    near_source, near_target = _neighbours(graphs, source), _neighbours(graphs, target)
    source_of_pair = {(int(a), int(b)): "seed link" for a, b in seeds if a in near_source and b in near_target}
    predicted = [(a, int(best[a])) for a in near_source] + [(int(best[b]), b) for b in near_target]
    for a, b in predicted:
        if a in near_source and b in near_target:
            mutual = best[a] == b and best[b] == a
            source_of_pair.setdefault((a, b), "mutual prediction" if mutual else "prediction")
    return [(a, b, how) for (a, b), how in sorted(source_of_pair.items())]


def first_candidates(run: RunReader) -> Ids:
    """The first candidate of each entity `[n]`, -1 without one."""
    best = np.full(run.n_entities, -1, np.int64)
    table = run.predictions()
    if table is not None:
        best[table["query"].to_numpy()] = [row[0] if len(row) else -1 for row in table["candidates"]]
    return best


def _neighbours(graphs: GraphPair, entity: int) -> set[int]:
    """Entities at the other end of a relation triple, the entity itself left out."""
    graph, row = graphs.locate(entity)
    head, tail = graph.relation_triples[:, 0], graph.relation_triples[:, 2]
    ends = np.union1d(tail[head == row], head[tail == row])
    return {int(end) + entity - row for end in ends if end != row}
