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
    return freezing.shares(pd.DataFrame(rows), 30, widest=2)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"shares": shares}
