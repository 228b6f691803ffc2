"""Fixed data for `app.embeddings.figures.views`."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.embeddings.figures import views as points_views
from tests.figure_examples.embeddings.scatter import CHOSEN, N, drawn, islands

VIEWS = ("fused", "structure", "attribute", "image")


def small_multiples() -> go.Figure:
    places = {view: islands(0.4 + i) for i, view in enumerate(VIEWS)}
    places["image"][::3] = np.nan
    shown = {view: drawn("missing", "in use", "frozen", selected=np.arange(0, N, 6)) for view in VIEWS}
    titles = {view: f"{view} · UMAP · 4{i} % of nearest kept" for i, view in enumerate(VIEWS)}
    return points_views.small_multiples(places, shown, titles=titles, chosen=CHOSEN)


def degrees() -> go.Figure:
    shown = {view: drawn("source", "target", values=np.arange(N), values_title="relation triples") for view in VIEWS}
    places = {view: islands(0.4 + i) for i, view in enumerate(VIEWS)}
    return points_views.small_multiples(places, shown, titles={view: view for view in VIEWS}, chosen={})


EXAMPLES = {"small_multiples": small_multiples, "small_multiples: degree": degrees}
