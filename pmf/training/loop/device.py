"""Where a training computes, and how precisely it multiplies."""

from __future__ import annotations

import torch

from pmf.config.training import TrainConfig
from pmf.errors import ConfigError

WORTH_BFLOAT16 = 4_000
"""Entities from which on bfloat16 saves time; below, to make a product of a new shape ready costs more."""


def resolve_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA if there is one, else the CPU.

    Raises:
        ConfigError: CUDA is asked for and not there, or the name is unknown.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ConfigError(f"device must be auto, cpu or cuda, got {name}")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device cuda was asked for, and this machine has none; use --device auto")
    return torch.device(name)


def precision_of(config: TrainConfig, entities: int) -> str:
    """What the steps and the relevance of a training of so many entities multiply in, see `pmf.precision`."""
    return config.precision if entities >= WORTH_BFLOAT16 else "float32"
