"""How probable it is that two entities are the same, because of neighbours that are and relations that agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.config.rules import RuleConfig
from pmf.logic.facts import Equalities, FactPair, Floats, expand
from pmf.logic.relations import Containments

_BLOCK = 4_000_000
"""Pairs that are looked at together."""

_SUREST = 0.999
"""A single factor is never certain."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Groups of the two graphs whose entities speak for each other: same neighbour, relations that agree.

    Args:
        source: int64 `[k]`, a group of the source, sorted.
        target: int64 `[k]`, a group of the target.
        doubt: `[k]`, log(1 - factor), both directions of containment together, below 0.
        products: pairs of entities in all of them.
        left_out_groups: pairs of groups that the bound left out, the largest first.
        left_out_products: pairs of entities in those.
    """

    source: Ids
    target: Ids
    doubt: Floats
    products: int
    left_out_groups: int
    left_out_products: int


@dataclass(frozen=True, slots=True)
class Likely:
    """Pairs of entities that something speaks for.

    Args:
        pairs: int64 `[p, 2]`, sorted.
        probability: `[p]`.
        grounds: what was looked at.
    """

    pairs: Ids
    probability: Floats
    grounds: Grounds


def grounds(facts: FactPair, equal: Equalities, contained: Containments, options: RuleConfig) -> Grounds:
    """What may speak for a pair, factor by factor: `P(r ⊆ r') · f⁻¹(r) · P(y ≡ y')`, and the same from the other side.

    Args:
        facts: of both graphs.
        equal: which neighbours are the same.
        contained: which relations agree.
        options: the least factor that counts, and the bound on products.
    """
    source, target = facts.sides
    parts = [(no_ids(), no_ids(), np.zeros(0))]
    kinds = source.group_kind, target.group_kind
    for one, other, match in _meetings(facts, equal):
        place = contained.places(kinds[0][one], kinds[1][other])
        known = place >= 0
        one, other, match, place = one[known], other[known], match[known], place[known]
        probability = equal.probability[match]
        forward = contained.forward[place] * source.inverse_functionality[kinds[0][one]] * probability
        backward = contained.backward[place] * target.inverse_functionality[kinds[1][other]] * probability
        doubt = doubts(forward, options) + doubts(backward, options)
        counts = doubt < 0
        parts.append((one[counts], other[counts], doubt[counts]))
    one, other, doubt = (np.concatenate(column) for column in zip(*parts, strict=True))
    size = source.group_size[one] * target.group_size[other]
    bound = options.products_per_fact * (len(source) + len(target))
    smallest = size.argsort(kind="stable")
    kept = np.sort(smallest[np.cumsum(size[smallest]) <= bound])
    order = kept[np.argsort(one[kept], kind="stable")]
    total = int(size.sum())
    products = int(size[kept].sum())
    return Grounds(one[order], other[order], doubt[order], products, len(size) - len(kept), total - products)


def doubts(factors: Floats, options: RuleConfig) -> Floats:
    """log(1 - factor) of each, 0 of those too weak to count; none is quite certain."""
    doubt: Floats = np.log1p(-np.where(factors < options.least_factor, 0, np.minimum(factors, _SUREST)))
    return doubt


def _meetings(facts: FactPair, equal: Equalities) -> Iterator[tuple[Ids, Ids, Ids]]:
    """Pairs of groups (source, target) whose neighbours are held equal, and which equality that is, by blocks."""
    first, second = (side.first_group for side in facts.sides)
    ends = np.diff(first)[equal.source], np.diff(second)[equal.target]
    counts = ends[0] * ends[1]
    for block in _blocks(counts):
        match, place = expand(counts[block])
        match += block.start
        one = first[equal.source[match]] + place // ends[1][match]
        other = second[equal.target[match]] + place % ends[1][match]
        yield one, other, match


def _blocks(counts: Ids) -> Iterator[slice]:
    """Ranges whose counts sum up to a block, or one that alone is larger."""
    total = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        before = int(total[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(total, before + _BLOCK, side="right")), begin + 1)
        yield slice(begin, end)
        begin = end


def likely_pairs(facts: FactPair, why: Grounds, options: RuleConfig) -> Likely:
    """Every pair of entities with the probability `1 − Π (1 − factor)`, of those that are probable enough.

    Goes through the source entities by blocks, so that memory holds one block and what is kept.

    Args:
        facts: of both graphs.
        why: what speaks for whom.
        options: the least probability.
    """
    source, target = facts.sides
    entity, group = source.entity[source.by_entity], source.group[source.by_entity]
    first = np.searchsorted(why.source, np.arange(len(source.group_start)))
    size = target.group_size[why.target]
    before = np.append(0, np.cumsum(size))
    work = before[first[group + 1]] - before[first[group]]
    pairs, doubts = [no_ids(0, 2)], [np.zeros(0)]
    for block in _whole_entities(work, entity):
        here, groups = entity[block], group[block]
        fact, place = expand(first[groups + 1] - first[groups])
        ground = first[groups[fact]] + place
        which, place = expand(size[ground])
        other = target.entity[target.group_start[why.target[ground[which]]] + place]
        key = here[fact[which]] * facts.n_entities + other
        order = key.argsort(kind="stable")
        key, doubt = key[order], why.doubt[ground[which[order]]]
        start = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
        if len(start):
            total = np.add.reduceat(doubt, start)
            enough = -np.expm1(total) >= options.least_probability
            key = key[start[enough]]
            pairs.append(np.stack([key // facts.n_entities, key % facts.n_entities], axis=1))
            doubts.append(total[enough])
    return Likely(np.concatenate(pairs), -np.expm1(np.concatenate(doubts)), why)


def _whole_entities(work: Ids, entity: Ids) -> Iterator[slice]:
    """Blocks of facts, sorted by entity, that part no entity."""
    for block in _blocks(_per_entity(work, entity)):
        ends = np.flatnonzero(np.append(entity[1:] != entity[:-1], True)) + 1
        yield slice(0 if block.start == 0 else int(ends[block.start - 1]), int(ends[block.stop - 1]))


def _per_entity(work: Ids, entity: Ids) -> Ids:
    starts = np.flatnonzero(np.append(True, entity[1:] != entity[:-1])[: len(entity)])
    return np.add.reduceat(work, starts) if len(starts) else no_ids()
