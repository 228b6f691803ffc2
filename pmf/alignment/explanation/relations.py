"""Which relations and attributes of the two graphs say the same, as the rules learn it from a run, with examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pmf.alignment.explanation.reasons import RunReasons
from pmf.logic.relations import Meetings, meetings

EXAMPLES = 5
"""Of each pair of relations, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A triple of either graph whose ends are held to be the same.

    Args:
        source: names of its head and its tail, or value.
        target: names of head and tail of the target's triple, as the target says it.
        probability: that both ends are the same.
    """

    source: tuple[str, str]
    target: tuple[str, str]
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationAlignment:
    """A relation of the source and one of the target, or two attributes, with an example in common.

    Args:
        kind: which of both.
        source: name.
        target: name.
        source_uri: as in the data.
        target_uri: as in the data.
        inverse: whether the target's leads from tail to head where the source's leads from head to tail.
        forward: P(source ⊑ target), in [0, 1]: what the one relates, the other relates too.
        backward: P(target ⊑ source).
        examples: how many triples of the source the target says too, each counted by its probability.
        shown: up to `EXAMPLES` of them, the likeliest first.
    """

    kind: Literal["relation", "attribute"]
    source: str
    target: str
    source_uri: str
    target_uri: str
    inverse: bool
    forward: float
    backward: float
    examples: float
    shown: tuple[Example, ...]

    @property
    def probability(self) -> float:
        """Of the surer of both directions."""
        return max(self.forward, self.backward)


def relation_alignments(known: RunReasons) -> tuple[RelationAlignment, ...]:
    """All pairs of relations and of attributes with an example, the most probable first, then those with more examples.

    Both ends of a triple give the same pair of relations; it is listed as seen from the source's head.

    Args:
        known: what the rules have found of a run.
    """
    contained = known.found.contained
    met = meetings(*known.facts.sides, known.found.equal)
    source, target = known.facts.sides
    keys = source.kind[met.here] * target.n_kinds + target.kind[met.there]
    order = np.lexsort((met.here, -met.probability, keys))
    met = Meetings(met.told, met.here[order], met.there[order], met.probability[order])
    keys = keys[order]
    rows = []
    for place, kinds in enumerate(zip(contained.source.tolist(), contained.target.tolist(), strict=True)):
        if known.from_tail(0, kinds[0]):
            continue
        begin, end = np.searchsorted(keys, kinds[0] * target.n_kinds + kinds[1] + np.arange(2)).tolist()
        inverse = known.from_tail(1, kinds[1])
        rows.append(
            RelationAlignment(
                kind="relation" if kinds[0] < 2 * len(known.graphs.source.relations) else "attribute",
                source=known.relation(0, kinds[0]),
                target=known.relation(1, kinds[1]),
                source_uri=known.relation_uri(0, kinds[0]),
                target_uri=known.relation_uri(1, kinds[1]),
                inverse=inverse,
                forward=float(contained.forward[place]),
                backward=float(contained.backward[place]),
                examples=float(contained.examples[place]),
                shown=_shown(known, met, begin, end, inverse=inverse),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.probability, -row.examples, row.source_uri, row.target_uri)))


def _shown(known: RunReasons, met: Meetings, begin: int, end: int, *, inverse: bool) -> tuple[Example, ...]:
    """The first examples of a range, each fact of the source once."""
    source, target = known.facts.sides
    there_of: dict[int, tuple[int, float]] = {}
    for place in range(begin, end):
        there_of.setdefault(int(met.here[place]), (int(met.there[place]), float(met.probability[place])))
        if len(there_of) == EXAMPLES:
            break
    examples = []
    for here, (there, probability) in there_of.items():
        ends = known.label(int(target.entity[there])), known.label(int(target.neighbour[there]))
        examples.append(
            Example(
                source=(known.label(int(source.entity[here])), known.label(int(source.neighbour[here]))),
                target=ends[::-1] if inverse else ends,
                probability=probability,
            )
        )
    return tuple(examples)
