"""What froze when, and whether it should have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.services.dataset import Dataset
from app.services.run_view import NOT_RANKED, RIGHT, WRONG, RunView
from pmf.errors import MissingModalityError
from pmf.runs import layout

OUTCOMES = {NOT_RANKED: "not ranked", RIGHT: "● right", WRONG: "✕ wrong"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Frozen pictures against the ground truth of which cannot help; pictures that are there only.

    Args:
        frozen: pictures frozen so far.
        helpless: pictures that show something else than their entity, or whose entity has no counterpart
            with a picture of the same thing: they can find nothing in the other graph.
        both: pictures that are both.
        pictures: all pictures.
    """

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


def shares(run: RunView) -> pd.DataFrame:
    """One row an epoch and modality: `epoch, stage, modality, frozen, missing, threshold`, shares in [0, 1]."""
    rows = [
        {
            "epoch": report["epoch"],
            "stage": report.get("stage", 1),
            "modality": modality,
            "frozen": report.get("frozen_share", {}).get(modality, np.nan),
            "missing": report.get("missing_share", {}).get(modality, np.nan),
            "threshold": report.get("threshold", {}).get(modality),
        }
        for report in run.reports
        for modality in run.modalities
    ]
    columns = ["epoch", "stage", "modality", "frozen", "missing", "threshold"]
    return pd.DataFrame(rows, columns=columns).astype({"threshold": "float64"})


def stage_boundary(run: RunView) -> int | None:
    """The first epoch of stage 2, None before it has been reached."""
    stage_2 = [report["epoch"] for report in run.reports if report.get("stage") == 2]
    return min(stage_2, default=None)


def trajectory(run: RunView, entity: int) -> pd.DataFrame:
    """An entity's relevance over the epochs: `epoch, modality, relevance, threshold`, only epochs that scored it."""
    relevance = np.array(run.reader.relevance()[:, :, entity], np.float32)
    table = shares(run)[["epoch", "modality", "threshold"]]
    column = {modality: i for i, modality in enumerate(run.modalities)}
    table["relevance"] = [relevance[e, column[m]] for e, m in zip(table["epoch"], table["modality"], strict=True)]
    return table[table["relevance"].notna() & table["threshold"].notna()]


def freezing_epochs(run: RunView, modality: str) -> dict[int, int]:
    """Epoch → how many entities froze in it."""
    row = _row(run, modality)
    epochs, counts = np.unique(row[row >= 0], return_counts=True)
    return dict(zip(epochs.tolist(), counts.tolist(), strict=True))


def frozen_in(run: RunView, modality: str, epoch: int) -> npt.NDArray[np.int64]:
    """Entities that froze in an epoch, the least relevant first."""
    ids = np.flatnonzero(_row(run, modality) == epoch)
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality)][ids]
    return ids[np.argsort(relevance, kind="stable")]


def one_per_pair(run: RunView, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The ids without those whose linked counterpart stands earlier among them."""
    place = {int(entity): i for i, entity in enumerate(ids)}
    keep = [place.get(int(run.partner[entity]), len(ids)) > i for i, entity in enumerate(ids)]
    return ids[np.array(keep, np.bool_)]


def quality(run: RunView, data: Dataset) -> list[Quality] | None:
    """How well frozen pictures are those that cannot help, after each epoch; None without ground truth or pictures."""
    if data.irrelevant_pictures is None or "image" not in run.modalities or run.frozen_at is None:
        return None
    row = _row(run, "image")
    present = row != layout.MISSING
    right = present & ~data.irrelevant_pictures
    helpless = present & ~(right & (run.partner >= 0) & right[run.partner])
    result = []
    for report in run.reports:
        frozen = (row >= 0) & (row <= report["epoch"])
        result.append(
            Quality(
                frozen=int(frozen.sum()),
                helpless=int(helpless.sum()),
                both=int((frozen & helpless).sum()),
                pictures=int(present.sum()),
            )
        )
    return result


def frozen_table(run: RunView, modality: str, epoch: int, ids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """What `frozen_in` found, for reading: label, side, relevance, linked counterpart and its state, outcome."""
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality)][ids]
    partner, row = run.partner[ids], _row(run, modality)
    return pd.DataFrame(
        {
            "Entity": run.labels[ids],
            "Side": np.where(ids < run.n_source, "source", "target"),
            "Relevance α": relevance.astype(np.float32),
            "Linked counterpart": [run.labels[p] if p >= 0 else "" for p in partner],
            f"Its {modality}": [_state(row[p]) if p >= 0 else "" for p in partner],
            "Match": [OUTCOMES[int(o)] for o in run.outcome[ids]],
        }
    )


def liveliest(run: RunView) -> str:
    """The modality to show first: the image if any is frozen, else the one with most frozen features."""
    count = {modality: sum(freezing_epochs(run, modality).values()) for modality in run.modalities}
    return "image" if count.get("image") else max(run.modalities, key=lambda modality: count[modality])


def example(run: RunView) -> int:
    """An entity worth a look: of those with a counterpart, the last to freeze, or else one that has every feature."""
    if run.frozen_at is None:
        return 0
    linked = run.partner >= 0
    row = np.where(linked, _row(run, liveliest(run)), layout.NEVER_FROZEN)
    return int(row.argmax() if row.max() >= 0 else (linked & (run.frozen_at != layout.MISSING).all(axis=0)).argmax())


def _state(epoch: int) -> str:
    return "missing" if epoch == layout.MISSING else f"frozen, epoch {epoch}" if epoch >= 0 else "in use"


def _row(run: RunView, modality: str) -> npt.NDArray[np.int16]:
    if modality not in run.modalities:
        raise MissingModalityError(f"This run has no {modality}; it learned {', '.join(run.modalities)}.")
    if run.frozen_at is None:
        raise MissingModalityError("Nothing has been frozen yet; this fills in as the first epochs end.")
    return run.frozen_at[run.modalities.index(modality)]
