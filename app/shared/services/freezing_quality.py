"""Frozen pictures against the ground truth of which can help, where the data has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from pmf.data.planted import read_truth
from pmf.runs import layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Frozen pictures that are there, against those of them that cannot help.

    Args:
        epoch: counted after it.
        frozen: pictures frozen so far.
        helpless: pictures that show something else than their entity, or whose entity has no counterpart
            with a picture of the same thing: they can find nothing in the other graph.
        both: pictures that are both.
        pictures: all pictures.
    """

    epoch: int
    frozen: int
    helpless: int
    both: int
    pictures: int

    @property
    def precision(self) -> float:
        return self.both / self.frozen if self.frozen else float("nan")

    @property
    def recall(self) -> float:
        return self.both / self.helpless if self.helpless else float("nan")

    @property
    def base(self) -> float:
        """The precision of freezing blindly."""
        return self.helpless / self.pictures if self.pictures else float("nan")


def quality_table(scores: Sequence[Quality]) -> pd.DataFrame:
    """One row an epoch: the counts, and `precision, recall, base`, shares in [0, 1]."""
    rates = ("precision", "recall", "base")
    return pd.DataFrame([{**asdict(one), **{name: getattr(one, name) for name in rates}} for one in scores])


def quality(run: RunView, data: Dataset) -> list[Quality] | None:
    """How well "frozen" says "cannot help" after each epoch; None without ground truth or pictures.

    Raises:
        DataFormatError: the ground truth is malformed.
    """
    if data.pair is None or "image" not in run.modalities or run.frozen_at is None:
        return None
    helps = read_truth(data.pair)
    if helps is None:
        return None
    row = run.frozen_at[run.modalities.index("image")]
    present = row != layout.MISSING
    helpless = present & ~helps
    scores = []
    for epoch in (report["epoch"] for report in run.reports):
        frozen = (row >= 0) & (row <= epoch)
        scores.append(
            Quality(
                epoch=epoch,
                frozen=int(frozen.sum()),
                helpless=int(helpless.sum()),
                both=int((frozen & helpless).sum()),
                pictures=int(present.sum()),
            )
        )
    return scores
