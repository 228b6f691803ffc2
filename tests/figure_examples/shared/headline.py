"""Fixed data for `app.shared.figures.headline`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import headline as overview
from pmf.runs.layout import DIRECTIONS

USED = {"structure": (1.0, 0.0), "relation": (0.94, 0.0), "attribute": (0.7, 0.12), "image": (0.45, 0.35)}
HITS = {"structure": 0.62, "relation": 0.013, "attribute": 0.0, "image": 0.226, "fused": 0.86}


def coverage() -> go.Figure:
    rows = [
        {"modality": m, "side": side, "in use": used, "frozen": frozen, "missing": 1 - used - frozen}
        for m, (used, frozen) in USED.items()
        for side in ("source", "target")
    ]
    return overview.coverage(pd.DataFrame(rows))


def alone() -> go.Figure:
    rows = [
        {"name": name, "direction": direction, "hits": hits - 0.01 * (hits > 0.1) * back}
        for name, hits in HITS.items()
        for back, direction in enumerate(DIRECTIONS)
    ]
    return overview.alone(pd.DataFrame(rows))


def curve() -> go.Figure:
    rows = [
        {"epoch": epoch, "direction": direction, "hits": 0.85 - 0.7 * 0.9**epoch - 0.02 * back}
        for epoch in range(0, 40, 2)
        for back, direction in enumerate(DIRECTIONS)
    ]
    return overview.curve(pd.DataFrame(rows), "validation", 26)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"coverage": coverage, "alone": alone, "curve": curve}
