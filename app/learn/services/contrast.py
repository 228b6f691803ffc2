"""The loss of one seed link as training goes on, with all that it is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.learn.services.lesson import Around
from app.shared.services.run_view import Ids, RunView

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One seed link in the contrastive loss of the fused embedding, at every stored snapshot.

    Cosines are those of training: of what is learned alone, neither spread labels nor reliability in it.

    Its loss at temperature τ is `log(Σ exp(cosine / τ)) - positive / τ`, the sum over the partner and all negatives.

    Args:
        source: the anchor.
        target: its partner.
        epochs: of the snapshots, `[e]`.
        positive: cosine of anchor and partner, `[e]`.
        negatives: entities: partners of the other seed links, and the other seeds of the anchor's own graph, `[k]`.
        cosines: with each of them, `[e, k]`.
    """

    source: int
    target: int
    epochs: Ids
    positive: Floats
    negatives: Ids
    cosines: Floats

    def losses(self, temperature: float) -> Floats:
        """InfoNCE of the anchor at every snapshot, in nats, `[e]`."""
        logits = np.column_stack([self.positive, self.cosines]) / temperature
        top = logits.max(axis=1)
        losses: Floats = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - self.positive / temperature
        return losses


def contrast(run: RunView, pair: Around) -> Contrast | None:
    """The seed link beside the pair whose loss falls most, among the seed links that the snapshots hold.

    Of all seed links where none beside the pair is among them; None where there are no snapshots, or fewer than two
    such links.

    Source: InfoNCE of the cross-graph loss, one direction.
    """
    snapshots = run.reader.snapshots()
    if snapshots is None:
        return None
    place = np.full(run.n, -1, np.int64)
    place[snapshots["sample"]] = np.arange(len(snapshots["sample"]))
    links = run.reader.links
    seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy(np.int64)
    seeds = seeds[(place[seeds] >= 0).all(axis=1)]
    if len(seeds) < 2:
        return None
    beside = np.isin(seeds[:, 0], [neighbour.entity for neighbour in pair.beside_source[: pair.known]])
    chosen = np.flatnonzero(beside) if beside.any() else np.arange(len(seeds))
    temperature = float(run.reader.facts.settings["loss.temperature"])
    tables = [_trained(run, table) for table in snapshots["fused"]]
    made = [_contrast(snapshots["epochs"], tables, place, seeds, int(link)) for link in chosen]
    return max(made, key=lambda one: float(np.subtract(*one.losses(temperature)[[0, -1]])))


def _trained(run: RunView, fused: np.ndarray) -> Floats:
    """The fused rows that the loss compares, of stored ones: the learned part of each modality, as it is weighted."""
    settings = run.reader.facts.settings
    blocks = fused.astype(np.float64).reshape(len(fused), len(run.modalities), -1)
    weight = np.linalg.norm(blocks, axis=2, keepdims=True)
    if settings["freezing.fusion_weight"] == "binary":
        weight = (weight > 0).astype(np.float64)
    return _unit((_unit(blocks[..., : int(settings["model.width"])]) * weight).reshape(len(fused), -1))


def _contrast(epochs: np.ndarray, tables: list[Floats], place: Ids, seeds: Ids, link: int) -> Contrast:
    others = np.delete(seeds, link, axis=0)
    negatives = np.concatenate([others[:, 1], others[:, 0]])
    ids = np.concatenate([[seeds[link, 1]], negatives])
    cosines = np.stack([table[place[ids]] @ table[place[seeds[link, 0]]] for table in tables])
    return Contrast(
        source=int(seeds[link, 0]),
        target=int(seeds[link, 1]),
        epochs=np.asarray(epochs, np.int64),
        positive=cosines[:, 0],
        negatives=negatives,
        cosines=cosines[:, 1:],
    )


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
