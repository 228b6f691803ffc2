"""What froze, and when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.run_view import OUTCOMES, RunView
from pmf.errors import MissingModalityError
from pmf.runs import layout

PROPOSAL = ("threshold", "features", "gain", "error", "gain_now", "taken")
"""What a run writes down of each threshold that its rule weighed, see `pmf.freezing.rule.Proposal`."""


def shares(run: RunView) -> pd.DataFrame:
    """One row an epoch and modality: `epoch, stage, modality, frozen, missing, threshold`, shares in [0, 1].

    The threshold is NaN where nothing could freeze: no relevance was measured, or δ was 0.
    """
    limits = {modality: thresholds(run, modality) for modality in run.modalities}
    rows = [
        {
            "epoch": report["epoch"],
            "stage": report.get("stage", 1),
            "modality": modality,
            "frozen": report.get("frozen_share", {}).get(modality, np.nan),
            "missing": report.get("missing_share", {}).get(modality, np.nan),
            "threshold": limits[modality].get(report["epoch"]),
        }
        for report in run.reports
        for modality in run.modalities
    ]
    columns = ["epoch", "stage", "modality", "frozen", "missing", "threshold"]
    return pd.DataFrame(rows, columns=columns).astype({"threshold": "float64"})


def measured_by(run: RunView, epoch: int) -> int | None:
    """The last measurement up to an epoch; None before the first."""
    return max((e for e in run.reader.measured_epochs() if e <= epoch), default=None)


def thresholds(run: RunView, modality: str) -> dict[int, float]:
    """Epoch of a measurement → δ; only where it was above 0, so that it could freeze."""
    measured = set(run.reader.measured_epochs())
    by_epoch = {r["epoch"]: r.get("threshold", {}).get(modality) for r in run.reports if r["epoch"] in measured}
    return {epoch: float(value) for epoch, value in by_epoch.items() if value}


def proposals(run: RunView) -> pd.DataFrame:
    """Thresholds that the freezing rule weighed, one a row, and what validation links said of each.

    Columns `epoch, modality` and those of `PROPOSAL`; empty for a rule that weighs nothing, and for
    runs of versions that did not write it down.
    """
    rows = [
        {"epoch": report["epoch"], "modality": modality, **{name: one[name] for name in PROPOSAL}}
        for report in run.reports
        for modality, one in report.get("proposals", {}).items()
    ]
    return pd.DataFrame(rows, columns=["epoch", "modality", *PROPOSAL])


def stage_boundary(run: RunView) -> int | None:
    """The first epoch of stage 2, None before it has been reached."""
    stage_2 = [report["epoch"] for report in run.reports if report.get("stage") == 2]
    return min(stage_2, default=None)


def trajectory(run: RunView, entity: int) -> pd.DataFrame:
    """An entity's relevance over the epochs: `epoch, modality, relevance, threshold`, only measurements."""
    relevance = np.array(run.reader.relevance()[:, :, entity], np.float32)
    table = shares(run)[["epoch", "modality", "threshold"]]
    column = {modality: i for i, modality in enumerate(run.modalities)}
    table["relevance"] = [relevance[e, column[m]] for e, m in zip(table["epoch"], table["modality"], strict=True)]
    return table[table["relevance"].notna()]


def frozen_at(run: RunView, modality: str) -> npt.NDArray[np.int16]:
    """`[entities]`: the epoch in which each feature of a modality froze, -1 never, -2 missing.

    Raises:
        MissingModalityError: the run has not learned it, or has not frozen anything yet.
    """
    if modality not in run.modalities:
        raise MissingModalityError(f"This run has no {modality}; it learned {', '.join(run.modalities)}.")
    if run.frozen_at is None:
        raise MissingModalityError("Nothing has been frozen yet; this fills in as the first epochs end.")
    return run.frozen_at[run.modalities.index(modality)]


def freezing_epochs(run: RunView, modality: str) -> dict[int, int]:
    """Epoch → how many entities froze in it."""
    row = frozen_at(run, modality)
    epochs, counts = np.unique(row[row >= 0], return_counts=True)
    return dict(zip(epochs.tolist(), counts.tolist(), strict=True))


def frozen_in(run: RunView, modality: str, epoch: int) -> npt.NDArray[np.int64]:
    """Entities that froze in an epoch, the least relevant first."""
    ids = np.flatnonzero(frozen_at(run, modality) == epoch)
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality)][ids]
    return ids[np.argsort(relevance, kind="stable")]


def one_per_pair(run: RunView, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The ids without those whose linked counterpart stands earlier among them."""
    place = {int(entity): i for i, entity in enumerate(ids)}
    keep = [place.get(int(run.partner[entity]), len(ids)) > i for i, entity in enumerate(ids)]
    return ids[np.array(keep, np.bool_)]


def frozen_table(
    run: RunView, modality: str, epoch: int, ids: npt.NDArray[np.int64], effects: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What `frozen_in` found, for reading.

    Args:
        run: the run.
        modality: what froze.
        epoch: in which.
        ids: the entities.
        effects: of them, from `app.freezing.services.effect.ranks`, where known.
    """
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality)][ids]
    partner, row = run.partner[ids], frozen_at(run, modality)
    table = pd.DataFrame(
        {
            "Entity": run.labels[ids],
            "Side": np.where(ids < run.n_source, "source", "target"),
            "Relevance α": relevance.astype(np.float32),
            "Linked counterpart": [run.labels[p] if p >= 0 else "" for p in partner],
            f"Its {modality}": [_state(row[p]) if p >= 0 else "" for p in partner],
            "Match": [OUTCOMES[int(o)] for o in run.outcome[ids]],
        }
    )
    if effects is None:
        return table
    rows = effects.loc[ids]
    return table.assign(
        **{
            "Had it not frozen": rows["effect"].to_numpy(),
            "Truth's rank": rows["rank"].to_numpy(),
            "Rank, not frozen": rows["thawed"].to_numpy(),
        }
    )


def liveliest(run: RunView) -> str:
    """The modality to show first: the image if any is frozen or nothing is, else the one with most frozen features."""
    count = {modality: sum(freezing_epochs(run, modality).values()) for modality in run.modalities}
    if "image" in count and (count["image"] or not any(count.values())):
        return "image"
    return max(run.modalities, key=lambda modality: count[modality])


def busiest(run: RunView, modality: str) -> int:
    """The epoch to show first: in which most features froze, else that of the last measurement, else the last."""
    counts = freezing_epochs(run, modality) if run.frozen_at is not None else {}
    if counts:
        return max(counts, key=lambda epoch: counts[epoch])
    return max(run.reader.measured_epochs() or [report["epoch"] for report in run.reports], default=0)


def _state(epoch: int) -> str:
    return "missing" if epoch == layout.MISSING else f"frozen, epoch {epoch}" if epoch >= 0 else "in use"
