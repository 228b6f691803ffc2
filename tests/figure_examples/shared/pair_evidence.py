"""Fixed data for `app.shared.figures.pair_evidence`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import pair_evidence as evidence

PREDICTION = {
    "structure": (0.21, 0.84, "used"),
    "relation": (0.02, 0.1, "used"),
    "attribute": (-0.03, -0.2, "used"),
    "image": (0.0, 0.93, "frozen 12"),
}
TRUTH = PREDICTION | {"structure": (0.19, 0.76, "used"), "attribute": (0.0, 0.0, "missing")}


def _rows(pair: str, shares: dict[str, tuple[float, float, str]]) -> list[dict[str, object]]:
    return [
        {"modality": m, "pair": pair, "share": share, "cosine": cosine, "state": state}
        for m, (share, cosine, state) in shares.items()
    ]


def two_pairs() -> go.Figure:
    return evidence.shares(pd.DataFrame(_rows("prediction", PREDICTION) + _rows("true pair", TRUTH)))


def one_pair() -> go.Figure:
    return evidence.shares(pd.DataFrame(_rows("true pair", TRUTH)))


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"shares": two_pairs, "shares: one pair": one_pair}
