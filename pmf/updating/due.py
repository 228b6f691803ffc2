"""When a new training is due: too much of the data is new to the finished model, or it has become worse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.notes import counted

NEW_SHARE = 0.1
"""Of all entities, from which on their neighbours are mostly strangers too; half of that has been measured."""

UNSEEN_SHARE = 0.05
"""Of the triples of a graph, those whose relation or attribute the model has never seen."""

Figures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a new training is due.

    Args:
        reasons: why, a sentence each; none = it is not.
        judged: by what, a sentence.
    """

    reasons: tuple[str, ...]
    judged: str


def due(trained: GraphPair, new: GraphPair, before: Figures, now: Figures, n_links: int) -> Judgement:
    """Judge by the data that the model was trained on, and by validation links.

    Args:
        trained: the data that it was trained on.
        new: the data as they are now.
        before: figures of the validation links at the end of the training; empty without them.
        now: figures of those that are left, with the same model on the new data.
        n_links: how many are left.
    """
    reasons = []
    n_new = sum(len(set(now_.entities) - set(was.entities)) for was, now_ in _sides(trained, new))
    if n_new > NEW_SHARE * len(new):
        reasons.append(
            f"{n_new / len(new):.0%} of all entities are new since the training, more than {NEW_SHARE:.0%}: "
            "their neighbours are mostly new too."
        )
    for side, (was, now_) in zip(("source", "target"), _sides(trained, new), strict=True):
        reasons += _unseen(side, was, now_)
    worse, judged = _validation(before, now, n_links)
    if worse:
        reasons.append(judged)
    return Judgement(reasons=tuple(reasons), judged=judged)


def _sides(trained: GraphPair, new: GraphPair) -> tuple[tuple[KnowledgeGraph, KnowledgeGraph], ...]:
    return (trained.source, new.source), (trained.target, new.target)


def _unseen(side: str, was: KnowledgeGraph, now: KnowledgeGraph) -> list[str]:
    return [
        sentence
        for what, uris, trained, used in (
            ("relation", now.relations, was.relations, now.relation_triples[:, 1]),
            ("attribute", now.attributes, was.attributes, now.attribute_triples[:, 1]),
        )
        for sentence in _too_many(side, what, uris, trained, used)
    ]


def _too_many(side: str, what: str, uris: Sequence[str], trained: Sequence[str], used: Ids) -> list[str]:
    seen = set(trained)
    unseen = np.array([uri not in seen for uri in uris], np.bool_)
    share = float(unseen[used].mean()) if len(used) else 0.0
    if share <= UNSEEN_SHARE:
        return []
    return [
        f"{share:.0%} of the {side} graph's {what} triples, more than {UNSEEN_SHARE:.0%}, use "
        f"{counted(int(unseen.sum()), what)} that the model has never seen."
    ]


def _validation(before: Figures, now: Figures, n_links: int) -> tuple[bool, str]:
    """Whether Hits@1 of validation links is lower than before, and a sentence that says so."""
    directions = [direction for direction in before if direction in now]
    if not directions or not n_links:
        return False, "There are no validation links, so nothing says whether the model still finds what it found."
    was, is_ = (float(np.mean([figures[direction]["hits@1"] for direction in directions])) for figures in (before, now))
    error = math.sqrt(max(was * (1 - was), 0.25 / n_links) / n_links)  # at least that of half a link
    worse = was - is_ > error
    return worse, (
        f"Hits@1 of {counted(n_links, 'validation link')} was {was:.1%} at the end of the training and is {is_:.1%} on "
        f"the new data: {'more' if worse else 'no more'} than its standard error, {100 * error:.1f} points, below."
    )
