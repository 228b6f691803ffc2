"""Examples of `app.review.figures.gain`."""

from __future__ import annotations

import pandas as pd

from app.review.figures import gain as verdicts

ROWS = [
    ("base", 0, "source → target", 0.70, 0.66, 0.74, 500),
    ("base", 0, "target → source", 0.71, 0.67, 0.75, 500),
    ("first hour", 120, "source → target", 0.76, 0.72, 0.80, 500),
    ("first hour", 120, "target → source", 0.75, 0.71, 0.79, 500),
    ("second hour", 260, "source → target", 0.79, 0.75, 0.82, 500),
    ("second hour", 260, "target → source", 0.80, 0.76, 0.83, 500),
]
COLUMNS = ["run", "verdicts", "direction", "hits", "low", "high", "queries"]

EXAMPLES = {"gain": lambda: verdicts.gain(pd.DataFrame(ROWS, columns=COLUMNS))}
