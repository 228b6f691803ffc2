"""What the Freezing page is drawn from, packed for the browser: it is sent once, and everything is computed there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.freezing.services.effect import known
from app.freezing.services.relevance import counts, links_sent
from app.shared.figures.style import MODALITY
from app.shared.services import freezing_record as freezing
from app.shared.services.for_browser import Json, numbers
from app.shared.services.freezing_quality import Quality
from app.shared.services.run_view import RunView
from pmf.runs import layout

UNMEASURED, FULL = 65_535, 65_534  # a relevance is sent in steps of 1 / FULL
SPLITS = ["seed", "validation", "test"]
LONGEST_LABEL = 80


def packed(run: RunView, quality: Sequence[Quality] | None, labels: list[str]) -> Json:
    """The record of the browser.

    Args:
        run: the run.
        quality: frozen pictures against the ground truth, after each epoch; None without one.
        labels: `[entities]`, as they are shown.

    Returns:
        JSON, and columns in it as base64 of little-endian numbers; under `table` a digest of it. Relevance goes of all
        entities as it is counted in bins, and of single ones as far as `links_sent` goes.
    """
    links = links_sent(run)
    pairs = links[["source", "target"]].to_numpy()
    entities = np.arange(run.n) if len(links) == len(run.reader.links) else np.unique(pairs)
    measured = run.reader.measured_epochs()
    relevance = np.asarray(run.reader.relevance()[measured][:, :, entities], np.float32)
    frozen_at = run.frozen_at
    if frozen_at is None:
        frozen_at = np.full((len(run.modalities), run.n), layout.NEVER_FROZEN, np.int16)
    rank, thawed = _ranks(run)
    made: Json = {
        "run": run.run_id,
        "n": run.n,
        "nSource": run.n_source,
        "labels": labels,
        "epochs": [report["epoch"] for report in run.reports],
        "total": run.reader.epochs,
        "stageTwo": freezing.stage_boundary(run),
        "measured": measured,
        "modalities": _modalities(run),
        "quality": quality and [{"frozen": q.frozen, "helpless": q.helpless, "both": q.both} for q in quality],
        "splitNames": SPLITS,
        "linked": len(run.reader.links),
        "partner": numbers(run.partner, "<i4"),
        "frozenAt": numbers(frozen_at, "<i2"),
        "relevanceThen": numbers(_steps(_relevance_then(run, frozen_at)), "<u2"),
        "rank": numbers(rank, "<f4"),
        "thawed": numbers(thawed, "<f4"),
        "counts": numbers(counts(run), "<u4"),
        "pairs": numbers(pairs, "<i4"),
        "splits": numbers(links["split"].map(SPLITS.index).to_numpy(), "u1"),
        "entities": numbers(entities, "<i4"),
        "relevance": numbers(_steps(relevance), "<u2"),
    }
    return {"table": hashlib.sha256(json.dumps(made).encode()).hexdigest()[:20], **made}


def _modalities(run: RunView) -> list[Json]:
    """Each with its shares and thresholds by report; None where there is none."""
    shares = freezing.shares(run)
    proposals = freezing.proposals(run)
    listed = []
    for modality in run.modalities:
        rows = shares[shares["modality"] == modality]
        columns = {
            name: [None if np.isnan(value) else float(value) for value in rows[name]]
            for name in ("frozen", "missing", "threshold")
        }
        own = proposals[proposals["modality"] == modality].drop(columns="modality")
        listed.append(
            {
                "name": modality,
                "colour": MODALITY[modality],
                **columns,
                "proposals": own.to_dict("records"),
                "judged": known(run, modality),
            }
        )
    return listed


def _ranks(run: RunView) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The truth's rank by plain similarity `[entities]`, and had a modality frozen nothing `[modalities, entities]`."""
    rank = np.full(run.n, np.nan, np.float32)
    thawed = np.full((len(run.modalities), run.n), np.nan, np.float32)
    table = run.failures
    if table is not None:
        rank[table.index] = table["similarity_rank"]
        for m, modality in enumerate(run.modalities):
            if known(run, modality):
                thawed[m, table.index] = table[f"thawed_{modality}"]
    return rank, thawed


def _relevance_then(run: RunView, frozen_at: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """`[modalities, entities]`: relevance in the epoch in which a feature froze, NaN where it did not."""
    then = np.full(frozen_at.shape, np.nan, np.float32)
    m, entity = np.nonzero(frozen_at >= 0)
    then[m, entity] = run.reader.relevance()[frozen_at[m, entity], m, entity]
    return then


def _steps(relevance: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    there = np.isfinite(relevance)
    return np.where(there, (np.where(there, relevance, 0) * FULL).round(), UNMEASURED).astype(np.uint16)
