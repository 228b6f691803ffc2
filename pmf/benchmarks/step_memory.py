"""How much memory a step of training takes at most, computed: with fake tensors, which have sizes and no values.

It takes seconds and hardly any memory, on whatever machine: whether a GPU is large enough is known beforehand.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import describe, pair_of, trainer_of
from pmf.config.build import require
from pmf.freezing.state import FreezingState
from pmf.model.encoders import SparseEncoder
from pmf.training.loop.trainer import Trainer


class Held(TorchDispatchMode):
    """Counts the memory of tensors from when they are made until nobody holds them.

    Memory that an operation takes and gives back before it ends, of sorting for instance, is not seen.

    Attributes:
        now: bytes.
        largest: bytes, so far.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.largest: int = 0
        self._known: set[int] = set()

    def take(self, tensors: Iterable[Tensor]) -> None:
        """Count tensors; what shares its memory counts once."""
        for tensor in tensors:
            storage = tensor.untyped_storage()
            if storage._cdata not in self._known:
                self._known.add(storage._cdata)
                self.now += storage.nbytes()
                weakref.finalize(storage, self._let_go, storage._cdata, storage.nbytes())
        self.largest = max(self.largest, self.now)

    def _let_go(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.take(t for t in tree_leaves(out) if isinstance(t, Tensor) and t.layout == torch.strided)
        return out


def step_memory(trainer: Trainer) -> dict[str, int]:
    """What a step of each objective takes on a GPU, with whole batches; the trainer is of no use afterwards.

    Args:
        trainer: new.

    Returns:
        Bytes: `kept` between steps (parameters, their moments, inputs, what is frozen), and the most that is taken in
        a step of `cross_graph`, and of `cross_modality` with several modalities; what is kept is in it.

    Raises:
        ConfigError: neighbours are drawn, so that sizes depend on values.
    """
    require(not trainer.model.draws, "the memory of a step with drawn neighbours is not known beforehand")
    count = min(trainer.config.train.batch_size, len(trainer.seeds))
    with fake(trainer), Held() as held:
        held.take(kept(trainer))
        batch = torch.empty(count, 2, dtype=torch.int64)
        peaks = {}
        objectives = [trainer.model.cross_graph, *([trainer.model.cross_modality] if trainer.model.pairs else [])]
        for objective in objectives:
            for _ in range(2):  # the first makes the moments
                held.largest = held.now
                trainer.stepper(objective, batch, trainer.state, 100, trainer.generator)
            peaks[objective.__name__] = held.largest
        trainer.stepper.optimizer.zero_grad(set_to_none=True)
        return {"kept": held.now, **peaks}


def memory_section(request: Request) -> dict[str, Any]:
    """What a step takes on the request's data, whatever device there is, ready for JSON.

    Raises:
        PMFError: settings or data that cannot be used.
    """
    config = request.config({"device": "cpu"})
    pair = pair_of(config)
    trainer = trainer_of(config, pair)
    return describe(trainer, pair) | {"bytes": step_memory(trainer)}


def kept(trainer: Trainer) -> Iterator[Tensor]:
    """What lies on the device before the first step."""
    yield from trainer.model.parameters()
    yield from trainer.model.buffers()
    yield from (trainer.state.frozen_at, trainer.state.weight)


@contextmanager
def fake(trainer: Trainer) -> Iterator[None]:
    """The trainer with tensors that have no values, and with what a GPU computes."""
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        take_values(trainer, mode)
        for encoder in trainer.model.encoders.values():
            if isinstance(encoder, SparseEncoder):
                encoder.whole = True
        yield


def take_values(trainer: Trainer, mode: FakeTensorMode) -> None:
    """Give a new trainer tensors of the mode in place of its own."""
    for module in trainer.model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(mode.from_tensor(parameter.detach())))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, mode.from_tensor(buffer))
    trainer.state = FreezingState(mode.from_tensor(trainer.state.frozen_at), mode.from_tensor(trainer.state.weight))
    trainer.stepper.begin_stage()
