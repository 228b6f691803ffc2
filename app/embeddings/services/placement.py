"""Entities as points in the plane: UMAP where the engine has drawn it, principal components at once until then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.shared.services.run_view import RunView, not_yet
from pmf.errors import RunFormatError
from pmf.modalities.whole import WHOLE
from pmf.projection.maps import stored
from pmf.projection.quality import MOST_WHOLE, Counterparts, Quality

Points = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

FITTED = 4000  # rows that the principal components are found from
LEAST_KEPT = 0.2  # share of an entity's nearest: below, four of five neighbours on the map are none
LESS = 0.1  # that much below the ranking, a map says less than the embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where each entity lies.

    Args:
        points: `[entities, 2]`, NaN = not shown.
        method: "UMAP" or "PCA".
        quality: how far a UMAP can be trusted, None where that was not measured.
        counterparts: whether it shows the alignment, None where that was not measured.
        variance: share of the embedding's variance that two principal components hold, None for UMAP.
    """

    points: Points
    method: str
    quality: Quality | None = None
    counterparts: Counterparts | None = None
    variance: float | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether so few neighbours are kept that near and far on the map mean next to nothing."""
        return self.quality is not None and self.quality.shared < LEAST_KEPT


def views(run: RunView) -> tuple[str, ...]:
    """What can be drawn: the fused embedding and each modality's; the whole one is the fused."""
    return ("fused", *(modality for modality in run.modalities if modality != WHOLE.name))


def place(run: RunView, view: str) -> Placement:
    """Where each entity lies by an embedding.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    projection = run.reader.projection(view)
    if projection is not None:
        drawn = stored(run.reader).get(view)
        quality = drawn.quality[-1] if drawn and drawn.quality else None
        counted = drawn.counterparts[-1] if drawn and drawn.counterparts else None
        return Placement(points=np.array(projection), method="UMAP", quality=quality, counterparts=counted)
    embedding = run.reader.embedding(view)
    if embedding is None:
        raise RunFormatError(_not_yet(run))
    points, variance = principal_components(embedding)
    return Placement(points=points, method="PCA", variance=variance)


def how_far_to_trust(placement: Placement) -> str:
    """What a map keeps of the embedding's neighbourhoods, in a sentence or two."""
    if placement.variance is not None:
        return (
            f"A quick picture by two principal components: they hold {placement.variance:.0%} of the variance, so most "
            "of what looks near is not."
        )
    if (quality := placement.quality) is None:
        return "How far this map can be trusted has not been measured."
    k = quality.neighbours
    words = "Greyed, because near and far mean next to nothing here. " if placement.says_nothing else ""
    return (
        f"{words}{_alignment(placement)}Of an entity's {k} nearest of its own graph on the map, "
        f"on average {quality.shared * k:.1f} are among the {k} nearest in the "
        f"embedding. Trustworthiness {quality.trustworthiness:.2f}, continuity {quality.continuity:.2f} "
        f"(1 = no neighbour invented, none torn away; {quality.points:,} entities measured)."
    )


def _alignment(placement: Placement) -> str:
    """Whether counterparts lie as near as they rank."""
    if (counted := placement.counterparts) is None:
        return "Whether counterparts lie together on this map has not been measured. "
    k = counted.neighbours
    about = "about " if np.isfinite(placement.points[:, 0]).sum() > MOST_WHOLE else ""
    less = (
        "The map says less than the embedding: trust the ranking, not the distance. "
        if counted.on_map < counted.in_embedding - LESS
        else ""
    )
    return (
        f"{less}Of {counted.pairs:,} test links, {counted.on_map:.0%} have the counterpart among the {k} nearest "
        f"of the other graph on the map; {about}{counted.in_embedding:.0%} have it among the {k} best by the "
        f"similarity that ranks (Hits@{k}, both directions, every entity a candidate). "
    )


def _not_yet(run: RunView) -> str:
    if run.state.name != "running":
        return not_yet(run, "Embeddings are")
    every = run.reader.facts.settings["train.checkpoint_every"]
    return f"Embeddings are first kept at a checkpoint, every {every} epochs; {run.run_id} has had {len(run.reports)}."


def principal_components(embedding: npt.NDArray[np.float16]) -> tuple[Points, float]:
    """The two directions of largest variance, and the share of it that they hold; rows of zeros become NaN."""
    from scipy.sparse.linalg import svds  # scikit-learn's own takes longer to import than to compute

    present = np.flatnonzero(embedding.any(axis=1))
    result = np.full((len(embedding), 2), np.nan, np.float32)
    if embedding.shape[1] < 3:
        return result, float("nan")
    values = np.asarray(embedding[sample(present, FITTED)], np.float32)
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < 3:
        return result, float("nan")
    mean = values.mean(axis=0)
    values -= mean
    _, lengths, axes = svds(values, 2, rng=0)
    for rows in np.array_split(present, -(-len(present) // FITTED)):  # in parts, which take less memory
        result[rows] = (np.asarray(embedding[rows], np.float32) - mean) @ axes[::-1].T
    return result, float(np.square(lengths).sum() / max(float(np.square(values).sum()), 1e-12))


def sample(ids: Ids, most: int) -> Ids:
    """At most `most` ids, evenly spread."""
    return ids if len(ids) <= most else ids[np.linspace(0, len(ids) - 1, most).astype(np.int64)]
