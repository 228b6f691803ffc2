from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from pmf.features.feature_set import Feature
from pmf.model.encoders import DenseEncoder, SparseEncoder, feature_encoder


@pytest.mark.parametrize("whole", [None, True])
def test_sparse_rows_equal_a_linear_layer_on_dense_ones(whole: bool | None) -> None:
    torch.manual_seed(0)
    matrix = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 0], [1, 1, 1, 1]], np.float32)
    feature = Feature(csr_array(matrix), matrix.any(axis=1))
    sparse = feature_encoder(feature, 5)
    dense = feature_encoder(Feature(matrix, feature.present), 5)
    assert isinstance(sparse, SparseEncoder)
    sparse.whole = whole
    assert isinstance(dense, DenseEncoder)
    with torch.no_grad():
        dense.linear.weight.copy_(sparse.table.T)
        dense.linear.bias.copy_(sparse.bias)
    rows = torch.tensor([3, 1, 0, 3])
    torch.testing.assert_close(sparse(rows), dense(rows))
    (sparse(rows).square().sum() + dense(rows).square().sum()).backward()
    assert sparse.table.grad is not None
    torch.testing.assert_close(sparse.table.grad, dense.linear.weight.grad.T)
