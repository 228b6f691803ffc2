"""How runs went and how they were set: curves side by side, and the settings that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.compare.figures import compare as figures
from app.compare.services.curves import curves, measured_alone
from app.compare.services.settings import changed_settings
from app.shared.services.run_view import RunView
from app.shared.widgets.chart import chart
from app.shared.widgets.table import table
from app.shared.widgets.text import plain
from pmf.data.notes import counted


def course(runs: Sequence[RunView], direction: str, titles: Mapping[str, str]) -> None:
    """Curves on one axis of epochs."""
    points, still = curves(runs, direction)
    if points.empty:
        st.caption("No epoch has ended yet in any of these runs.")
        return
    if alone := measured_alone(points):
        st.caption(f":material/info: {plain(alone, 400)}")
    chart(
        figures.curves(points, titles),
        alt="Hits@1, fused loss and frozen share per modality over the epochs, a line a run",
        reading="one line a run, told apart by dash and mark; one cursor reads all plots at one epoch. Compare Hits@1 "
        "only within one plot: validation links with validation links."
        + (f" Nothing ever froze of: {', '.join(still)}." if still else ""),
        key="compare.curves",
        data=points,
    )


def settings(runs: Sequence[RunView], titles: Mapping[str, str]) -> None:
    """What the runs were told differently, and nothing else."""
    st.header("Settings that differ", anchor=False)
    rows, unknown = changed_settings(runs)
    if rows.empty:
        st.caption("None: all runs have the same settings.")
    else:
        named = {letter: f"{letter} {title}" for letter, title in titles.items()}
        table(rows.rename(columns=named), name="settings", alt="Settings that differ, one column a run", height="auto")
    if unknown:
        st.caption(f"{counted(unknown, 'setting')} more that some of these runs did not record.")
