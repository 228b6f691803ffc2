"""The figures of a study in tables, with published ones beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.shared.services.published import Published
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import plain
from app.studies.services import tables as study_tables
from app.studies.services.studies import Study

BY = {"degree": "relation triples of the query", "type": "type of the query"}


def every_figure(study: Study, direction: str) -> None:
    """A row a variant."""
    rows = study_tables.table(study, direction)
    forms = {name: ".1f" for name in rows if name.endswith("%") or name.startswith("±")}
    forms |= {name: ".2g" for name in rows if name.startswith("p (")} | {"Δ Hits@1": "+.1f"}
    table(
        rows,
        name=f"study_{study.kind}",
        alt="Mean and standard deviation of every figure of each variant, difference to its reference, and tests",
        column_config={name: st.column_config.NumberColumn(format=f"%{form}") for name, form in forms.items()},
        placeholder="",
        paper=forms,
    )
    tests = [name for name in rows if name.startswith("p (")]
    if tests:
        note = "; p (pool): the same on the pool" if "p (pool)" in tests else ""
        seeds = "paired t-test over seeds" if "p (seeds)" in tests else "left out below three seeds"
        st.caption(
            f"Percent and points. p (queries): exact McNemar test on the queries, each ranked alone and counted once "
            f"over the seeds{note}; p (seeds): {seeds}. All corrected by Holm over the study."
        )


def by_group(study: Study, direction: str) -> None:
    """Where a variant gains and loses."""
    tables = {by: rows for by in BY if len(rows := study_tables.groups(study, direction, by))}
    if not tables:
        return
    st.header("By group", anchor=False)
    by = url.choose(
        st.segmented_control,
        "Hits@1 by",
        list(tables),
        "by",
        default=next(iter(tables)),
        format_func=BY.get,
        required=True,
    )
    rows = tables[by]
    table(
        rows,
        name=f"study_{study.kind}_{by}",
        alt=f"Hits@1 of each variant by {BY[by]}",
        column_config={
            name: st.column_config.NumberColumn(format="%.1f", width="small") for name in rows if name != "Variant"
        },
        placeholder="",
    )
    st.caption("Hits@1 in percent, mean over the seeds, each query ranked alone; in brackets the queries of a run.")


def published_beside(study: Study, figures: Sequence[Published] | None) -> None:
    """Published figures of the same data, and what keeps them from being compared."""
    st.header("Beside published figures", anchor=False)
    if figures is None:
        st.caption("The study does not say how its runs were set, so nothing published can stand beside them.")
        return
    if not figures:
        st.caption(f"None: {plain(study.dataset, 80)} is no public benchmark with published figures.")
        return
    rows = pd.DataFrame(
        {
            "Published": [figure.title for figure in figures],
            "Hits@1 %": [100 * figure.hits_at_1 for figure in figures],
            "MRR %": [100 * figure.mrr for figure in figures],
            "Comparable": [f"no: {'; '.join(figure.differs)}" if figure.differs else "yes" for figure in figures],
        }
    )
    table(rows, name="study_published", alt="Published figures and whether they compare", height="auto")
    st.caption("Source → target, closed candidates; held against the study's first variant, “this run”.")
