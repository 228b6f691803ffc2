"""More than five runs: means over those that were told the same, then each of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.compare.services import many
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.table import table
from pmf.data.notes import counted


def many_runs(runs: Sequence[RunView], direction: str) -> None:
    """Both tables, and what runs are grouped by."""
    rows, differ = many.table(runs, direction)
    groupings = [name for name in differ if name != many.SEED]
    by = url.several(st.multiselect, "Group by", groupings, "group", default=groupings[:1])
    groups = many.grouped(rows, by)
    formats = {name: ".1f" for name in groups if name.endswith("%") or name.startswith("±")}
    shown = {name: st.column_config.NumberColumn(format=f"%{form}") for name, form in formats.items()}
    table(
        groups,
        name="compare_groups",
        alt="Mean and standard deviation of each group of runs",
        column_config=shown,
        placeholder="–",
        paper=formats,
    )
    st.caption(
        f"{counted(len(runs), 'run')} in {counted(len(groups), 'group')}, {DIRECTIONS[direction]}: mean ± standard "
        "deviation of the headline figures, in percent. Runs on different links stay apart. Choose two to five runs "
        "to see curves, tests and single queries."
    )
    st.header("Each run", anchor=False)
    table(rows, name="compare_runs", alt="Every run with its settings and figures", column_config=shown, paper=formats)
