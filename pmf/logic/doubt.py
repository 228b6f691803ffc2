"""Known pairs that the rules speak against: links that may be wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmf.arrays import Ids
from pmf.config.rules import RuleConfig
from pmf.logic.equality import likely_pairs
from pmf.logic.facts import FactPair, Floats
from pmf.logic.inference import Inference, Known, infer

_OWN = 0.05
_RIVAL = 0.7

CLEAR = 0.9
"""Probability of the rival from which on a link is clearly doubted: a person is told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Known pairs that nothing speaks for, and for one of whose entities another counterpart is likely.

    Args:
        places: int64 `[d]`, in the pairs that were asked about, the likeliest rival first.
        own: `[d]`, probability of each by what its neighbours and values say, its own equality left aside.
        rivals: int64 `[d, 2]`, the likelier pair.
        rival_probability: `[d]`.
    """

    places: Ids
    own: Floats
    rivals: Ids
    rival_probability: Floats

    def clear(self) -> Doubt:
        """The clear cases."""
        keep = self.rival_probability >= CLEAR
        return Doubt(
            places=self.places[keep],
            own=self.own[keep],
            rivals=self.rivals[keep],
            rival_probability=self.rival_probability[keep],
        )


def wrong_seeds(facts: FactPair, known: Known, options: RuleConfig) -> tuple[Inference, Doubt]:
    """Which seeds the rules doubt, and what they infer from the others.

    Wrong seeds stand in each other's way: those that are doubted at first are no evidence the second time, when all of
    them are looked at again.

    Args:
        facts: of both graphs.
        known: what the rules start from.
        options: bounds.
    """
    inference = infer(facts, known, options)
    first = doubtful(facts, inference, known.seeds, options)
    if not len(first.places):
        return inference, first
    inference = infer(facts, replace(known, seeds=np.delete(known.seeds, first.places, axis=0)), options)
    return inference, doubtful(facts, inference, known.seeds, options)


def doubtful(facts: FactPair, inference: Inference, pairs: Ids, options: RuleConfig) -> Doubt:
    """Which pairs the rules doubt.

    A pair's own equality is no evidence for itself, only what its neighbours say counts: a wrong link among right ones
    stands alone, and its entities' true counterparts are found beside it. An entity with few neighbours is never
    doubted for that: there must be a likely rival, whose names are not less alike.

    Args:
        facts: of both graphs.
        inference: what the rules have found, from these pairs or others.
        pairs: int64 `[p, 2]`, held to be the same.
        options: bounds.
    """
    likely = likely_pairs(facts, inference.grounds, options)
    number = np.array([facts.n_entities, 1])
    keys, wanted = likely.pairs @ number, pairs @ number
    if not len(keys) or not len(pairs):
        nothing = np.zeros(0)
        return Doubt(places=np.zeros(0, np.int64), own=nothing, rivals=pairs[:0], rival_probability=nothing)
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    own = np.where(keys[place] == wanted, likely.probability[place], 0.0)
    others = np.flatnonzero(~np.isin(keys, wanted))
    best = np.full(facts.n_entities, -1)
    rising = others[likely.probability[others].argsort(kind="stable")]
    for side in (0, 1):
        best[likely.pairs[rising, side]] = rising  # the last one written is the most probable
    rival = np.where(
        _of(likely.probability, best[pairs[:, 0]]) >= _of(likely.probability, best[pairs[:, 1]]), *best[pairs.T]
    )
    against = _of(likely.probability, rival)
    places = np.flatnonzero((own < _OWN) & (against > _RIVAL))
    of_pair, of_rival = facts.alike_names(np.concatenate([pairs[places], likely.pairs[rival[places]]])).reshape(2, -1)
    places = places[of_pair <= of_rival]
    places = places[(-against[places]).argsort(kind="stable")]
    return Doubt(
        places=places,
        own=own[places],
        rivals=likely.pairs[rival[places]],
        rival_probability=against[places],
    )


def _of(probability: Floats, places: Ids) -> Floats:
    """The probability at each place, 0 at -1."""
    return np.where(places >= 0, probability[places], 0.0)
