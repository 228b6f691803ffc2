"""Fixed data for the figures of `app.embeddings`: islands in which both graphs lie."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.embeddings.figures import scatter as points
from app.embeddings.figures.traces import Drawn, Points
from app.shared.figures.style import MODALITY

N, ISLANDS = 600, 6
CHOSEN = {"chosen": 10, "truth": 310, "prediction": 45}
RNG = np.random.default_rng(4)
CENTRES = RNG.uniform(-8, 8, (ISLANDS, 2))


def islands(spread: float = 0.6) -> Points:
    """Entity i lies on island i mod 6, the first half is of the source graph."""
    rng = np.random.default_rng(7)
    return (CENTRES[np.arange(N) % ISLANDS] + rng.normal(0, spread, (N, 2))).astype(np.float32)


def parts(*names: str) -> dict[str, np.ndarray]:
    """Entities in turn, so that every group is on every island."""
    return {name: np.arange(N)[i :: len(names)] for i, name in enumerate(names)}


def drawn(*names: str, backdrop: int = 0, **more: object) -> Drawn:
    """Groups of these names; the last `backdrop` entities are filtered out."""
    groups = {name: ids[ids < N - backdrop] for name, ids in parts(*names).items()}
    return Drawn(groups=groups, in_use=MODALITY["image"], backdrop=np.arange(N - backdrop, N), **more)


def outcome() -> go.Figure:
    shown = drawn("not ranked", "wrong", "right")
    return points.scatter(islands(), shown, title="600 of 600 entities", method="UMAP", chosen=CHOSEN)


def types() -> go.Figure:
    shown = drawn(*"abcdefgh", "other", "no type", backdrop=150, selected=np.arange(0, N, ISLANDS))
    return points.scatter(islands(), shown, title="450 of 600 entities", method="PCA", chosen={})


def degree() -> go.Figure:
    counts = (RNG.pareto(1, N) * 4).astype(np.int64)
    shown = drawn("source", "target", values=counts, values_title="relation triples")
    window = (CENTRES[0] - 2, CENTRES[0] + 2)
    return points.scatter(islands(), shown, title="600 entities", method="UMAP", chosen={}, window=window)


EXAMPLES = {
    "scatter: right or wrong": outcome,
    "scatter: types, filtered and selected": types,
    "scatter: degree": degree,
}
