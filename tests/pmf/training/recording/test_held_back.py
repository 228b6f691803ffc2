"""What probabilities are fitted on: validation links, of which neither weights nor labels know when they are seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pmf.data.readers import read_graph_pair
from pmf.runs.reader import RunReader
from pmf.training.inputs import training_inputs
from pmf.training.loop.trainer import Trainer
from pmf.training.recording.held_back import held_back
from pmf.training.run import train
from tests.pmf.training.loop.test_trainer import config_of

SETTINGS = {
    "train__epochs": "4",
    "train__freeze_epochs": "4",
    "train__iterative_epochs": "0",
    "train__selection": "last",
    "evaluation__reliability": "true",
    "seed_ratio": "0.6",
    "train__validation_share": "0.5",
    "model__propagation": "0.5",
}


@pytest.fixture(scope="module")
def trainer(tiny_data: Path) -> Trainer:
    config = config_of(tiny_data, **SETTINGS)
    trained = Trainer(config, training_inputs(config, read_graph_pair(tiny_data)), torch.device("cpu"))
    for _ in trained.epochs():
        pass
    return trained


def seen(trainer: Trainer) -> pd.DataFrame:
    table = held_back(trainer)
    assert table is not None
    return table


def test_no_link_has_a_say_in_the_weights_that_it_is_seen_with(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With wrong counterparts in one half, the evidence for that half is the same, and that for the other is not."""
    before = seen(trainer)
    links = trainer.split.val_links.copy()
    half = np.arange(len(links)) % 2 == 0
    links[half, 1] = np.roll(links[half, 1], 1)
    monkeypatch.setattr(trainer, "split", replace(trainer.split, val_links=links))
    after = seen(trainer)
    first = np.arange(len(before)) < 4 * half.sum()  # two directions, with the counterpart and without
    assert evidence(before[first]) == evidence(after[first])
    assert evidence(before[~first]) != evidence(after[~first])


def evidence(table: pd.DataFrame) -> list[list[float]]:
    """For the best candidates of queries that have their counterpart, in no order."""
    return sorted(table[table["counterpart"]].iloc[:, :5].to_numpy().tolist())


def test_labels_of_validation_links_have_not_spread(trainer: Trainer, tiny_data: Path, tmp_path: Path) -> None:
    before = seen(trainer)
    train(config_of(tiny_data, **SETTINGS), tmp_path / "run")
    stored = RunReader(tmp_path / "run").held_back()
    assert stored is not None
    pd.testing.assert_frame_equal(stored, before)
    trainer.finish()
    assert not seen(trainer).equals(before)


def test_pairs_that_only_look_alike_are_no_validation_links(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "config", trainer.config.with_settings({"seeds": "char"}))
    assert held_back(trainer) is None
