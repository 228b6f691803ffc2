"""Estimates: reckoned by hand on made-up seconds, and held against a real training."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pmf.config.config import Config
from pmf.data.split import LinkSplit
from pmf.errors import PMFError, UnfinishedError
from pmf.runs.reader import RunReader
from pmf.training.cost.dry_run import Timing, _blind, _reckon, _scored, short_config
from pmf.training.cost.estimate import measure, projection_seconds
from tests.commands import as_arguments
from tests.conftest import ROOT, TINY_SETTINGS

CONFIG = Config(data="demo").with_settings(
    {
        "train.epochs": "30",
        "train.freeze_epochs": "20",
        "train.iterative_epochs": "10",
        "train.collect_every": "5",
        "train.evaluate_every": "7",
        "train.checkpoint_every": "8",
        "train.batch_size": "100",
        "freezing.start_epoch": "4",
        "freezing.every": "3",
    }
)
# a warm-up, a plain epoch, one that is scored and saved, the end of stage 1, one of stage 2, two of stage 3
TIMINGS = [
    Timing(train=train, evaluate=evaluate, write=write)
    for train, evaluate, write in (
        (9.0, 9.0, 9.0),
        (1.0, 0.0, 0.1),
        (1.5, 0.0, 0.3),
        (1.5, 0.2, 5.1),
        (3.0, 0.2, 5.1),
        (3.0, 0.0, 0.1),
        (3.25, 0.2, 5.1),
    )
]


def test_every_part_counts_as_often_as_it_happens() -> None:
    epochs, endings = _reckon(CONFIG, TIMINGS, 2.0)
    by_hand = (
        40 * (1.0 * 2 + 0.1)  # batches, twice as many as were timed, and the log
        + 20 * 2.0 * 2  # stages 2 and 3: the second objective
        + 6 * 0.5  # relevance in the epochs 4, 7, 10, 13, 16, 19
        + 2 * 0.25  # looks for new links
        + 8 * 0.2  # evaluations after the epochs 7, 14, 20, 21, 28, 30, 35, 40
        + 5 * 0.2  # checkpoints
    )
    assert epochs == pytest.approx(by_hand)
    assert endings == pytest.approx(3 * 5.0)
    linked = CONFIG.with_settings({"loss.cross_modality_entities": "linked"})
    assert _reckon(linked, TIMINGS, 2.0)[0] == pytest.approx(by_hand - 20 * 2.0)
    short = CONFIG.with_settings({"train.epochs": "20", "train.iterative_epochs": "0"})
    assert _reckon(short, TIMINGS[:4], 1.0)[1] == pytest.approx(5.0)


def test_scored_epochs() -> None:
    assert _scored(CONFIG) == 6
    assert _scored(CONFIG.with_settings({"freezing.enabled": "false"})) == 0
    assert _scored(CONFIG.with_settings({"freezing.start_epoch": "20"})) == 0


def test_the_short_training_has_every_stage_of_the_whole_one() -> None:
    train = short_config(CONFIG).train
    assert (train.freeze_epochs, train.epochs, train.total_epochs) == (4, 5, 7)
    one_stage = CONFIG.with_settings({"train.epochs": "20", "train.iterative_epochs": "0"})
    assert short_config(one_stage).train.total_epochs == 4
    assert short_config(CONFIG).model == CONFIG.model
    assert short_config(CONFIG).loss == CONFIG.loss


def test_true_pairs_of_test_links_are_not_in_it() -> None:
    ids = np.arange(2000)
    links = np.stack([ids, ids + 2000], axis=1)
    split = LinkSplit(seed_links=links[:900], val_links=links[900:1000], test_links=links[1000:])
    blind = _blind(split, CONFIG)
    assert len(blind.seed_links) == 300  # three batches
    assert np.array_equal(blind.val_links, split.val_links)
    for side in (0, 1):
        assert np.array_equal(np.sort(blind.test_links[:, side]), split.test_links[:, side])
    assert (blind.test_links == split.test_links).all(axis=1).mean() < 0.02


def test_an_estimate_is_near_a_real_training(tiny_data: Path, tmp_path: Path) -> None:
    settings = {**TINY_SETTINGS, "train.epochs": "60", "train.freeze_epochs": "40", "train.iterative_epochs": "20"}
    # a process that imports only what a training needs: the server that forks commands has more, and so has its peak
    command = [sys.executable, "-m", "pmf", "train", "--json", "--data", tiny_data, "--run", tmp_path / "run"]
    done = subprocess.run([*command, *as_arguments(settings)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    estimate = measure({**settings, "data": str(tiny_data)}, "default")
    run = RunReader(tmp_path / "run")
    assert estimate.epochs == 80
    # of the epochs in the middle of each lot: what else the machine does in between says nothing of the estimate
    took = statistics.median(report["train_seconds"] for report in run.epoch_reports())
    assert took / 4 < estimate.epoch_seconds < 8 * took  # the estimate spreads relevance and evaluation over all epochs
    reckoned = estimate.epochs * estimate.epoch_seconds + estimate.ending_seconds
    assert estimate.total_seconds == pytest.approx(estimate.setup_seconds + reckoned)
    peak = max(report["peak_memory_bytes"] for report in run.epoch_reports())
    assert 0.8 * peak < estimate.peak_memory_bytes < 1.25 * peak
    assert estimate.calibration_seconds < 60


def test_maps_take_longer_the_more_there_is_to_show() -> None:
    sizes = [100, 1000, 5000, 40_000, 1_000_000]
    seconds = [projection_seconds(size, 4) for size in sizes]
    assert seconds == sorted(seconds)
    assert 10 < projection_seconds(1371, 4) < 36  # 18 s of the bundled data set, measured on one core
    assert 60 < projection_seconds(38_960, 3) < 220  # 94 and 96 s of DBP15K zh_en


def test_what_is_wrong_is_said_in_a_sentence(tiny_data: Path) -> None:
    with pytest.raises(PMFError, match="seed_ratio must lie in"):
        measure({"data": str(tiny_data), "seed_ratio": "2"}, "default")
    with pytest.raises(UnfinishedError, match="was not done in 0 s"):
        measure({"data": str(tiny_data)}, "default", seconds=0.01)
