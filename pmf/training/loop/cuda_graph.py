"""Loss and gradients of a batch as one CUDA graph: a step is some thousand small kernels, then launched together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from pmf.freezing.state import FreezingState

Objective = Callable[[Tensor, FreezingState], tuple[Tensor, dict[str, Tensor]]]
"""Batch and state → the scalar to minimise, and its parts by name."""

Record = Callable[[Callable[[], Any]], tuple[Any, Callable[[], None]]]
"""Work → what it gives, and what does it again, into the same memory."""

_KEPT = 4
"""Recordings, each of which holds the memory of a step: both objectives, whole batches and the last, smaller ones."""


def cuda_graph(work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
    """Record what the current GPU is asked to do; its results are there after the first repetition."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # libraries make their workspaces at a first call, which no graph may hold
        work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()
    return result, graph.replay


class Replay:
    """Works out an objective and its gradients by what was recorded for a batch of that size.

    Only for objectives that do the same with every batch of a size (`PMFModel.steady`).

    Args:
        parameters: whose gradients are wanted.
        record: how.
    """

    def __init__(self, parameters: Iterable[Tensor], record: Record = cuda_graph) -> None:
        self.parameters, self.record = list(parameters), record
        self._recorded: dict[tuple[str, int], _Recorded] = {}

    def __call__(self, objective: Objective, batch: Tensor, state: FreezingState) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss and its parts, detached; every parameter then has its gradient, until the next call."""
        key = objective.__name__, len(batch)
        if key not in self._recorded:
            if len(self._recorded) == _KEPT:
                del self._recorded[next(iter(self._recorded))]
            self._recorded[key] = _Recorded(objective, self.parameters, batch, state, self.record)
        return self._recorded[key](batch, state)


class _Recorded:
    def __init__(
        self, objective: Objective, parameters: list[Tensor], batch: Tensor, state: FreezingState, record: Record
    ) -> None:
        self.parameters = parameters
        self.batch, self.state = batch.clone(), FreezingState(state.frozen_at.clone(), state.weight.clone())

        def work() -> tuple[Tensor, dict[str, Tensor], tuple[Tensor | None, ...]]:
            loss, parts = objective(self.batch, self.state)
            return loss.detach(), parts, torch.autograd.grad(loss, parameters, allow_unused=True)

        (self.loss, self.parts, self.gradients), self.again = record(work)

    def __call__(self, batch: Tensor, state: FreezingState) -> tuple[Tensor, dict[str, Tensor]]:
        self.batch.copy_(batch)
        self.state.frozen_at.copy_(state.frozen_at)
        self.state.weight.copy_(state.weight)
        self.again()
        for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
            parameter.grad = gradient
        # copies: the next repetition writes over these
        return self.loss.clone(), {name: part.clone() for name, part in self.parts.items()}
