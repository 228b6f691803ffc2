"""Fixed data for `app.embeddings.figures.over_epochs`."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.embeddings.figures import over_epochs as points_epochs
from tests.figure_examples.embeddings.scatter import CHOSEN, drawn, islands

EPOCHS = (0, 10, 20, 40)


def course() -> go.Figure:
    places = np.stack([islands(spread) for spread in (4, 2, 1, 0.5)])
    shown = drawn("source", "target")
    title = "600 entities, epoch 0 to 40"
    return points_epochs.course(places, EPOCHS, shown, title=title, method="UMAP", chosen=CHOSEN, at=2)


EXAMPLES = {"course": course}
