"""Sparse gradients whose rows ascend are taken as they are; all others as PyTorch coalesces them."""

from __future__ import annotations

import pytest
import torch

from pmf.model.sparse import coalesced


@pytest.mark.parametrize(("rows", "as_it_is"), [([0, 2, 3], True), ([], True), ([3, 0, 2], False), ([1, 1, 4], False)])
def test_rows_are_sorted_and_added_only_where_they_do_not_ascend(rows: list[int], as_it_is: bool) -> None:
    torch.manual_seed(0)
    values = torch.randn(len(rows), 4)
    gradient = torch.sparse_coo_tensor(torch.tensor([rows], dtype=torch.int64), values, (5, 4), check_invariants=True)
    ours, theirs = coalesced(gradient), gradient.coalesce()
    assert ours.is_coalesced()
    assert torch.equal(ours.indices(), theirs.indices())
    assert torch.equal(ours.values(), theirs.values())
    assert (ours.values().data_ptr() == values.data_ptr()) == as_it_is
