"""Which values of two entities speak for each other: keys are paired by their values, not by their names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pmf.data.graph_pair import GraphPair
from pmf.data.labels import label_of_property

LEAST_ALIKE = 0.2
"""Values that share less than this of their words and letters are not shown beside each other."""
MOST_VALUES = 100  # of an entity are compared
_SAME_KEY = 0.05  # two values of keys called alike go first


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePair:
    """A value of one entity and the value of the other that is most like it.

    Args:
        source_key: what the attribute is called in the source, "name" for a name.
        source_value: as the data has it.
        target_key: the same in the target; "" where nothing there is like it.
        target_value: the same.
        likeness: cosine of their words, letters and numbers (`pmf.features.values.value_tokens`), in [0, 1].
    """

    source_key: str
    source_value: str
    target_key: str
    target_value: str
    likeness: float

    @property
    def sentence(self) -> str:
        """For people: "manufacturer 'SONY' ≈ brand 'Sony Corp.'"."""
        sign = "=" if self.likeness > 1 - 1e-9 else "≈"
        return f"{self.source_key} {self.source_value!r} {sign} {self.target_key} {self.target_value!r}"


def value_pairs(pair: GraphPair, source: int, target: int) -> tuple[ValuePair, ...]:
    """The values of two entities that are like each other, the most alike first, each value once.

    Args:
        pair: the graphs.
        source: source entity id.
        target: target entity id.
    """
    from pmf.features.values import value_tokens  # here, not above: it brings scikit-learn, which takes seconds

    ours, theirs = _values(pair, source), _values(pair, target)
    tokens = [[value_tokens(value) for _, value in side] for side in (ours, theirs)]
    scored = []
    for i, one in enumerate(tokens[0]):
        for j, other in enumerate(tokens[1]):
            alike = _cosine(one, other)
            same = ours[i][0].casefold() == theirs[j][0].casefold()
            scored.append((alike + _SAME_KEY * same, alike, i, j))
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for _, alike, i, j in sorted(scored, key=lambda one: (-one[0], one[2], one[3])):
        if alike < LEAST_ALIKE or i in taken[0] or j in taken[1]:
            continue
        taken[0].add(i)
        taken[1].add(j)
        (key, value), (other_key, other_value) = ours[i], theirs[j]
        pairs.append(
            ValuePair(
                source_key=key, source_value=value, target_key=other_key, target_value=other_value, likeness=alike
            )
        )
    return tuple(sorted(pairs, key=lambda one: -one.likeness))


def _values(pair: GraphPair, entity: int) -> list[tuple[str, str]]:
    """What an entity is called and its attributes with a value, (key, value)."""
    graph, row = pair.locate(entity)
    named = [("name", graph.names[row])] if row in graph.names else []
    rows = np.flatnonzero(graph.attribute_triples[:, 0] == row).tolist()
    keys = [label_of_property(graph.attributes[graph.attribute_triples[i, 1]]) for i in rows]
    valued = [(key, value) for key, i in zip(keys, rows, strict=True) if (value := graph.attribute_values[i])]
    return [*named, *valued][:MOST_VALUES]


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    norm = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return min(1.0, sum(weight * other.get(token, 0.0) for token, weight in one.items()) / norm) if norm else 0.0
