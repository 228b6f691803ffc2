"""What a training reads, and how often."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pmf.runs.reader import RunReader
from pmf.training.start import new_run
from tests.conftest import TINY_SETTINGS


@pytest.mark.parametrize("named", [True, False])
def test_a_training_reads_its_data_once(tiny_data: Path, tmp_path: Path, named: bool) -> None:
    """Whether it is told the modalities or looks into the data for them."""
    settings = {**TINY_SETTINGS, "data": str(tiny_data), "train.epochs": "2", "train.freeze_epochs": "1"}
    if not named:
        del settings["modalities"]
    starts: Counter[str] = Counter()

    def count(what: str, done: int, total: int) -> None:
        starts.update([Path(what).name] if done == 0 else [])

    folder, _ = new_run("published", settings, tmp_path / "run", count)
    assert starts["rel_triples_1"] == 1
    assert RunReader(folder).modalities == ("structure", "relation", "attribute", "image")
