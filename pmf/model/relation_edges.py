"""The triples of both graphs as edges with their relation, and which relations of the two graphs are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair

_LEAST_AGREEMENT = 0.1


@dataclass(frozen=True, slots=True)
class RelationEdges:
    """One edge for each triple and each of its ends; several between two entities that several relations join.

    Args:
        row: int64 `[e]`, the entity that looks.
        col: int64 `[e]`, the neighbour that it looks at.
        kind: int64 `[e]` in 0 … kinds - 1, the relation and the end from which it is seen; each graph has kinds
            of its own.
        n_entities: of both graphs.
    """

    row: Ids
    col: Ids
    kind: Ids
    n_entities: int

    @classmethod
    def from_triples(cls, triples: Ids, n_entities: int) -> RelationEdges:
        """Build from int64 `[t, 3]` head, relation, tail, numbered through both graphs; loops are left out."""
        head, relation, tail = triples[triples[:, 0] != triples[:, 2]].T
        return cls(
            row=np.concatenate([head, tail]),
            col=np.concatenate([tail, head]),
            kind=np.concatenate([2 * relation, 2 * relation + 1]),
            n_entities=n_entities,
        )

    @classmethod
    def from_pair(cls, pair: GraphPair) -> RelationEdges:
        """All relation triples of both graphs."""
        before, parts = 0, []
        for graph, offset in pair.sides():
            parts.append(graph.relation_triples + np.array([offset, before, offset]))
            before += len(graph.relations)
        return cls.from_triples(np.concatenate(parts), len(pair))

    def aligned_kinds(self, links: Ids, judged: Ids | None = None) -> Ids:
        """Which kinds of the two graphs mean the same, as far as links say so.

        Two kinds, seen from the same end, agree by how many of the linked neighbours that one joins the other joins
        too, of as many as the rarer of them has; few such edges count less. The best agreement is taken first. What a
        person has said of two kinds stands before that.

        Args:
            links: int64 `[l, 2]`, source and target entities known to be the same.
            judged: int64 `[j, 3]`, kind of the source, kind of the target, and whether they mean the same, 1 or 0.

        Returns:
            int64 `[kinds]`, the same number for kinds that mean the same, -1 for one without a counterpart.
        """
        number = np.full(int(self.kind.max(initial=-1)) + 1, -1)
        source, target = (self._among(side) for side in links.T)
        both = source.merge(target, on=["row", "col", "end"], suffixes=("_source", "_target"))
        agreed = both.groupby(["kind_source", "kind_target"]).size().reset_index(name="edges")
        totals = [side["kind"].value_counts() for side in (source, target)]
        rarer = np.minimum(agreed["kind_source"].map(totals[0]), agreed["kind_target"].map(totals[1]))
        agreed["agreement"] = agreed["edges"] / rarer * agreed["edges"] / (agreed["edges"] + 2)
        sure = agreed[agreed["agreement"] >= _LEAST_AGREEMENT].sort_values("agreement", ascending=False, kind="stable")
        verdicts = no_ids(0, 3) if judged is None else judged
        alike = np.concatenate([verdicts[verdicts[:, 2] == 1, :2], sure[["kind_source", "kind_target"]].to_numpy()])
        different = set(map(tuple, verdicts[verdicts[:, 2] == 0, :2].tolist()))
        for i, (one, other) in enumerate(alike.tolist()):
            if (one, other) not in different and number[one] < 0 and number[other] < 0:
                number[one] = number[other] = i
        return number

    def _among(self, entities: Ids) -> pd.DataFrame:
        """The edges between some entities, each by its place among them."""
        place = np.full(self.n_entities, -1)
        place[entities] = np.arange(len(entities))
        edges = pd.DataFrame({"row": place[self.row], "col": place[self.col], "kind": self.kind, "end": self.kind % 2})
        return edges[(edges["row"] >= 0) & (edges["col"] >= 0)].drop_duplicates()
