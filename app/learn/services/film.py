"""A training from its first epoch to its last, as it is played: what froze, what was found, and how one pair fared."""

from __future__ import annotations

import numpy as np

from app.shared.services import freezing_record as freezing
from app.shared.services import headline
from app.shared.services.for_browser import Json, numbers
from app.shared.services.run_view import RunView
from pmf.projection.drawing import ALIGNED
from pmf.runs import layout

STEPS = 65_535
"""A place is one of so many steps across its map."""


def curves(run: RunView) -> Json:
    """The curves of a training, finished or not.

    Returns:
        `epochs` planned and `last` done; `frozen`: modality → share of all entities, `[last + 1]`; `missing`: modality
        → share; `hits`: `[epoch, Hits@1]`, source to target, on the links that `split` names: held-out ones where there
        are any; `found`: Hits@1 on test links as the run decodes at its end, None before; `pictures`: share of the
        pictures that are frozen by now.
    """
    table = freezing.shares(run)
    points = headline.curve(run)
    points = points[points["direction"] == layout.SOURCE_TO_TARGET]
    split = "validation" if "validation" in set(points["split"]) else "test"
    points = points[points["split"] == split]
    results = run.reader.results() or {}
    by_modality = {str(m): rows for m, rows in table.groupby("modality", sort=False)}
    frozen = {m: [round(float(share), 4) for share in rows["frozen"]] for m, rows in by_modality.items()}
    missing = {m: round(float(rows["missing"].iloc[-1]), 4) for m, rows in by_modality.items()}
    there = 1 - missing.get("image", 1.0)
    return {
        "epochs": run.reader.epochs,
        "last": int(run.reports[-1]["epoch"]) if run.reports else -1,
        "frozen": frozen,
        "missing": missing,
        "hits": [[int(e), round(float(h), 4)] for e, h in zip(points["epoch"], points["hits"], strict=True)],
        "split": split,
        "found": results.get(layout.SOURCE_TO_TARGET, {}).get("hits@1"),
        "pictures": round(frozen["image"][-1] / there, 4) if there > 0 and frozen.get("image") else 0.0,
    }


def of_pair(run: RunView, source: int) -> Json:
    """How a test query fared.

    Returns:
        `stood`: at every snapshot `[epoch, rank of the counterpart, similarity to it]`, by plain similarity;
        `[epoch, α]` of its picture; `froze`: epoch in which that froze, -1 for never.
    """
    course = run.reader.course()
    stood: list[list[float]] = []
    if course is not None:
        rows = course[(course["direction"] == layout.SOURCE_TO_TARGET) & (course["query"] == source)]
        columns = rows[["epoch", "rank", "similarity_truth"]].sort_values("epoch")
        stood = [[int(e), float(rank), round(float(s), 4)] for e, rank, s in columns.itertuples(index=False)]
    return {"stood": stood, "froze": run.frozen_epoch("image", source) if "image" in run.modalities else -1}


def moving(run: RunView) -> Json | None:
    """The entities that snapshots are kept of, on one map through the epochs.

    Returns:
        `epochs`; `entities`; `frozen`: epoch in which a feature of it first froze, -1 for never; `places`: x and y in
        turn, `[epochs, entities, 2]`. None where the run has no such map.
    """
    snapshots, drawn = run.reader.snapshots(), run.reader.projection(ALIGNED)
    if snapshots is None or drawn is None or drawn.shape[:2] != snapshots["fused"].shape[:2]:
        return None
    entities = np.asarray(snapshots["sample"], np.int64)
    points = np.asarray(drawn, np.float64)
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    steps = ((points - low) / np.maximum(high - low, 1e-9) * STEPS).round()
    frozen = np.full(len(entities), -1)
    if run.frozen_at is not None:
        never = np.iinfo(np.int16).max
        first = np.where(run.frozen_at < 0, never, run.frozen_at).min(axis=0)[entities]
        frozen = np.where(first == never, -1, first)
    return {
        "epochs": snapshots["epochs"].tolist(),
        "entities": numbers(entities, "<i4"),
        "frozen": numbers(frozen, "<i2"),
        "places": numbers(steps, "<u2"),
    }
