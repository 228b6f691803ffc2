"""Fixed data for `app.failures.figures.health`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.failures.figures import health as failure_health

MODALITIES = ["structure", "relation", "attribute", "image"]


def balance() -> go.Figure:
    image = [0.25, 0.25, 0.24, 0.16, 0.05, 0.04]
    rows = [[(1 - part) / 3] * 3 + [part] for part in image]
    return failure_health.balance(pd.DataFrame(rows, index=pd.RangeIndex(6, name="epoch"), columns=MODALITIES))


def voice() -> go.Figure:
    right, wrong = [0.71, 0.27, 0.5, 0.23], [0.63, 0.31, 0.5, 0.02]
    return failure_health.voice(pd.DataFrame({"right": right, "wrong": wrong}, index=MODALITIES))


def agreement() -> go.Figure:
    rows = [
        ("structure · relation", 0.02, 0.29, 0.69, 2692, -0.32),
        ("structure · image", 0.18, 0.54, 0.28, 2540, 0.11),
        ("relation · image", 0.0, 0.6, 0.4, 2540, float("nan")),
    ]
    return failure_health.agreement(
        pd.DataFrame(rows, columns=["pair", "both", "one", "neither", "queries", "correlation"])
    )


def calibration() -> go.Figure:
    said = (0.08, 0.31, 0.52, 0.74, 0.96)
    curves = {"source_to_target": (0.1, 0.24, 0.45, 0.7, 0.97), "target_to_source": (0.05, 0.4, 0.49, 0.81, 0.95)}
    return failure_health.calibration(
        {
            direction: [{"probability": p, "observed": o, "n": 90} for p, o in zip(said, observed, strict=True)]
            for direction, observed in curves.items()
        }
    )


def harm() -> go.Figure:
    rows = [
        ("image · all links", "image", 37.5, 34.8, 40.2, True, 1346),
        ("image · flag", "image", 4.1, -0.9, 9.1, False, 258),
        ("relation · all links", "relation", -1.2, -2.1, -0.3, True, 1346),
    ]
    return failure_health.harm(
        pd.DataFrame(rows, columns=["group", "modality", "cost", "low", "high", "certain", "links"])
    )


EXAMPLES: dict[str, Callable[[], go.Figure]] = {
    "balance": balance,
    "voice": voice,
    "agreement": agreement,
    "calibration": calibration,
    "harm": harm,
}
