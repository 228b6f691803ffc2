"""Which entities are the same and which relations agree, each inferred from the other in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.config.rules import RuleConfig
from pmf.logic.choice import greedy_one_to_one
from pmf.logic.equality import Grounds, Likely, grounds, likely_pairs
from pmf.logic.facts import Equalities, FactPair, Floats
from pmf.logic.relations import Containments, containments
from pmf.progress import tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rules start from. Test links and validation links are not among it.

    Args:
        seeds: int64 `[s, 2]`, pairs known to be the same, probability 1 throughout.
        supposed: int64 `[m, 2]`, pairs that something else thinks the same; they count in the first round only.
        supposed_probability: `[m]`.
        rejected: int64 `[r, 2]`, pairs that are not the same.
        alone: int64 `[a]`, entities that have no counterpart.
        relations: int64 `[k, 3]`, pairs of kinds that a person has judged, see `Containments.settled`.
    """

    seeds: Ids
    supposed: Ids = field(default_factory=lambda: no_ids(0, 2))
    supposed_probability: Floats = field(default_factory=lambda: np.zeros(0))
    rejected: Ids = field(default_factory=lambda: no_ids(0, 2))
    alone: Ids = field(default_factory=no_ids)
    relations: Ids = field(default_factory=lambda: no_ids(0, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What the rules have found so far.

    Args:
        pairs: int64 `[p, 2]`, one-to-one, none of an entity that is in a seed.
        probability: `[p]`.
        contained: how far relations agree, as it stood when these pairs were found.
        equal: what was held equal then.
        grounds: what was looked at, with the count of what was left out.
    """

    pairs: Ids
    probability: Floats
    contained: Containments
    equal: Equalities
    grounds: Grounds


def infer(facts: FactPair, known: Known, options: RuleConfig) -> Inference:
    """The last of `rounds`."""
    for inference in rounds(facts, known, options):
        last = inference
    return last


def rounds(facts: FactPair, known: Known, options: RuleConfig) -> Iterator[Inference]:
    """Relations from pairs, pairs from relations, again and again.

    Args:
        facts: of both graphs.
        known: what it starts from.
        options: how often, and what counts.

    Yields:
        What each round has found.

    Source: Suchanek et al., PARIS, VLDB 2011. Ours: a one-to-one choice after each round instead of the best
    counterpart of each, what a model thinks as a start, and a bound on the pairs that are looked at.
    """
    pairs, probability = known.supposed, known.supposed_probability
    for done in range(options.inference_rounds):
        tell("rules", done, options.inference_rounds)
        every = np.concatenate([known.seeds, pairs])
        weight = np.concatenate([np.ones(len(known.seeds)), probability])
        equal = Equalities.of(every, weight, facts.literals, facts.n_entities)
        contained = containments(facts, equal).settled(known.relations)
        why = grounds(facts, equal, contained, options)
        likely = allowed(likely_pairs(facts, why, options), known, facts.n_entities)
        chosen = greedy_one_to_one(likely.pairs, likely.probability, facts.n_entities)
        pairs, probability = likely.pairs[chosen], likely.probability[chosen]
        yield Inference(pairs=pairs, probability=probability, contained=contained, equal=equal, grounds=why)
    tell("rules", options.inference_rounds, options.inference_rounds)


def likely_once(facts: FactPair, known: Known, options: RuleConfig) -> Likely:
    """Every pair that one round finds, a source with several targets as well; nothing is chosen."""
    first = infer(facts, known, replace(options, inference_rounds=1))
    return allowed(likely_pairs(facts, first.grounds, options), known, facts.n_entities)


def allowed(likely: Likely, known: Known, n_entities: int) -> Likely:
    """The pairs of entities that nothing is settled about, and that nobody has said are not the same."""
    settled = np.zeros(n_entities, np.bool_)
    settled[known.seeds.ravel()] = settled[known.alone] = True
    key = likely.pairs @ np.array([n_entities, 1])
    free = ~settled[likely.pairs].any(axis=1) & ~np.isin(key, known.rejected @ np.array([n_entities, 1]))
    return Likely(likely.pairs[free], likely.probability[free], likely.grounds)
