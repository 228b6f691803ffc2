"""Why the rules find a pair probable, factor by factor, and what they hold against it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pmf.config.rules import RuleConfig
from pmf.logic.equality import doubts
from pmf.logic.facts import FactPair
from pmf.logic.inference import Inference

Row = tuple[int, int, int, int, float, float, float, list[float]]
"""Kinds, neighbours, how equal these are, agreement, what it tells, and the factors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One fact of either entity, and what the two together say.

    Args:
        source_kind: of the source's fact, see `Facts`.
        target_kind: of the target's fact.
        source_neighbour: entity or literal.
        target_neighbour: entity or literal; of an objection the one that would fit the source's neighbour, or the
            other way round.
        equal: probability that the two neighbours are the same.
        agreement: the larger of both containments of the relations.
        tells: how far such a neighbour tells whose it is, f⁻¹; of an objection, how far the entity tells its neighbour.
        doubt: log(1 - factor), below 0.
        share: of all doubt on this side, in (0, 1].
    """

    source_kind: int
    target_kind: int
    source_neighbour: int
    target_neighbour: int
    equal: float
    agreement: float
    tells: float
    doubt: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What rules say of one pair.

    Args:
        probability: that they are the same, 1 - Π (1 - factor) over what speaks for it; 0 without any.
        objection: 1 - Π (1 - factor) over what speaks against it.
        speak_for: the strongest first.
        speak_against: the strongest first.
    """

    probability: float
    objection: float
    speak_for: tuple[Factor, ...]
    speak_against: tuple[Factor, ...]


def reasons(facts: FactPair, inference: Inference, source: int, target: int, options: RuleConfig) -> Reasons:
    """What speaks for a pair and what against it.

    For it: what `equality.grounds` multiplies. Against it: a neighbour of the source has a counterpart, and a relation
    that agrees leads from the target elsewhere only, although it seldom leads to two.

    Args:
        facts: of both graphs.
        inference: what is held equal, and which relations agree.
        source: source entity id.
        target: target entity id.
        options: the least factor that counts.

    Source: Suchanek et al., PARIS, VLDB 2011, equations 13 and 14; the objections are shown, not multiplied.
    """
    meeting = _Meeting.of(facts, inference, source, target)
    speaks = _ordered(list(_support(facts, inference, meeting)), options)
    against = _ordered(list(_objections(facts, inference, meeting)), options)
    return Reasons(
        probability=_together(speaks),
        objection=_together(against),
        speak_for=speaks,
        speak_against=against,
    )


def _together(factors: tuple[Factor, ...]) -> float:
    return max(0.0, -math.expm1(sum(factor.doubt for factor in factors)))


@dataclass(frozen=True, slots=True)
class _Meeting:
    """The facts of two entities, laid out so that those that fit are found without comparing all with all.

    Args:
        own: (kind, neighbour) of the source's facts.
        others: neighbour → the kinds of the target's facts with it.
        same: neighbour of the source → its counterparts, each with the probability that it is one.
        agreeing: kind of the source → kinds of the target with an example in common, each with its place.
    """

    own: list[tuple[int, int]]
    others: dict[int, list[int]]
    same: dict[int, dict[int, float]]
    agreeing: dict[int, dict[int, int]]

    @classmethod
    def of(cls, facts: FactPair, inference: Inference, source: int, target: int) -> _Meeting:
        own, others = facts.source.of(source), facts.target.of(target)
        kinds, other_kinds = np.unique(facts.source.kind[own]), np.unique(facts.target.kind[others])
        agreeing: dict[int, dict[int, int]] = {}
        grid = inference.contained.places(kinds[:, None], other_kinds)
        for row, column in np.argwhere(grid >= 0).tolist():
            agreeing.setdefault(int(kinds[row]), {})[int(other_kinds[column])] = int(grid[row, column])
        equal = inference.equal
        neighbours = np.unique(facts.source.neighbour[own])
        ranges = np.searchsorted(equal.source, [neighbours, neighbours + 1]).T.tolist()
        same = {
            neighbour: dict(zip(equal.target[b:e].tolist(), equal.probability[b:e].tolist(), strict=True))
            for neighbour, (b, e) in zip(neighbours.tolist(), ranges, strict=True)
        }
        by_neighbour: dict[int, list[int]] = {}
        for kind, neighbour in zip(
            facts.target.kind[others].tolist(), facts.target.neighbour[others].tolist(), strict=True
        ):
            by_neighbour.setdefault(neighbour, []).append(kind)
        pairs = zip(facts.source.kind[own].tolist(), facts.source.neighbour[own].tolist(), strict=True)
        return cls(list(pairs), by_neighbour, same, agreeing)


def _support(facts: FactPair, inference: Inference, meeting: _Meeting) -> Iterator[Row]:
    source, target = (side.inverse_functionality for side in facts.sides)
    for kind, neighbour in meeting.own:
        agreeing = meeting.agreeing.get(kind, {})
        for other, equal in meeting.same[neighbour].items():
            for other_kind in meeting.others.get(other, ()):
                if other_kind not in agreeing:
                    continue
                place = agreeing[other_kind]
                ways = [
                    (float(inference.contained.forward[place]), float(source[kind])),
                    (float(inference.contained.backward[place]), float(target[other_kind])),
                ]
                agreement, tells = max(ways, key=lambda way: way[0] * way[1])
                strength = [c * f * equal for c, f in ways]
                yield kind, other_kind, neighbour, other, equal, agreement, tells, strength


def _objections(facts: FactPair, inference: Inference, meeting: _Meeting) -> Iterator[Row]:
    for kind, neighbour in meeting.own:
        fits = {node: p for node, p in meeting.same[neighbour].items() if node < facts.n_entities}
        agreeing = meeting.agreeing.get(kind, {})
        if not fits or any(k in agreeing for node in fits for k in meeting.others.get(node, ())):
            continue
        other = max(fits, key=fits.__getitem__)
        for other_kind, place in agreeing.items():
            agreement = float(inference.contained.forward[place])
            tells = float(facts.target.functionality[other_kind])
            strength = [agreement * tells * fits[other]]
            yield kind, other_kind, neighbour, other, fits[other], agreement, tells, strength


def _ordered(rows: list[Row], options: RuleConfig) -> tuple[Factor, ...]:
    """Those that count, the strongest first, each with its share."""
    doubt = [float(doubts(np.array(row[-1]), options).sum()) for row in rows]
    total = sum(doubt)
    factors = [
        Factor(
            source_kind=row[0],
            target_kind=row[1],
            source_neighbour=row[2],
            target_neighbour=row[3],
            equal=row[4],
            agreement=row[5],
            tells=row[6],
            doubt=value,
            share=value / total,
        )
        for row, value in zip(rows, doubt, strict=True)
        if value < 0
    ]
    return tuple(sorted(factors, key=lambda factor: factor.doubt))
