"""The paper's own result, as published, and the run's own beside it."""

from __future__ import annotations

import pandas as pd

from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.runs import layout

PAPER = {
    "PMF": 0.835,
    "UMAEA": 0.800,
    "MEAformer": 0.771,
    "PMF, relevance not measured": 0.749,
    "MCLEA": 0.726,
    "EVA": 0.683,
}
"""Hits@1, source to target, DBP15K ZH-EN, 30 % seeds, closed candidates, no names, not iterative.

Source: Huang et al., ACL 2024, tables of main results and of ablations. The epoch of its figures is chosen on the
test links, which ours never is.
"""


def paper() -> pd.DataFrame:
    """The published figures: `name, hits`, in [0, 1], the best first."""
    return pd.DataFrame(PAPER.items(), columns=["name", "hits"])


def own(run: RunView) -> pd.DataFrame:
    """The run's Hits@1, source to target, on test links, all modalities and each alone: as `paper`."""
    table = headline.alone(run)
    table = table[table["direction"] == layout.SOURCE_TO_TARGET][["name", "hits"]]
    return table.sort_values("hits", ascending=False, kind="stable", ignore_index=True)


def gain() -> float:
    """What measuring relevance is worth in the paper, in [0, 1]."""
    return PAPER["PMF"] - PAPER["PMF, relevance not measured"]
