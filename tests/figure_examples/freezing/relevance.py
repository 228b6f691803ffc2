"""Fixed data for `app.freezing.figures.relevance`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.freezing.figures import relevance as figures

EDGES = np.linspace(0, 1, 51)
middles = (EDGES[1:] + EDGES[:-1]) / 2
LIMIT = 0.6


def spread() -> go.Figure:
    epochs = np.arange(10, 30)
    place = 0.9 - 0.015 * (epochs - 10)
    share = np.exp(-(((middles - place[:, None]) / 0.12) ** 2))
    share /= share.sum(axis=1, keepdims=True)
    limit = np.minimum(0.9, 0.1 * 1.2 ** (epochs - 10))
    count = np.rint(3000 * share[11])
    now = {"relevance": middles, "in use": count * (middles > limit[11]), "frozen": count * (middles <= limit[11])}
    return figures.spread(epochs, share, limit, pd.DataFrame(now), modality="image", epoch=21, measured=21)


def pairs() -> go.Figure:
    rng = np.random.default_rng(0)
    common, own = rng.beta(5, 2, 800), 0.06 * rng.standard_normal((2, 800))
    source, target = np.clip(common + own, 0, 1)
    states = np.array(["in use", "one side frozen", "both frozen"])
    count = (source <= LIMIT).astype(int) + (target <= LIMIT)
    table = {"source": np.arange(800), "target": np.arange(800, 1600), "relevance_source": source}
    table |= {"relevance_target": target, "state": states[count]}
    return figures.pairs(pd.DataFrame(table), LIMIT, modality="image", measured=20)


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"spread": spread, "pairs": pairs}
