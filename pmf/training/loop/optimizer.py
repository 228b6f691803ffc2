"""AdamW and gradient clipping, where the gradient of a large table may cover a few of its rows; the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from pmf.distributed import coalesced

_ROWS = 1024
"""Rows of a table that are updated at a time: copies of all of them would be new memory at each step."""


class _Uncompiled(torch.optim.Optimizer):
    """An optimiser without the wrappers that import PyTorch's compiler, for two seconds, to say that it is not wanted.

    Nothing here is ever compiled.
    """

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = unwrap(torch.optim.Optimizer.load_state_dict)


class LBFGS(_Uncompiled, torch.optim.LBFGS):
    """PyTorch's own."""


class RowAdamW(_Uncompiled, torch.optim.AdamW):
    """AdamW that touches only the rows of a parameter that its sparse gradient has; dense ones are AdamW's own.

    Rows without a gradient neither move on with their old momentum nor decay, as in `torch.optim.SparseAdam`; that one
    knows no weight decay, and takes its moments through a dozen sparse tensors a step. What PyTorch's AdamW does to a
    whole parameter is done here to the rows. Bias is corrected by the steps of the table, not of the row.
    """

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One update of everything that has a gradient."""
        everyone = [(group, p) for group in self.param_groups for p in group["params"] if p.grad is not None]
        sparse = [(group, p, coalesced(p.grad)) for group, p in everyone if p.grad.is_sparse]
        for _, p, _ in sparse:
            p.grad = None  # AdamW's own refuses it
        unwrap(torch.optim.AdamW.step)(self)
        for group, p, gradient in sparse:
            self._step_rows(group, p, gradient)
            p.grad = gradient

    def _step_rows(self, group: dict[str, Any], p: Tensor, gradient: Tensor) -> None:
        state = self.state[p]
        if not state:
            state["step"] = torch.zeros((), device=p.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(p), torch.zeros_like(p)
        whole = [p.detach(), state["exp_avg"], state["exp_avg_sq"]]
        for rows, values in zip(gradient.indices()[0].split(_ROWS), gradient.values().split(_ROWS), strict=True):
            parts = [table[rows] for table in whole]
            adamw(
                params=[parts[0]],
                grads=[values],
                exp_avgs=[parts[1]],
                exp_avg_sqs=[parts[2]],
                max_exp_avg_sqs=[],
                state_steps=[state["step"].clone()],  # which it counts up
                fused=group["fused"],
                amsgrad=False,
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                lr=group["lr"],
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                maximize=False,
            )
            for table, part in zip(whole, parts, strict=True):
                table[rows] = part
        state["step"] += 1


def clip_gradients(parameters: Iterable[Tensor], largest: float) -> None:
    """`torch.nn.utils.clip_grad_norm_` that knows sparse gradients: a row that is not there counts as zeros."""
    values = []
    for p in parameters:
        if p.grad is not None and p.grad.is_sparse:
            p.grad = coalesced(p.grad)  # values of one that is not would be a copy
            values.append(p.grad.values())
        elif p.grad is not None:
            values.append(p.grad)
    norm = torch.nn.utils.get_total_norm(values)
    factor = (largest / (norm + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(values, factor)


def warm_cosine(step: int, total: int, warmup: float) -> float:
    """Factor on the learning rate: linear from 0 over the first `warmup` share, then half a cosine to 0."""
    warm = int(warmup * total)
    if step < warm:
        return step / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))
