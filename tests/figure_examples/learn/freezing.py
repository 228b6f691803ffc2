"""Fixed data for `app.learn.figures.freezing`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.learn.figures import freezing as learn_freezing

_SQUARE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E"
    "%3Crect width='9' height='9' fill='{}'/%3E%3C/svg%3E"
)


def strip() -> go.Figure:
    tiles = [
        learn_freezing.Tile(
            image=_SQUARE.format("grey" if i < 9 else "orange"),
            about=f"entity {i}",
            relevance=0.5 + i / 50,
            frozen=i < 9,
            helpless=i % 3 == 0,
            chosen=i == 12,
        )
        for i in range(24)
    ]
    return learn_freezing.strip(tiles, 0.67)


def timeline() -> go.Figure:
    shares = pd.DataFrame(
        {"epoch": epoch, "modality": modality, "frozen": min(1.0, max(0, epoch - 9) * step)}
        for epoch in range(30)
        for modality, step in (("structure", 0.0), ("relation", 0.2), ("image", 0.03))
    )
    hits = pd.DataFrame({"epoch": range(4, 30, 5), "hits": [0.5, 0.6, 0.7, 0.8, 0.85, 0.9]})
    return learn_freezing.timeline(shares, hits, 17, 30)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"strip": strip, "timeline": timeline}
