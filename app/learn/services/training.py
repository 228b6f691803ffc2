"""The loss of one seed pair as training goes on, with its numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.shared.services.data_sets import DEMO
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import usual
from app.shared.services.trainings import Plan

PRESET = "default"


def live_plan() -> Plan:
    """The training that the lesson starts: the bundled data as `make demo` trains it, without maps to wait for."""
    return Plan(preset=PRESET, settings=usual(PRESET, DEMO) | {"train.project": "false"}, name="Lesson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One seed link in the contrastive loss of the fused embedding.

    Args:
        epoch: of the snapshot it is measured in.
        source: the anchor.
        target: its partner.
        positive: their cosine.
        hardest: the largest cosine with a negative.
        negatives: how many there are: partners of the other seed links, and the other entities of the anchor's graph.
        temperature: of the softmax.
        loss: InfoNCE of the anchor, in nats.
    """

    epoch: int
    source: int
    target: int
    positive: float
    hardest: float
    negatives: int
    temperature: float
    loss: float


def contrasts(run: RunView) -> list[Contrast]:
    """The loss of one seed link at every stored snapshot, among the seed links that the snapshots hold.

    The link is the one whose loss falls most. Empty where there are no snapshots or fewer than two such links.

    Source: InfoNCE of the cross-graph loss, one direction.
    """
    snapshots = run.reader.snapshots()
    if snapshots is None:
        return []
    place = np.full(run.n, -1, np.int64)
    place[snapshots["sample"]] = np.arange(len(snapshots["sample"]))
    links = run.reader.links
    seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy(np.int64)
    seeds = seeds[(place[seeds] >= 0).all(axis=1)]
    if len(seeds) < 2:
        return []
    temperature = float(run.reader.facts.settings["loss.temperature"])
    parts = [_epoch(table, place[seeds]) for table in snapshots["fused"]]
    losses = np.stack([_loss(positive, negatives, temperature) for positive, negatives in parts])  # [e, s]
    chosen = int((losses[0] - losses[-1]).argmax())
    return [
        Contrast(
            epoch=int(epoch),
            source=int(seeds[chosen, 0]),
            target=int(seeds[chosen, 1]),
            positive=float(positive[chosen]),
            hardest=float(negatives[chosen].max()),
            negatives=int(np.isfinite(negatives[chosen]).sum()),
            temperature=temperature,
            loss=float(loss[chosen]),
        )
        for epoch, (positive, negatives), loss in zip(snapshots["epochs"], parts, losses, strict=True)
    ]


def latest(contrasts: list[Contrast], epoch: int) -> Contrast | None:
    """The last one at or before an epoch."""
    return max((c for c in contrasts if c.epoch <= epoch), key=lambda c: c.epoch, default=None)


def _epoch(table: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of every anchor with its partner `[s]`, and with its negatives `[s, 2s]`, -inf where there is none."""
    source, target = (_unit(table[rows[:, side]]) for side in (0, 1))
    across, within = source @ target.T, source @ source.T
    positive = across.diagonal().copy()
    for matrix in (across, within):
        np.fill_diagonal(matrix, -math.inf)
    return positive, np.hstack([across, within])


def _loss(positive: np.ndarray, negatives: np.ndarray, temperature: float) -> np.ndarray:
    logits = np.column_stack([positive, negatives]) / temperature
    top = logits.max(axis=1)
    return np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - positive / temperature


def _unit(rows: np.ndarray) -> np.ndarray:
    wide = rows.astype(np.float64)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
