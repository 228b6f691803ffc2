"""The charts of the Overview page, each left out where the run has no data for it yet."""

from __future__ import annotations

import streamlit as st

from app.shared.figures import headline as figures
from app.shared.services import freezing_record as freezing
from app.shared.services import headline
from app.shared.services.run_view import RunView
from app.shared.widgets.chart import chart
from pmf.modalities.whole import WHOLE

STATES = {
    "in use": "solid = counts in the match",
    "frozen": "hatched = frozen, because it did not help",
    "missing": "dotted grey = the entity has none",
}


def curve(run: RunView) -> None:
    """Hits@1 over the epochs."""
    points = headline.curve(run)
    if points.empty:
        return
    split = points["split"].iloc[-1]
    points = points[points["split"] == split]
    stage_2 = freezing.stage_boundary(run)
    chart(
        figures.curve(points, split, stage_2),
        alt=f"Line chart of Hits@1 on {split} links per epoch, in both directions",
        reading="higher is better" + ("." if stage_2 is None else "; stage 2 begins at the dashed line."),
        key="overview.curve",
        data=points,
    )


def alone(run: RunView) -> None:
    """What each modality could do by itself."""
    table = headline.alone(run)
    if table.empty:
        return
    chart(
        figures.alone(table),
        alt="Bars: Hits@1 on test links of each modality alone and of all modalities fused, in both directions",
        reading="filled = source → target, hollow = target → source, test links; fused should beat the best one.",
        key="overview.alone",
        data=table,
    )
    if sentence := headline.counted(run):
        st.caption(sentence)


def coverage(run: RunView) -> None:
    """Features in use, frozen and missing."""
    if run.modalities == (WHOLE.name,):
        st.caption("Nothing is known of modalities: no embeddings of them came with this run.")
        return
    table = headline.coverage(run)
    if table.empty:
        st.caption("Which features are frozen is known after the first epoch.")
        return
    chart(
        figures.coverage(table),
        alt="Stacked bars: share of entities whose feature is in use, frozen or missing, per modality and side",
        reading=f"{', '.join(read for state, read in STATES.items() if table[state].any())}.",
        key="overview.coverage",
        data=table,
    )
