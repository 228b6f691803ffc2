"""Fixed data for `app.train.figures.training`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.train.figures import training


def threshold() -> go.Figure:
    rows = [
        {"epoch": epoch, "modalities": name, "threshold": min(cap, 0.1 * 1.2 ** (epoch - 10)), "scored": epoch % 2 == 0}
        for name, cap in (("image", 0.9), ("structure, relation, attribute", 0.1))
        for epoch in range(10, 30)
    ]
    return training.threshold(pd.DataFrame(rows), 30, 50)


def losses() -> go.Figure:
    parts = {"structure": 4.0, "image": 5.0, "fused": 3.0, "structure–image": 2.0, "relation–image": 1.5}
    rows = [(epoch, part, start * 0.93**epoch + 0.2) for epoch in range(40) for part, start in parts.items()]
    return training.losses(pd.DataFrame(rows, columns=["epoch", "part", "loss"]), 25)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"threshold": threshold, "losses": losses}
