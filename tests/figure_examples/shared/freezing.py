"""Fixed data for `app.shared.figures.freezing`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import freezing

MODALITIES = ("structure", "relation", "attribute", "image")


def shares() -> go.Figure:
    rows = [
        {
            "epoch": epoch,
            "modality": modality,
            "frozen": min(0.4, max(0, epoch - 17) * 0.1) * (modality == "image") + 0.03 * (epoch > 9) * (place == 1),
            "missing": (0.0, 0.0, 0.3, 0.45)[place],
            "threshold": min(0.9, 0.1 * 1.2 ** (epoch - 10)) if 10 <= epoch < 30 else np.nan,
        }
        for place, modality in enumerate(MODALITIES)
        for epoch in range(40)
    ]
    return freezing.shares(pd.DataFrame(rows), 30, epoch=21, widest=2)


def trajectory() -> go.Figure:
    epochs = np.arange(10, 30)
    limit = np.minimum(0.9, 0.1 * 1.2 ** (epochs - 10))

    def path(height: float) -> pd.DataFrame:
        rows = [
            pd.DataFrame(
                {"epoch": epochs, "modality": m, "relevance": height + 0.05 * i - 0.004 * epochs, "threshold": limit}
            )
            for i, m in enumerate(MODALITIES)
        ]
        return pd.concat(rows, ignore_index=True)

    paths = {"this entity": path(0.7), "its counterpart": path(0.8)}
    frozen = {"this entity": {"image": 21}, "its counterpart": {}}
    return freezing.trajectory(paths, frozen, None, epoch=21)


def quality() -> go.Figure:
    epochs = np.arange(10, 30)
    frozen = epochs > 14
    table = {"epoch": epochs, "precision": np.where(frozen, 0.9 - 0.02 * (epochs - 14), np.nan), "base": 0.5}
    return freezing.quality(pd.DataFrame({**table, "recall": np.where(frozen, 0.05 * (epochs - 14), 0)}), epoch=21)


def effects() -> go.Figure:
    table = {"epoch": [18, 19, 20, 21, 22], "would have helped": [11, 94, 385, 484, 495]}
    table |= {"would have hurt": [1, 24, 55, 44, 17]}
    return freezing.effects(pd.DataFrame(table), "image", epochs=30, epoch=21)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {
    "shares": shares,
    "trajectory": trajectory,
    "quality": quality,
    "effects": effects,
}
