"""A small map of outcomes."""

from __future__ import annotations

import numpy as np

from app.report.figures import outcomes as figures

POINTS = np.array([[0, 0], [1, 1], [2, 0], [3, 1], [4, np.nan]], np.float32)
GROUPS = np.array(["right", "wrong", "not ranked", "outside the slice", "right"], object)

EXAMPLES = {"outcomes": lambda: figures.outcomes(POINTS, GROUPS)}
