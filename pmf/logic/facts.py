"""What each graph says, as facts of an entity and a neighbour, grouped by neighbour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair
from pmf.logic.literals import Literals, alike_names, no_literals

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts `kind(entity, neighbour)` of one graph, sorted by neighbour, kind and entity, each once.

    A triple is two facts, one from either end: kind 2r is relation r seen from the head, 2r + 1 from the tail. After
    the relations' come the kinds of attributes, whose neighbours are literals. Entities of the same neighbour and kind
    make a group.

    Args:
        entity: int64 `[f]`, by its number in the pair.
        kind: int64 `[f]`, of this graph.
        neighbour: int64 `[f]`, an entity, or a literal, whose numbers come after all entities'.
        n_kinds: of this graph.
        n_nodes: entities and literals of both graphs.
        group: int64 `[f]`, the group of each fact.
        group_start: int64 `[g + 1]`, its facts.
        first_group: int64 `[n_nodes + 1]`, the groups of each neighbour.
        inverse_functionality: `[n_kinds]`, how far a neighbour tells whose it is: neighbours / facts.
        functionality: `[n_kinds]`, how far an entity tells its neighbour: entities / facts.
        by_entity: int64 `[f]`, the facts in order of their entities.
    """

    entity: Ids
    kind: Ids
    neighbour: Ids
    n_kinds: int
    n_nodes: int
    group: Ids = field(init=False)
    group_start: Ids = field(init=False)
    first_group: Ids = field(init=False)
    inverse_functionality: Floats = field(init=False)
    functionality: Floats = field(init=False)
    by_entity: Ids = field(init=False)

    def __post_init__(self) -> None:
        order = np.lexsort((self.entity, self.kind, self.neighbour))
        entity, kind, neighbour = self.entity[order], self.kind[order], self.neighbour[order]
        another = (neighbour[1:] != neighbour[:-1]) | (kind[1:] != kind[:-1])
        fresh = np.append(True, another | (entity[1:] != entity[:-1]))[: len(entity)]
        begins = np.append(True, another)[: len(entity)][fresh]
        entity, kind, neighbour = entity[fresh], kind[fresh], neighbour[fresh]
        start = np.flatnonzero(begins)
        facts = np.bincount(kind, minlength=self.n_kinds)
        groups = np.bincount(kind[start], minlength=self.n_kinds)
        entities = np.bincount(np.unique(kind * self.n_nodes + entity) // self.n_nodes, minlength=self.n_kinds)
        for name, value in (
            ("entity", entity),
            ("kind", kind),
            ("neighbour", neighbour),
            ("group", np.cumsum(begins) - 1),
            ("group_start", np.append(start, len(entity))),
            ("first_group", np.searchsorted(neighbour[start], np.arange(self.n_nodes + 1))),
            ("inverse_functionality", groups / np.maximum(facts, 1)),
            ("functionality", entities / np.maximum(facts, 1)),
            ("by_entity", entity.argsort(kind="stable")),
        ):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.entity)

    def of(self, entity: int) -> Ids:
        """The facts of an entity, int64 `[·]`."""
        begin, end = np.searchsorted(self.entity, [entity, entity + 1], sorter=self.by_entity)
        return self.by_entity[begin:end]

    @property
    def group_kind(self) -> Ids:
        """The kind of each group, int64 `[g]`."""
        return self.kind[self.group_start[:-1]]

    @property
    def group_size(self) -> Ids:
        """Entities of each group, int64 `[g]`."""
        return np.diff(self.group_start)


@dataclass(frozen=True, slots=True)
class FactPair:
    """The facts of both graphs, and which of their literals are the same.

    Args:
        source: of the source graph.
        target: of the target graph.
        literals: pairs of equal or similar literals; none where values are no evidence.
        n_entities: of both graphs.
        alike_names: how alike the names of pairs int64 `[p, 2]` are, `[p]` in [0, 1]; all 0 where values are no
            evidence.
    """

    source: Facts
    target: Facts
    literals: Literals
    n_entities: int
    alike_names: Callable[[Ids], Floats]

    @property
    def sides(self) -> tuple[Facts, Facts]:
        """Source and target."""
        return self.source, self.target

    @classmethod
    def of(cls, pair: GraphPair, *, literals: bool = True) -> FactPair:
        """All relation triples of a pair, and its attribute values if asked for.

        Args:
            pair: the data.
            literals: whether attribute values are evidence.
        """
        values = Literals.of(pair) if literals else no_literals(pair)
        n_nodes = len(pair) + values.count
        sides = []
        for (graph, offset), owned in zip(pair.sides(), values.owned, strict=True):
            head, relation, tail = graph.relation_triples[
                graph.relation_triples[:, 0] != graph.relation_triples[:, 2]
            ].T
            owner, attribute, literal = owned.T
            n_relations = 2 * len(graph.relations)
            sides.append(
                Facts(
                    np.concatenate([head, tail, owner]) + offset,
                    np.concatenate([2 * relation, 2 * relation + 1, n_relations + attribute]),
                    np.concatenate([tail + offset, head + offset, len(pair) + literal]),
                    n_relations + len(graph.attributes),
                    n_nodes,
                )
            )
        names = partial(alike_names, pair) if literals else lambda pairs: np.zeros(len(pairs))
        return cls(sides[0], sides[1], values, len(pair), names)


@dataclass(frozen=True, slots=True)
class Equalities:
    """Which nodes of the two graphs are the same, with what probability, sorted by source node.

    Args:
        source: int64 `[q]`.
        target: int64 `[q]`.
        probability: `[q]`, in (0, 1].
    """

    source: Ids
    target: Ids
    probability: Floats

    @classmethod
    def of(cls, pairs: Ids, probability: Floats, literals: Literals, n_entities: int) -> Equalities:
        """Pairs of entities int64 `[p, 2]` and their probability, and beside them those of literals."""
        source = np.concatenate([pairs[:, 0], n_entities + literals.source])
        target = np.concatenate([pairs[:, 1], n_entities + literals.target])
        weight = np.concatenate([probability, literals.probability])
        order = np.lexsort((target, source))
        return cls(source[order], target[order], weight[order])

    def turned(self) -> Equalities:
        """The same, seen from the target."""
        order = np.lexsort((self.source, self.target))
        return Equalities(self.target[order], self.source[order], self.probability[order])


def expand(counts: Ids) -> tuple[Ids, Ids]:
    """For each of several ranges, its number as often as it is long, and the places within it, int64 `[sum]` each."""
    owner = np.repeat(np.arange(len(counts)), counts)
    if not len(owner):
        return no_ids(), no_ids()
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
