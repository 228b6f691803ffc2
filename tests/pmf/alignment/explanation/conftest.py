"""A run so small that its numbers can be checked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from tests.whole_tables import whole

CONFIG = {
    "config": {"modalities": ["structure", "image"], "train": {"epochs": 4}},
    "n_source": 4,
    "n_entities": 8,
    "dataset": {"name": "toy"},
}
X, Y, ALL, NONE = (1, 0, 0, 0), (0, 1, 0, 0), (0.5, 0.5, 0.5, 0.5), (0, 0, 0, 0)


@pytest.fixture
def toy(tmp_path: Path) -> RunReader:
    """4 + 4 entities, linked in order: two test links, one of validation, one seed; all cosines are 0, ½ or 1."""
    writer = RunWriter(tmp_path / "toy", epochs=4, modalities=("structure", "image"), n_entities=8)
    entities = pd.DataFrame({"uri": list("abcdefgh"), "label": list("ABCDEFGH")})
    entities = whole(entities, layout.ENTITIES, ("structure", "image"))
    split = ["test", "test", "validation", "seed"]
    writer.create(CONFIG, entities, pd.DataFrame({"source": range(4), "target": range(4, 8), "split": split}))
    writer.embedding("structure", np.array([X, Y, X, Y, ALL, X, ALL, X], np.float16))
    writer.embedding("image", np.array([X, Y, X, NONE, X, Y, X, NONE], np.float16))
    writer.embedding("weight", np.array([[1] * 8, [0.5, 0.5, 0, 0, 0.5, 0, 0, 0]], np.float32))
    writer.frozen_at(np.array([[-1] * 8, [-1, -1, 1, -2, -1, 1, 2, -2]], np.int16))
    for epoch, relevance in ((1, 0.25), (2, 0.5)):
        writer.relevance(epoch, np.full((2, 8), relevance))
        writer.event("epoch", epoch=epoch, threshold={"structure": 0.125, "image": relevance + 0.125})
    writer.event("state", state="finished")
    return RunReader(writer.folder)
