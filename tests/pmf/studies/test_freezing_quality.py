"""Frozen against "cannot help", by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pmf.studies.freezing_quality import quality


def test_counts_by_hand() -> None:
    frozen = np.array([1, 1, 1, 0, 0, 0], bool)
    helpless = np.array([1, 1, 0, 1, 1, 0], bool)
    # of the 4 · 2 pairs, the helpless one has less relevance in 5 (.1, .2 twice each, .4 once) and ties in 1
    relevance = np.array([0.1, 0.2, 0.3, 0.4, 0.9, 0.9], np.float32)
    scores = quality(frozen, helpless, relevance)
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["recall"] == pytest.approx(2 / 4)
    assert scores["f1"] == pytest.approx(2 * 2 / (3 + 4))
    assert scores["auc"] == pytest.approx(5.5 / 8)


def test_what_was_never_scored_is_out_of_the_auc_only() -> None:
    helpless = np.array([1, 1, 0], bool)
    scores = quality(np.array([1, 0, 0], bool), helpless, np.array([0.1, np.nan, 0.5], np.float32))
    assert scores["auc"] == 1
    assert scores["recall"] == 0.5


def test_nothing_frozen_or_nothing_helpless() -> None:
    none, some = np.zeros(3, bool), np.array([1, 0, 0], bool)
    relevance = np.array([0.1, 0.2, 0.3], np.float32)
    scores = quality(none, some, relevance)
    assert math.isnan(scores["precision"])
    assert (scores["recall"], scores["f1"]) == (0, 0)
    scores = quality(some, none, relevance)
    assert scores["precision"] == 0
    assert all(math.isnan(scores[name]) for name in ("recall", "f1", "auc"))
