"""Fixed data for `app.compare.figures.compare`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.compare.figures import compare

TITLES = {"A": "default", "B": "published", "C": "without freezing"}


def curves() -> go.Figure:
    rows = [
        {"run": run, "panel": panel, "epoch": epoch, "value": value}
        for place, run in enumerate(TITLES)
        for epoch in range(0, 40, 3)
        for panel, value in (
            ("Hits@1, test links", 0.9 - 0.6 * 0.9**epoch - 0.1 * place),
            ("fused loss", 3 / (1 + epoch) + 0.2 * place),
            ("image frozen", min(0.45, 0.02 * epoch) * (run == "B")),
            ("relation frozen", 0.01 * (epoch > 12)),
        )
    ]
    return compare.curves(pd.DataFrame(rows), TITLES)


def differences() -> go.Figure:
    rows = pd.DataFrame(
        {
            "difference_hits@1": [-0.397, 0.012],
            "difference_hits@1_low": [-0.426, -0.006],
            "difference_hits@1_high": [-0.369, 0.031],
            "difference_mrr": [-0.317, 0.009],
            "difference_mrr_low": [-0.34, -0.004],
            "difference_mrr_high": [-0.296, 0.022],
        },
        index=["B", "C"],
    )
    return compare.differences(rows, TITLES)


def flows() -> go.Figure:
    was = np.repeat([True, False], [1195, 151])
    then = np.where(np.arange(1346) < 632, True, np.arange(1346) > 1317)
    last = ~(np.arange(1346) % 9 == 0)
    return compare.flows(np.stack([was, then, last]), list(TITLES.values()))


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"curves": curves, "differences": differences, "flows": flows}
