"""How far annotators agree beyond chance: Cohen's κ of two, Krippendorff's α of any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import BULK, PROBE, Key
from pmf.statistics import percentile_interval, resampled

SEED = 0

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A coefficient with its 95 % bootstrap interval over queries.

    Args:
        value: 1 = perfect, 0 = as good as chance; NaN where everybody always gave one and the same answer.
        low: of the interval.
        high: of the interval.
        n: queries that two or more judged.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Krippendorff's α of all annotators, and Cohen's κ by pair of names."""

    alpha: Agreement
    kappas: dict[tuple[str, str], Agreement]


def agreement(user: User, store: ReviewStore, run: RunView) -> Team:
    """How far the annotators of a run's data agree; an admin sees every pair, others the pairs that they are in."""
    names, codes = answers(independent(store.events(fingerprint(run))))
    kappas = {
        (names[a], names[b]): cohen_kappa(codes[:, a], codes[:, b])
        for a, b in combinations(range(len(names)), 2)
        if user.role >= Role.ADMIN or user.name in (names[a], names[b])
    }
    return Team(alpha=krippendorff_alpha(codes), kappas=kappas)


def independent(events: Iterable[Event]) -> dict[tuple[str, Key], Event]:
    """By annotator and query the last verdict that was not undone; no imports, adjudications, probes, or bulk."""
    events = list(events)
    undone = {event.undoes for event in events}
    return {
        (event.annotator, (event.side, event.query)): event
        for event in events
        if event.kind == "verdict" and event.order not in (PROBE, BULK) and event.event_id not in undone
    }


def answers(verdicts: dict[tuple[str, Key], Event]) -> tuple[list[str], Counts]:
    """The verdicts as nominal data.

    The values are the verdicts themselves, except that a match is one value where it confirms the candidate that
    most confirm, and others where it picks another one. A flag is about the card, so it is no answer.

    Returns:
        Names, sorted, and codes `[queries, names]`, -1 = no answer.
    """
    names = sorted({name for name, _ in verdicts})
    rows: dict[Key, dict[str, Event]] = {}
    for (name, key), event in verdicts.items():
        if event.verdict != "flag":
            rows.setdefault(key, {})[name] = event
    values: dict[str, int] = {}
    codes = np.full((len(rows), len(names)), -1, np.int64)
    for row, by_name in enumerate(rows.values()):
        confirmed = Counter(event.other for event in by_name.values() if event.verdict == "match")
        picks = sorted(confirmed, key=lambda other: (-confirmed[other], other))[1:]
        for name, event in by_name.items():
            picked = event.verdict == "match" and event.other in picks
            value = f"pick {picks.index(event.other)}" if picked else event.verdict
            codes[row, names.index(name)] = values.setdefault(value, len(values))
    return names, codes


def cohen_kappa(first: Counts, second: Counts) -> Agreement:
    """κ of two annotators.

    Args:
        first: codes `[n]` of one, -1 = no answer.
        second: codes `[n]` of the other.

    Source:
        Cohen 1960; n counts the queries that both answered.
    """
    both = (first >= 0) & (second >= 0)
    size = int(max(first.max(initial=0), second.max(initial=0))) + 1
    table = np.bincount(first[both] * size + second[both], minlength=size * size)
    return _interval(lambda tables: _kappa(tables.reshape(-1, size, size)), table)


def krippendorff_alpha(codes: Counts) -> Agreement:
    """Nominal α of any number of annotators, answers missing or not.

    Args:
        codes: `[queries, annotators]`, -1 = no answer.

    Source:
        Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, nominal; n counts the queries that two or
        more answered.
    """
    values = np.arange(codes.max(initial=0) + 1)
    counts = (codes[:, :, None] == values).sum(1)  # [queries, values]
    patterns, times = np.unique(counts[counts.sum(1) > 1], axis=0, return_counts=True)
    return _interval(lambda weights: _alpha(weights, patterns), times)


def _kappa(tables: Counts) -> Floats:
    """κ of contingency tables `[r, values, values]`."""
    total = tables.sum((1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / total
    chance = (tables.sum(1) * tables.sum(2)).sum(1) / total**2
    return _beyond(1 - seen, 1 - chance)


def _alpha(weights: Counts, patterns: Counts) -> Floats:
    """α where pattern p of answers `[p, values]` occurs `weights[:, p]` times `[r, p]`."""
    size = patterns.sum(1)
    disagree = (patterns * (size[:, None] - patterns)).sum(1) / (size - 1)
    values = weights @ patterns
    total = values.sum(1)
    expected = (total**2 - (values**2).sum(1)) / (total - 1)
    return _beyond(weights @ disagree, expected)


def _beyond(seen: Floats, expected: Floats) -> Floats:
    """1 - seen / expected disagreement; NaN where none is to be expected."""
    return 1 - np.divide(seen, expected, out=np.full(len(seen), np.nan), where=expected > 0)


def _interval(coefficient: Any, counts: Counts) -> Agreement:
    """The coefficient of some counts `[p]`, and of resamples of as many, drawn with replacement."""
    n = int(counts.sum())
    if not n:
        return Agreement(value=np.nan, low=np.nan, high=np.nan, n=0)
    samples = coefficient(resampled(counts, SEED))
    low, high = percentile_interval(samples) if np.isfinite(samples).any() else (np.nan, np.nan)
    return Agreement(value=float(coefficient(counts[None])[0]), low=float(low), high=float(high), n=n)
