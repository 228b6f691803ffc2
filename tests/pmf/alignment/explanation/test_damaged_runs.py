"""Explanations of runs whose files are damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.alignment.explanation.explainer import Explainer
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader


def unlink(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-7])


def poison(folder: Path) -> None:
    np.save(folder / "embeddings" / "image.npy", np.full((8, 4), np.nan, np.float16))


def far_link(folder: Path) -> None:
    pd.DataFrame({"source": [99], "target": [5], "split": ["test"]}).to_parquet(folder / layout.LINKS)


def late_epoch(folder: Path) -> None:
    (folder / layout.FROZEN_AT).write_bytes(np.full((2, 8), 9, np.int16).tobytes())


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (unlink("embeddings/image.npy"), "no embeddings of image"),
        (unlink("embeddings/weight.npy"), "no weights"),
        (unlink(layout.FROZEN_AT), "do not fit together"),
        (cut("embeddings/structure.npy"), "structure.npy cannot be read"),
        (cut(layout.LINKS), "cannot be read"),
        (cut(layout.FROZEN_AT), "has 25 bytes, expected 32"),
        (late_epoch, "other numbers than epochs"),
        (far_link, "whole numbers from 0 to below 4 in column source"),
        (poison, "other numbers than finite numbers"),
    ],
)
def test_a_damaged_run_is_one_sentence(toy: RunReader, damage: Callable[[Path], None], says: str) -> None:
    damage(toy.folder)
    with pytest.raises(RunFormatError, match=says) as caught:
        Explainer(RunReader(toy.folder)).explain(0, 5)
    assert "\n" not in str(caught.value)
