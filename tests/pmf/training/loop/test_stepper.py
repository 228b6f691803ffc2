"""What a step of training does not do: make things as long as the graph, where neighbours are drawn; wait for a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import trainer_of
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.training.loop.trainer import Trainer

N = 6000
PAIR = synthetic_pair(SyntheticOptions(entities=N // 2))


class Made(TorchDispatchMode):
    """Remembers the most numbers that a new tensor had; views, and what is changed in place, are not new."""

    largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {t.untyped_storage().data_ptr() for t in _plain((args, kwargs))}
        new = [t.numel() for t in _plain(out) if t.untyped_storage().data_ptr() not in given]
        self.largest = max(self.largest, *new, 0)
        return out


def _plain(tree: Any) -> list[Tensor]:
    return [t for t in tree_leaves(tree) if isinstance(t, Tensor) and t.layout == torch.strided]


class Asked(TorchDispatchMode):
    """Names what can't go on before values are there: where they lie on a GPU, everything waits for it."""

    _waiting = (
        "_local_scalar_dense",
        "nonzero",
        "masked_select",
        "_unique2",
        "unique_dim",
        "repeat_interleave",
        "equal",
    )

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        by_mask = name in ("index", "index_put", "index_put_") and any(
            t is not None and t.dtype in (torch.bool, torch.uint8) for t in args[1]
        )
        if name in self._waiting or by_mask:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


def trainer(sampling: str) -> Trainer:
    settings = {
        "modalities": "structure,relation",
        "features.n_relations": "8",
        "model.width": "4",
        "train.batch_size": "16",
        "train.sampling": sampling,
        "train.fanout": "2",
    }
    return trainer_of(Request(section="epoch", settings=settings).config(), PAIR)


def steps(trainer: Trainer, mode: Made | Asked) -> None:
    """A step of each objective under the mode, after a first one that makes the optimiser's state."""
    batch = torch.from_numpy(trainer.seeds[:16])
    objectives = (trainer.model.cross_graph, trainer.model.cross_modality)
    for objective in objectives:
        trainer.stepper(objective, batch, trainer.state, 100, trainer.generator)
    with mode:
        for objective in objectives:
            trainer.stepper(objective, batch, trainer.state, 100, trainer.generator)


def largest(sampling: str) -> int:
    """Numbers in the largest tensor of a step."""
    trained, made = trainer(sampling), Made()
    # who was rejected reaches out of the batch
    trained.model.rejected = torch.from_numpy((trained.seeds[:8] + np.array([0, 1])) % N)
    steps(trained, made)
    return made.largest


def test_a_step_makes_nothing_as_long_as_the_graph() -> None:
    assert largest("always") < N / 2
    assert largest("never") >= 4 * N


def test_a_step_waits_for_nothing_that_a_gpu_works_out() -> None:
    trained, asked = trainer("never"), Asked()
    trained.model.encoders["relation"].whole = True  # as on a GPU
    steps(trained, asked)
    assert asked.names == []
    trained.model.encoders["relation"].whole = False  # as on a CPU, which would wait
    steps(trained, asked)
    assert "_local_scalar_dense" in asked.names
