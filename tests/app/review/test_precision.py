"""The precision that the audit estimates: its interval by hand, and that it is not biased."""

from __future__ import annotations

import numpy as np
import pytest

from app.review.services.adjudication import conflicts
from app.review.services.card import card
from app.review.services.precision import precision
from app.review.services.queue import AUDIT, ReviewFilter, audit_order, queue
from app.review.services.verdicts import ADJUDICATION
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RIGHT, RunView
from app.store import ReviewStore
from pmf.runs import layout
from pmf.statistics import proportion
from tests.app.review.people import ADA, ANN, BEN, Judge, answer


def test_wilson_by_hand() -> None:
    """8 of 10: centre (0.8 + z²/20) / (1 + z²/10), half width z √(0.8 · 0.2 / 10 + z²/400) / (1 + z²/10)."""
    z = 1.959964
    centre = (0.8 + z**2 / 20) / (1 + z**2 / 10)
    half = z * np.sqrt(0.016 + z**2 / 400) / (1 + z**2 / 10)
    interval = proportion(8, 10)
    assert (interval.low, interval.high) == pytest.approx((centre - half, centre + half))
    assert (interval.low, interval.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # as in published tables
    assert (interval.right, interval.n, interval.share) == (8, 10, 0.8)


def test_without_a_sample_anything_is_possible() -> None:
    nothing = proportion(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert np.isnan(nothing.share)


def truthful(judge: Judge, atlas: RunView, query: int, **said: object) -> None:
    """The answer that the links know."""
    judge(ANN, query, "match" if atlas.best[query] == atlas.partner[query] else "not", **said)


def test_only_the_audits_beginning_counts(store: ReviewStore, atlas: RunView, judge: Judge) -> None:
    order = audit_order(atlas, layout.SOURCE_TO_TARGET).tolist()
    assert precision(store, atlas).share.n == 0
    for query in [*order[:5], *order[6:20]]:
        truthful(judge, atlas, query)
    estimate = precision(store, atlas)
    assert estimate.share.n == 5
    assert estimate.share.right == sum(atlas.outcome[q] == RIGHT for q in order[:5])
    assert (estimate.population, estimate.unclear) == (484, 0)
    truthful(judge, atlas, order[5])
    assert precision(store, atlas).share.n == 20
    assert precision(store, atlas, layout.TARGET_TO_SOURCE).share.n == 0


def test_the_estimate_is_not_biased_by_what_was_judged_before(store: ReviewStore, atlas: RunView, judge: Judge) -> None:
    """A hard third judged first: the audit's own cards alone would then be too easy, the prefix is not."""
    true_precision = np.mean([atlas.outcome[q] == RIGHT for q in audit_order(atlas, layout.SOURCE_TO_TARGET)])
    deck = queue(atlas, ReviewFilter(probes=0))
    shown = list(zip(deck.queries.tolist(), deck.orders, strict=True))[:300]
    for query, order in shown:
        truthful(judge, atlas, query, order=order)
    estimate = precision(store, atlas).share
    audited = [query for query, order in shown if order == AUDIT]
    naive = np.mean([atlas.outcome[q] == RIGHT for q in audited])
    everything = np.mean([atlas.outcome[q] == RIGHT for q, _ in shown])
    assert estimate.n > len(audited)  # those the margin brought count too
    assert estimate.low < true_precision < estimate.high
    assert abs(estimate.share - true_precision) < abs(naive - true_precision)
    assert naive > true_precision > everything


def test_the_prefix_is_unbiased_over_many_audits(atlas: RunView) -> None:
    """300 random orders, each after the 200 least margins: the prefix hits the mean, the audit's own cards miss it."""
    rng = np.random.default_rng(0)
    hard_first = queue(atlas, ReviewFilter(audit=0, probes=0)).queries
    right = atlas.outcome == RIGHT
    truth, judged = right[hard_first].mean(), set(hard_first[:200].tolist())
    prefix, naive = [], []
    for _ in range(300):
        order = rng.permutation(hard_first)
        fresh = np.array([query not in judged for query in order.tolist()])
        end = np.flatnonzero(fresh)[40]
        prefix.append(right[order[:end]].mean())
        naive.append(right[order[:end]][fresh[:end]].mean())
    assert abs(np.mean(prefix) - truth) < 0.01
    assert np.mean(naive) > truth + 0.02


def test_what_nobody_decided_is_counted_apart(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, judge: Judge
) -> None:
    order = audit_order(atlas, layout.SOURCE_TO_TARGET).tolist()
    judge(ANN, order[0], "match")
    judge(ANN, order[1], "match", place=2)  # not the first candidate, so the run is wrong
    judge(ANN, order[2], "none")
    judge(ANN, order[3], "unsure")
    judge(ANN, order[4], "flag")
    judge(ANN, order[5], "not", place=3)  # says nothing of the first candidate
    judge(ANN, order[6], "match")
    judge(BEN, order[6], "not")
    estimate = precision(store, atlas)
    assert (estimate.share.right, estimate.share.n, estimate.unclear) == (1, 3, 4)
    assert len(conflicts(store, atlas)) == 1
    answer(
        ADA,
        store,
        atlas,
        card(ADA, store, atlas, atlas_data, order[6], order="adjudication"),
        "match",
        kind=ADJUDICATION,
    )
    estimate = precision(store, atlas)
    assert (estimate.share.right, estimate.share.n, estimate.unclear) == (2, 4, 3)
