"""Fixed data for `app.slices.figures.causes`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.slices.figures import causes as failures

CAUSES = (
    ("over-frozen", "Over-frozen", "image", 62),
    ("over-frozen", "Over-frozen", "relation", 4),
    ("sparse", "Sparse structure", "structure", 30),
    ("picture", "Wrong or ambiguous picture", "image", 19),
    ("unexplained", "Unexplained", "", 11),
)
GROUPS = {"degree:1-2": ("1-2 relation triples", 240), "degree:3-5": ("3-5 relation triples", 460)}


def causes() -> go.Figure:
    return failures.causes(pd.DataFrame(CAUSES, columns=["cause", "title", "modality", "errors"]), chosen="sparse")


def breakdown() -> go.Figure:
    rows = [
        {"group": group, "group_title": title, "asked": asked, "cause": cause, "cause_title": name, "errors": n // part}
        for part, (group, (title, asked)) in enumerate(GROUPS.items(), start=1)
        for cause, name, _, n in CAUSES[1:]
    ]
    return failures.breakdown(pd.DataFrame(rows), [name for _, name, *_ in CAUSES[1:]], "Causes by degree")


def weights() -> go.Figure:
    needed = {"structure": 1.08, "relation": 1.0, "attribute": 1.03, "image": 0.0}
    return failures.weights(pd.DataFrame({"modality": list(needed), "now": 1.0, "needed": list(needed.values())}))


def path() -> go.Figure:
    table = pd.DataFrame(
        {
            "epoch": [0, 10, 20, 29, 39, 49],
            "rank": [214.5, 3.0, 1.0, 1.0, 2.0, 18.0],
            "candidates": 510,
            "similarity_truth": [0.04, 0.31, 0.52, 0.55, 0.48, 0.4],
            "similarity_rival": [0.12, 0.2, 0.41, 0.46, 0.5, 0.52],
        }
    )
    return failures.path(table, {"image of the query": 31, "image of the truth": 31, "relation of the truth": 22})


EXAMPLES: dict[str, Callable[[], go.Figure]] = {
    "causes": causes,
    "breakdown": breakdown,
    "weights": weights,
    "path": path,
}
