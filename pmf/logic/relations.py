"""How far relations of one graph are contained in relations of the other, judged by pairs that are held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmf.arrays import Ids
from pmf.logic.facts import Equalities, FactPair, Facts, Floats, expand

_DOUBT = 0.5
"""Added to the number of examples: a containment seen once is not yet certain."""


@dataclass(frozen=True, slots=True)
class Containments:
    """Pairs of kinds that have an example in common, or that a person has judged, sorted.

    Args:
        source: int64 `[c]`, kind of the source graph.
        target: int64 `[c]`, kind of the target graph.
        forward: `[c]`, P(source ⊆ target): entities that the one relates, the other relates too.
        backward: `[c]`, P(target ⊆ source).
        examples: `[c]`, facts of the source that say so, by their probability.
        n_target_kinds: of the target graph.
    """

    source: Ids
    target: Ids
    forward: Floats
    backward: Floats
    examples: Floats
    n_target_kinds: int

    def __len__(self) -> int:
        return len(self.source)

    def places(self, source: Ids, target: Ids) -> Ids:
        """Where pairs of kinds stand, -1 for those without an example, int64 of their shape."""
        keys = self.source * self.n_target_kinds + self.target
        wanted = source * self.n_target_kinds + target
        if not len(keys):
            return np.full(wanted.shape, -1)
        place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        return np.where(keys[place] == wanted, place, -1)

    def place(self, source: int, target: int) -> int:
        """As `places`, of one pair of kinds."""
        return int(self.places(np.array(source), np.array(target)))

    def settled(self, judged: Ids) -> Containments:
        """The same, but certain of pairs that a person has judged: 1 both ways where they mean the same, else 0.

        Args:
            judged: int64 `[k, 3]`, kind of the source, kind of the target, and 1 or 0; it may have no example.
        """
        keys, wanted = (
            source * self.n_target_kinds + target for source, target in ((self.source, self.target), judged.T[:2])
        )
        every = np.union1d(keys, wanted)
        forward, backward, examples = columns = np.zeros((3, len(every)))
        columns[:, np.searchsorted(every, keys)] = self.forward, self.backward, self.examples
        columns[:2, np.searchsorted(every, wanted)] = judged[:, 2]
        n_targets = self.n_target_kinds
        return Containments(every // n_targets, every % n_targets, forward, backward, examples, n_targets)


def containments(facts: FactPair, equal: Equalities) -> Containments:
    """Both directions of all pairs of kinds that have an example.

    Of the facts of a kind whose two ends both have a counterpart, the share that the other graph also says, each
    counted with the probability of its two equalities; ½ is added to their number.

    Args:
        facts: of both graphs.
        equal: what is held equal so far, entities and literals.

    Source: Suchanek et al., PARIS, VLDB 2011, equation 12; the ½ is ours.
    """
    turned = equal.turned()
    n_targets = facts.target.n_kinds
    kinds, share, seen = _contained(facts.source, facts.target, equal)
    back_kinds, back_share, _ = _contained(facts.target, facts.source, turned)
    keys = kinds[0] * n_targets + kinds[1]
    back_keys = back_kinds[1] * n_targets + back_kinds[0]
    every = np.union1d(keys, back_keys)
    forward, backward, examples = np.zeros((3, len(every)))
    place = np.searchsorted(every, keys)
    forward[place], examples[place] = share, seen
    backward[np.searchsorted(every, back_keys)] = back_share
    return Containments(every // n_targets, every % n_targets, forward, backward, examples, n_targets)


def both_ends(judged: Ids, n_relations: int) -> Ids:
    """The same pairs, and those of relations again as seen from the tail, int64 `[·, 3]`.

    Args:
        judged: int64 `[k, 3]`, kind of the source, kind of the target, and 1 or 0.
        n_relations: of the source.
    """
    return np.concatenate([judged, judged[judged[:, 0] < 2 * n_relations] ^ [1, 1, 0]])


@dataclass(frozen=True, slots=True)
class Meetings:
    """Facts of one graph that the other graph also says, each in every way that it does.

    Args:
        told: `[n_kinds]`, facts of each kind whose two ends both have a counterpart, by their probability.
        here: int64 `[m]`, the fact.
        there: int64 `[m]`, the fact of the other graph.
        probability: `[m]`, that both ends of the two facts are the same.
    """

    told: Floats
    here: Ids
    there: Ids
    probability: Floats


def meetings(here: Facts, there: Facts, equal: Equalities) -> Meetings:
    """All facts that both graphs say.

    Args:
        here: of the one graph, the source of `equal`.
        there: of the other.
        equal: which nodes are held equal.
    """
    first = np.searchsorted(equal.source, np.arange(here.n_nodes + 1))
    filled = np.diff(first)
    fact = np.flatnonzero((filled[here.entity] > 0) & (filled[here.neighbour] > 0))
    # every way to translate the fact: each counterpart of the one end with each of the other
    ends = filled[here.entity[fact]], filled[here.neighbour[fact]]
    which, place = expand(ends[0] * ends[1])
    fact = fact[which]
    one = first[here.entity[fact]] + place // ends[1][which]
    other = first[here.neighbour[fact]] + place % ends[1][which]
    weight = equal.probability[one] * equal.probability[other]
    told: Floats = np.bincount(here.kind, _largest(fact, weight, len(here)), here.n_kinds).astype(np.float64)

    key = there.neighbour * there.n_nodes + there.entity
    order = key.argsort(kind="stable")
    key = key[order]
    wanted = equal.target[other] * there.n_nodes + equal.target[one]
    begin, end = np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")
    which, place = expand(end - begin)
    return Meetings(told, fact[which], order[begin[which] + place], weight[which])


def _contained(here: Facts, there: Facts, equal: Equalities) -> tuple[tuple[Ids, Ids], Floats, Floats]:
    """Pairs of kinds (here, there), P(here ⊆ there) of each, and its examples."""
    met = meetings(here, there, equal)
    # a fact that is translated in several ways counts once, by the likeliest
    pair, slot = np.unique(met.here * there.n_kinds + there.kind[met.there], return_inverse=True)
    likeliest = _largest(slot, met.probability, len(pair))
    kinds, slot = np.unique(
        here.kind[pair // there.n_kinds] * there.n_kinds + pair % there.n_kinds, return_inverse=True
    )
    seen: Floats = np.bincount(slot, likeliest, minlength=len(kinds)).astype(np.float64)
    source = kinds // there.n_kinds
    return (source, kinds % there.n_kinds), seen / (met.told[source] + _DOUBT), seen


def _largest(slot: Ids, values: Floats, count: int) -> Floats:
    """The largest value of each slot, 0 for one without any."""
    out = np.zeros(count)
    np.maximum.at(out, slot, values)
    return out
