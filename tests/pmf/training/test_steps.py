"""What a step of training makes in memory, where neighbours are drawn: nothing that is as long as the graph."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import trainer_of
from pmf.data.synthetic import SyntheticOptions, synthetic_pair

N = 6000


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


def largest(sampling: str) -> int:
    """Numbers in the largest tensor of a step of each objective, after a first one that makes the optimiser's state."""
    settings = {
        "modalities": "structure,relation",
        "features.n_relations": "8",
        "model.width": "4",
        "train.batch_size": "16",
        "train.sampling": sampling,
        "train.fanout": "2",
    }
    pair = synthetic_pair(SyntheticOptions(entities=N // 2))
    trainer = trainer_of(Request(section="epoch", settings=settings).config(), pair)
    # who was rejected reaches out of the batch
    trainer.model.rejected = torch.from_numpy((trainer.seeds[:8] + np.array([0, 1])) % N)
    batch = torch.from_numpy(trainer.seeds[:16])
    objectives = (trainer.model.cross_graph, trainer.model.cross_modality)
    made = Made()
    for objective in objectives:
        trainer._step(objective, batch, 100, defaultdict(list))
    with made:
        for objective in objectives:
            trainer._step(objective, batch, 100, defaultdict(list))
    return made.largest


def test_a_step_makes_nothing_as_long_as_the_graph() -> None:
    assert largest("always") < N / 2
    assert largest("never") >= 4 * N
