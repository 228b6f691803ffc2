"""Trains a few epochs as a run would, in a temporary folder, and estimates from the seconds they take.

As a program it answers `pmf.processes.ask`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pmf.config.config import Config
from pmf.config.training import TrainConfig
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit
from pmf.freezing.rule import rule_of
from pmf.processes import answer
from pmf.runs.writer import RunWriter
from pmf.training.cost.estimate import Estimate, projection_seconds
from pmf.training.inputs import read_data, training_inputs
from pmf.training.loop.device import resolve_device
from pmf.training.loop.memory import peak_memory_bytes
from pmf.training.loop.trainer import Trainer
from pmf.training.recording.describe import describe_run, entity_table, link_table
from pmf.training.recording.recorder import Recorder
from pmf.training.start import run_config

_BATCHES = 3
_PLAIN, _SAVED, _LAST = 1, 2, 3  # epochs of stage 1 after one that warms up; two are scored, the last one ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of one epoch.

    Args:
        train: batches, scoring, and the look for new links.
        evaluate: its evaluation, 0 where it has none.
        write: what goes to the run folder.
    """

    train: float
    evaluate: float
    write: float


def calibrate(config: Config, pair: GraphPair | None = None) -> Estimate:
    """Estimate a training.

    Test links are paired anew by chance before anything is timed: which of them belong together has no part in it.

    Args:
        config: of the whole training.
        pair: its data, None = read them here.

    Raises:
        PMFError: settings or data that cannot be trained.
    """
    start = time.perf_counter()
    trainer, share = _trainer(config, pair)
    setup = time.perf_counter() - start
    timings = list(_timings(trainer))
    epochs, endings = _reckon(config, timings, share)
    maps = projection_seconds(len(trainer.pair), len(config.modalities)) if config.train.project else 0.0
    return Estimate(
        setup_seconds=setup,
        epochs=config.train.total_epochs,
        epoch_seconds=epochs / config.train.total_epochs,
        ending_seconds=endings,
        projection_seconds=maps,
        total_seconds=setup + epochs + endings + maps,
        peak_memory_bytes=peak_memory_bytes(trainer.device),
        device=trainer.device.type,
        calibration_seconds=time.perf_counter() - start,
    )


def _trainer(config: Config, pair: GraphPair | None) -> tuple[Trainer, float]:
    """A short training, and how many times as many seed links the whole one has."""
    device = resolve_device(config.device)
    inputs = training_inputs(config, pair or read_data(config))
    blind = _blind(inputs.split, config)
    short = Trainer(short_config(config), replace(inputs, split=blind), device)
    return short, len(inputs.split.seed_links) / len(blind.seed_links)


def _blind(split: LinkSplit, config: Config) -> LinkSplit:
    """A few batches of seed links, and test links whose partners are drawn anew."""
    partners = np.random.default_rng(config.seed).permutation(split.test_links[:, 1])
    return replace(
        split,
        seed_links=split.seed_links[: _BATCHES * config.train.batch_size],
        test_links=np.stack([split.test_links[:, 0], partners], axis=1),
    )


def short_config(config: Config) -> Config:
    """The same model and losses, a few epochs of each stage that the whole training has."""
    train, stage_1 = config.train, _LAST + 1
    return replace(
        config,
        freezing=replace(config.freezing, start_epoch=_SAVED, every=1),
        rules=replace(config.rules, rounds=min(1, config.rules.rounds)),
        train=replace(
            train,
            freeze_epochs=stage_1,
            epochs=stage_1 + (train.epochs > train.freeze_epochs),
            # one without and one with a look for new links
            iterative_epochs=2 if train.iterative_epochs else 0,
            collect_every=2,
            evaluate_every=2,
            checkpoint_every=_SAVED + 1,
            snapshots=0,
        ),
    )


def _timings(trainer: Trainer) -> Iterator[Timing]:
    """Train, and write as a run does."""
    config, pair = trainer.config, trainer.pair
    with tempfile.TemporaryDirectory() as scratch:
        writer = RunWriter(
            Path(scratch), epochs=config.train.total_epochs, modalities=config.modalities, n_entities=len(pair)
        )
        about = describe_run(config, pair, trainer.device, "calibration")
        writer.create(about, entity_table(pair), link_table(trainer.split))
        with writer:
            recorder = Recorder(trainer, writer)
            for report in trainer.epochs():
                start = time.perf_counter()
                recorder.epoch(report, leaving=False)
                write = time.perf_counter() - start
                yield Timing(train=report.train_seconds, evaluate=report.eval_seconds, write=write)


def _reckon(config: Config, timings: list[Timing], share: float) -> tuple[float, float]:
    """Seconds of all epochs, and of what the stages end with.

    Args:
        config: of the whole training.
        timings: of the epochs of `short_config`.
        share: how many times as many seed links the whole training has.
    """
    train = config.train
    plain, saved, last = timings[_PLAIN], timings[_SAVED], timings[_LAST]
    scoring = max(0.0, saved.train - plain.train)
    later = timings[_LAST + 1 :]
    second = max(0.0, later[0].train - plain.train) if later else 0.0
    collecting = max(0.0, later[-1].train - later[-2].train) if train.iterative_epochs else 0.0
    # the second objective may be about more links than the seeds, and is then not cut short
    second *= share if config.loss.cross_modality_entities == "seeds" else 1.0
    parts = [
        train.total_epochs * (plain.train * share + plain.write),
        (train.total_epochs - train.consistent_from) * second,
        _scored(config) * scoring,
        _looks(config) * max(0.0, timings[0].train - plain.train),
        train.iterative_epochs // train.collect_every * collecting,
        _evaluations(train) * last.evaluate,
        train.total_epochs // train.checkpoint_every * max(0.0, saved.write - plain.write),
    ]
    return sum(parts), _stages(train) * max(0.0, last.write - plain.write)


def _scored(config: Config) -> int:
    """Epochs that measure relevance."""
    return sum(map(rule_of(config).measures, range(config.train.total_epochs)))


def _looks(config: Config) -> float:
    """Looks of rules, in such as the first: it spreads labels and looks several times, the others once."""
    return min(1, config.rules.rounds) + max(0, config.rules.rounds - 1) / 3


def _stages(train: TrainConfig) -> int:
    return len({train.freeze_epochs, train.epochs, train.total_epochs})


def _evaluations(train: TrainConfig) -> int:
    ends = {train.freeze_epochs, train.epochs, train.total_epochs}
    return len(ends | set(range(train.evaluate_every, train.total_epochs + 1, train.evaluate_every)))


def _estimate(request: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(calibrate(*run_config(request["preset"], request["settings"])))


if __name__ == "__main__":
    answer(_estimate)
