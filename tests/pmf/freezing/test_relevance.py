"""Relevance by hand, for each way of choosing candidates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.config.evaluation import EvaluationConfig
from pmf.config.model import FreezingConfig
from pmf.data.split import LinkSplit
from pmf.freezing.relevance import RelevanceMeter

NAN = float("nan")
# entities 0-2 source, 3-6 target; 2 and 6 are not linked; angle of each embedding in degrees
ANGLES = [0, 90, 45, 60, 90, 30, 0]
SPLIT = LinkSplit(seed_links=np.array([[0, 3]]), val_links=np.empty((0, 2), np.int64), test_links=np.array([[1, 4]]))
UNLINKED_TARGETS = (5, 6)


def measure(**settings: str) -> list[float]:
    angles = torch.tensor(ANGLES).float().deg2rad()
    embeddings = torch.stack([angles.cos(), angles.sin()], dim=1)[None]
    present = torch.tensor([[True] * 5 + [True, False]])
    meter = RelevanceMeter(FreezingConfig(**settings), EvaluationConfig(), SPLIT, present, n_source=3)  # type: ignore[arg-type]
    return meter(embeddings)[0].tolist()


def cos(degrees: float) -> float:
    return float(np.cos(np.deg2rad(degrees)))


def test_all_entities_of_the_other_graph() -> None:
    # 6 is missing: it is no candidate and has no relevance
    expected = [cos(30), 1, cos(15), cos(15), 1, cos(15), NAN]
    assert measure(candidates="all") == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_seeds_by_their_partner() -> None:
    expected = [cos(60), 1, cos(15), cos(60), 1, cos(15), NAN]
    assert measure(candidates="all", seed_relevance="partner") == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_linked_entities_only() -> None:
    expected = [cos(60), 1, NAN, cos(60), 1, NAN, NAN]
    measured = measure(candidates="linked", seed_relevance="partner")
    assert measured == pytest.approx(expected, abs=1e-6, nan_ok=True)
    # a seed that searches finds only the test entity: 0 against 4 (90°), 3 against 1 (30°)
    expected = [0, 1, NAN, cos(30), 1, NAN, NAN]
    assert measure(candidates="linked") == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_relevance_is_never_negative() -> None:
    embeddings = torch.tensor([[[1.0, 0], [-1, 0]]])
    split = LinkSplit(
        seed_links=np.array([[0, 1]]), val_links=np.empty((0, 2), np.int64), test_links=np.empty((0, 2), np.int64)
    )
    meter = RelevanceMeter(FreezingConfig(), EvaluationConfig(), split, torch.ones(1, 2, dtype=torch.bool), n_source=1)
    assert meter(embeddings).tolist() == [[0, 0]]
