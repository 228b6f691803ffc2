"""How large float32 products are multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_NAMES = {"float32": "highest", "bfloat16": "medium"}
"""What `train.precision` says → what PyTorch calls it."""


@contextmanager
def multiplying(precision: str) -> Iterator[None]:
    """Within, large float32 products are made so.

    Args:
        precision: "float32", or "bfloat16": multiplied in bfloat16 and added in float32 on a CPU that can, in TF32 on
            a GPU.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(_NAMES[precision])
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
