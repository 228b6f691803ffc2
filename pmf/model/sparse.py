"""Products of sparse matrices in compressed rows and dense ones, as operators that PyTorch knows.

PyTorch's fake tensors have no sparse layout, so each operator tells the shape of what it gives: a training step can be
looked at on a device that is not there.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Compressed = tuple[Tensor, Tensor, Tensor]
"""Row starts, columns and values of a matrix, as `product` takes them."""

_OPERATORS = torch.library.Library("pmf", "FRAGMENT")


def _csr(start: Tensor, col: Tensor, values: Tensor, n_columns: int) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        shape = (len(start) - 1, n_columns)
        return torch.sparse_csr_tensor(start, col, values, shape, check_invariants=False)


def _product_on_cpu(start: Tensor, col: Tensor, values: Tensor, x: Tensor) -> Tensor:
    # 3 × as fast as `@`, and not there on a GPU
    result: Tensor = torch.sparse.mm(_csr(start, col, values, len(x)), x, "sum")
    return result


def _product_on_gpu(start: Tensor, col: Tensor, values: Tensor, x: Tensor) -> Tensor:
    return _csr(start, col, values, len(x)) @ x


def _sampled(start: Tensor, col: Tensor, rows: Tensor, x: Tensor) -> Tensor:
    pattern = _csr(start, col, rows.new_zeros(len(col)), len(x))
    result: Tensor = torch.sparse.sampled_addmm(pattern, rows, x.T, beta=0.0).values()
    return result


if not hasattr(torch.ops.pmf, "product"):  # else the module is loaded anew
    _OPERATORS.define("product(Tensor start, Tensor col, Tensor values, Tensor x) -> Tensor")
    _OPERATORS.define("sampled(Tensor start, Tensor col, Tensor rows, Tensor x) -> Tensor")
    _OPERATORS.impl("product", _product_on_cpu, "CPU")
    _OPERATORS.impl("product", _product_on_gpu, "CUDA")
    _OPERATORS.impl("sampled", _sampled, "CPU")
    _OPERATORS.impl("sampled", _sampled, "CUDA")
    torch.library.register_fake("pmf::product", lambda start, col, values, x: x.new_empty(len(start) - 1, x.shape[1]))
    torch.library.register_fake("pmf::sampled", lambda start, col, rows, x: x.new_empty(len(col)))


def product(start: Tensor, col: Tensor, values: Tensor, x: Tensor) -> Tensor:
    """`matrix @ x`, `[r, d]`, without a gradient; nothing is checked.

    Args:
        start: int64 `[r + 1]`, where each row's entries begin.
        col: int64 `[e]`, the column of each entry.
        values: `[e]`.
        x: `[c, d]`.
    """
    result: Tensor = torch.ops.pmf.product(start, col, values, x)
    return result


def sampled_product(start: Tensor, col: Tensor, rows: Tensor, x: Tensor) -> Tensor:
    """The inner product `[e]` of the row and the column of each entry of a pattern, without a gradient.

    Args:
        start: int64 `[r + 1]`, where each row's entries begin.
        col: int64 `[e]`, the column of each entry.
        rows: `[r, d]`.
        x: `[c, d]`, one for each column.
    """
    result: Tensor = torch.ops.pmf.sampled(start, col, rows, x)
    return result


class _FixedProduct(torch.autograd.Function):
    """A matrix that learns nothing, and its transpose, which the gradient needs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Compressed, transposed: Compressed) -> Tensor:
        ctx.transposed = transposed
        return product(*matrix, x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        start, col, values = ctx.transposed
        return product(start, col, values, grad.contiguous()), None, None


def fixed_product(matrix: Compressed, transposed: Compressed, x: Tensor) -> Tensor:
    """`matrix @ x`, differentiable in `x` `[c, d]`."""
    result: Tensor = _FixedProduct.apply(x, matrix, transposed)  # type: ignore[no-untyped-call]
    return result
