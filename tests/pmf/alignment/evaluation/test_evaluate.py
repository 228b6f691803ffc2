"""Figures on validation links, where the pool of candidates is made from the split."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.alignment.evaluation.evaluate import evaluate_validation
from pmf.data.split import LinkSplit


@pytest.mark.parametrize("target", [4, 7])
def test_a_validation_target_that_is_a_seed_by_another_link_is_still_looked_for(target: int) -> None:
    """Target 4 (or 7, the last) is linked to sources 0 and 1; one of the links is a seed."""
    none = np.empty((0, 2), np.int64)
    split = LinkSplit(seed_links=np.array([[0, target]]), val_links=np.array([[1, target]]), test_links=none)
    fused = torch.eye(4).repeat(2, 1)
    fused[1] = fused[target]
    figures = evaluate_validation(fused, split, 4)
    assert figures["source_to_target"]["hits@1"] == 1
