"""Fixed data for `app.learn.figures.steps`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.learn.figures import steps as learn


def two_graphs() -> go.Figure:
    beside = [("Armenia", "shares border with"), ("Tbilisi", "capital"), ("<b>Asia</b>", "continent")]
    return learn.two_graphs(("Georgia", beside), ("Géorgie", beside[:2]), 1, seeds=True, answer=False)


def nearest() -> go.Figure:
    rows = [(1, "Arménie", 0.68, False), (2, "livre turque", 0.54, False), (9, "Géorgie", 0.31, True)]
    return learn.nearest(pd.DataFrame(rows, columns=["place", "label", "cosine", "truth"]), "structure")


def ranks() -> go.Figure:
    rows = [
        ("structure", 4.0, "in use"),
        ("relation", 89.5, "frozen"),
        ("image", 232.5, "missing"),
        ("fused", 1.0, "in use"),
    ]
    return learn.ranks(pd.DataFrame(rows, columns=["name", "rank", "state"]))


def results() -> go.Figure:
    paper = pd.DataFrame({"name": ["PMF", "UMAEA"], "hits": [0.835, 0.8]})
    own = pd.DataFrame({"name": ["fused", "structure", "image"], "hits": [0.86, 0.63, 0.23]})
    return learn.results(paper, own, "atlas")


EXAMPLES: dict[str, Callable[[], go.Figure]] = {
    "two_graphs": two_graphs,
    "nearest": nearest,
    "ranks": ranks,
    "results": results,
}
