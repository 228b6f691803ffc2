"""Listed pairs: where all are listed, they are held back and decided as a whole comparison is."""

from __future__ import annotations

import numpy as np
import torch

from pmf.alignment.matching.greedy import greedy as greedy_of_all
from pmf.alignment.matching.listed import first_of_each, greedy, listed_csls, mutual
from pmf.alignment.matching.mutual import mutual_nearest
from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig

CONFIG = EvaluationConfig(csls_k=3, csls_rounds=2)


def test_lists_of_all_pairs_are_decided_as_all_pairs() -> None:
    generator = torch.Generator().manual_seed(5)
    left, right = (torch.nn.functional.normalize(torch.randn(n, 6, generator=generator)) for n in (40, 31))
    scores = Similarities(left, right).csls(3, 2)
    source, target = (ids.ravel() for ids in np.meshgrid(np.arange(40), np.arange(31), indexing="ij"))
    listed = listed_csls(source, target, (left @ right.T).numpy().ravel(), 3, 2)
    ((_, whole),) = scores.blocks()
    np.testing.assert_allclose(listed, whole.numpy().ravel(), atol=1e-5)
    for places, partner in (
        (mutual(source, target, listed), mutual_nearest(scores, CONFIG)),
        (greedy(source, target, listed), greedy_of_all(scores, CONFIG)),
    ):
        expected = [(row, int(column)) for row, column in enumerate(partner) if column >= 0]
        assert sorted(zip(source[places].tolist(), target[places].tolist(), strict=True)) == expected
        assert len(expected) > 10


def test_the_first_of_equals_counts_and_nobody_is_taken_twice() -> None:
    source, target = np.array([0, 0, 1, 1, 2]), np.array([5, 6, 5, 6, 6])
    score = np.array([0.9, 0.9, 0.9, 0.1, 0.8])
    assert first_of_each(source, score).tolist() == [0, 2, 4]
    assert mutual(source, target, score).tolist() == [0]
    assert greedy(source, target, score).tolist() == [0, 4]
    nobody = np.zeros(0, np.int64)
    assert greedy(nobody, nobody, np.zeros(0)).tolist() == []
