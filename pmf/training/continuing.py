"""Go on from a finished run with new links: its settings, its weights, and what it froze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from pmf.config.build import require
from pmf.config.config import Config, VerdictConfig
from pmf.data.split import among
from pmf.errors import CheckpointMismatchError, ConfigError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.training.loop import checkpoint
from pmf.training.loop.trainer import Trainer

EPOCHS = "10"
"""Of a continuation, unless told otherwise: one stage with the first objective, warmed up and cooled down anew."""

_MAY_CHANGE = ("data", "device", "train.", "freezing.", "loss.", "evaluation.", "verdicts.")


def continued_config(base: Path, settings: Mapping[str, str]) -> Config:
    """The config of a run that goes on from another.

    Args:
        base: the run folder to go on from.
        settings: see `going_on`.

    Raises:
        ConfigError: an unknown setting, one that the weights or the links depend on, or a run of another system.
        RunFormatError: there is no run.
    """
    run = RunReader(base)
    require(run.facts.adopted is None, f"{base} was trained by another system, so there is nothing to go on with")
    require(
        run.facts.updated is None,
        f"{base} is an update, and its model knows the older data; train anew on its data, with the verdicts",
    )
    config = replace(run.facts.config(), data=run.facts.data_path)
    return going_on(config, base, settings)


def going_on(config: Config, base: Path, settings: Mapping[str, str]) -> Config:
    """The config of a run that goes on from one of this config.

    Args:
        config: its settings hold, but for its schedule and its verdicts.
        base: its folder.
        settings: by name, as text; they win, as far as weights and links let them.

    Raises:
        ConfigError: an unknown setting, or one that the weights or the links depend on.
    """
    fixed = [name for name in settings if not name.startswith(_MAY_CHANGE)]
    if fixed:
        raise ConfigError(f"a run that goes on from another keeps its {', '.join(fixed)}; leave that out")
    epochs = settings.get("train.epochs", EPOCHS)
    schedule = {"train.epochs": epochs, "train.freeze_epochs": epochs, "train.iterative_epochs": "0"}
    own = replace(config, verdicts=VerdictConfig())
    return own.with_settings({**schedule, **settings, "verdicts.base": str(base.resolve())})


def go_on_from(trainer: Trainer, base: Path) -> None:
    """Put a new trainer where the base run's last checkpoint stands.

    What the base froze counts as frozen in epoch 0, and links that its stage 3 added stay where no verdict speaks
    against them. Rules begin anew: the base's seed links were others.

    Raises:
        CheckpointMismatchError: there is no checkpoint, or one of another model.
    """
    path = base / layout.CHECKPOINTS / "last.safetensors"
    tensors, _ = checkpoint.load(path)
    collector = trainer.collector
    try:
        frozen_at = tensors["freezing.frozen_at"].clamp(max=0)
        added = tensors["collector.added"].numpy()
        trainer.restore({**tensors, "freezing.frozen_at": frozen_at, **trainer.links.tensors()})
    except (KeyError, RuntimeError) as error:
        raise CheckpointMismatchError(f"{path} does not fit this model: {error}") from None
    free = np.isin(added[:, 0], collector.source) & np.isin(added[:, 1], collector.target)
    collector.added = added[free & ~among(added, collector.rejected)]
