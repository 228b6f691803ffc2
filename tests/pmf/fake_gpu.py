"""A GPU that is not there: tensors that say they lie on one and hold no values, by PyTorch's fake tensors.

Every operation checks the devices and shapes of what it gets, as it would on a GPU, and computes nothing. What asks for
a value, which on a GPU waits for all that was asked of it before, is answered with something made up, and noted.

It needs the CUDA build of PyTorch, and no GPU: `make gpu-proof`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves

from pmf.training import run
from pmf.training.loop import checkpoint, trainer

GPU = torch.device("cuda")

needs_cuda_build = pytest.mark.skipif(
    not torch.backends.cuda.is_built(), reason="needs the CUDA build of PyTorch, without a GPU: make gpu-proof"
)


class Waits(TorchDispatchMode):
    """Notes whatever waits for the GPU, and answers what asks for a value.

    Attributes:
        names: of the operations that waited, in their order.
        mode: that makes the tensors.
    """

    mode: FakeTensorMode

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if name in _ANSWERS and kwargs.get("output_size") is None:
            self._note(name, args[0])
            return _ANSWERS[name](args[0])
        if name in ("index", "index_put", "index_put_"):
            for index in args[1]:
                if index is not None and (index.dtype == torch.bool or index.device != args[0].device):
                    self._note(name, args[0])
            args = (args[0], [place for index in args[1] for place in _places(index)], *args[2:])
        given = {t.device.type for t in _tensors((args, kwargs)) if t.dim()}
        out = func(*args, **kwargs)
        if name in ("_to_copy", "copy_") and len(given | {t.device.type for t in _tensors(out)}) > 1:
            self.names.append(name)
        return out

    def _note(self, name: str, asked: Tensor) -> None:
        if asked.is_cuda:
            self.names.append(name)


def _half(t: Tensor, *shape: int) -> Tensor:
    """Places of every second entry."""
    return t.new_empty(((t.numel() + 1) // 2, *shape), dtype=torch.int64)


def _places(index: Tensor | None) -> list[Tensor | None]:
    return [_half(index)] * index.dim() if index is not None and index.dtype == torch.bool else [index]


def _number(t: Tensor) -> bool | float | int:
    return True if t.dtype == torch.bool else 1.0 if t.is_floating_point() else 1


def _unique(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return t.new_empty(t.numel()), t.new_empty(t.shape, dtype=torch.int64), t.new_empty(0, dtype=torch.int64)


_ANSWERS = {
    "_local_scalar_dense": _number,
    "nonzero": lambda t: _half(t, t.dim()),
    "repeat_interleave": lambda count: count.new_empty(1),
    "_unique2": _unique,
    "equal": lambda _: True,
}


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


class _Arrays(TorchFunctionMode):
    """NumPy sees zeros; it can see nothing of what lies on a GPU."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.numpy and isinstance(args[0], FakeTensor):
            if args[0].is_cuda:
                raise TypeError("a tensor of a GPU is no array")
            return np.zeros(args[0].shape, str(args[0].dtype).removeprefix("torch."))
        return func(*args, **(kwargs or {}))


def _backward(loss: Tensor) -> None:
    """`loss.backward()`; PyTorch's own looks for the streams of a real GPU."""
    start = loss.grad_fn
    gradients: dict[Any, dict[int, Tensor]] = {start: {0: torch.ones_like(loss)}}
    with torch.no_grad():
        for node in reversed(_after_those_behind(start)):
            given = gradients.pop(node, {})
            sums = [given.get(place) for place in range(len(node._input_metadata))]
            if hasattr(node, "variable"):
                grad = node.variable.grad
                node.variable.grad = sums[0] if grad is None else grad + sums[0]
                continue
            edges = node.next_functions
            if isinstance(node, torch.autograd.function.BackwardCFunction):  # ours; it has edges of tensors alone
                out = node.apply(*sums)
                edges = [edge for edge in edges if edge[0] is not None]
                out = [gradient for gradient, needed in zip(out, node.needs_input_grad, strict=True) if needed]
            else:
                out = node(*sums)
                out = out if isinstance(out, tuple) else (out,)
            for (behind, place), gradient in zip(edges, out, strict=True):
                if behind is not None and gradient is not None:
                    gradient = gradient.sum_to_size(behind._input_metadata[place].shape)
                    known = gradients.setdefault(behind, {})
                    known[place] = known[place] + gradient if place in known else gradient


def _after_those_behind(start: Any) -> list[Any]:
    """The nodes of a graph, each after all that its gradients go to."""
    order: list[Any] = []
    seen, waiting = set(), [(start, False)]
    while waiting:
        node, done = waiting.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting += [(behind, False) for behind, _ in node.next_functions if behind is not None]
    return order


def for_real(work: Callable[..., Any]) -> Callable[..., Any]:
    """Work that is done on the CPU and with values, whatever is around it."""

    def done(*given: Any, **named: Any) -> Any:
        with _disable_current_modes():
            return work(*given, **named)

    return done


@contextmanager
def fake_gpu(patch: pytest.MonkeyPatch) -> Iterator[Waits]:
    """Whatever is made or moved in here is fake; data and a new model come to life on the CPU.

    Models that are made of fake tensors cannot be moved, and tensors without values not be saved.
    """
    patch.setattr(trainer, "PMFModel", for_real(trainer.PMFModel))
    patch.setattr(run, "training_inputs", for_real(run.training_inputs))
    patch.setattr(run, "resolve_device", lambda name: GPU)
    patch.setattr(checkpoint, "save", lambda path, tensors, meta: None)
    patch.setattr(torch.cuda, "max_memory_allocated", lambda device: 0)
    patch.setattr(Tensor, "backward", _backward)
    waits = Waits()
    with FakeTensorMode(allow_non_fake_inputs=True) as mode, waits, _Arrays():
        waits.mode = mode
        yield waits
