"""Frozen pictures against the ground truth, where the data has one."""

from __future__ import annotations

import streamlit as st

from app.components.chart import chart
from app.figures import freezing as figures
from app.services import freezing
from app.services.dataset import Dataset
from app.services.run_view import RunView


def freezing_quality(run: RunView, data: Dataset) -> None:
    """Precision and recall at the end and over the epochs; draws nothing without ground truth."""
    found = freezing.quality(run, data)
    if not found:
        return
    last = found[-1]
    st.subheader("Did the right pictures freeze?", anchor=False)
    if last.frozen == 0:
        st.info(f"No picture is frozen: all {last.helpless} that cannot help still count like the others.")
        return
    left, right = st.columns([2, 3])
    with left:
        one, two = st.columns(2)
        one.metric("Precision", f"{last.precision:.0%}" if last.frozen else "–")
        two.metric("Recall", f"{last.recall:.0%}" if last.helpless else "–")
        st.caption(
            f"{last.frozen} of {last.pictures} pictures are frozen and {last.helpless} cannot help; {last.both} are "
            "both. A picture cannot help when it shows something else on purpose, or when the counterpart's does or "
            "is missing. All entities of both graphs."
        )
    with right:
        chart(
            figures.quality([r["epoch"] for r in run.reports], [q.precision for q in found], [q.recall for q in found]),
            alt="Precision and recall of frozen pictures against those that cannot help, per epoch",
            reading="precision = frozen ones that deserve it; recall = deserving ones that are frozen.",
            key="freezing.quality",
        )
