"""Fixed data for `app.data.figures.data`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.data.figures import data

HAVE = {"structure": (400, 380), "relation": (400, 380), "attribute": (310, 64), "image": (128, 0)}
BINS = ("0", "1", "2–3", "4–7", "8–15", "16+")
SPREAD = {"source": (0, 120, 160, 80, 30, 10), "target": (4, 176, 120, 60, 16, 4)}


def coverage() -> go.Figure:
    rows = [
        {"modality": m, "side": side, "count": count, "entities": entities, "share": count / entities}
        for m, counts in HAVE.items()
        for side, count, entities in zip(("source", "target"), counts, (400, 380), strict=True)
    ]
    return data.coverage(pd.DataFrame(rows))


def distribution() -> go.Figure:
    rows = [
        {"side": side, "bin": name, "entities": count, "share": count / sum(counts)}
        for side, counts in SPREAD.items()
        for name, count in zip(BINS, counts, strict=True)
    ]
    return data.distribution(pd.DataFrame(rows), "Relation triples of an entity", "relation triples")


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"coverage": coverage, "distribution": distribution}
