"""Data sets and their audits, read with progress and kept in memory, few at a time."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.services import data_sets
from app.services.data_view import DataView
from pmf.data.audit import Audit
from pmf.data.readers import read_graph_pair

PICTURES_AT_ONCE = 4000


def open_view(folder: Path) -> DataView:
    """The data set as it stands now.

    Raises:
        DataFormatError: it cannot be read.
    """
    return _view(str(folder), data_sets.stamp(folder))


@st.cache_resource(max_entries=3, show_spinner="Reading the data set …", show_time=True)
def _view(folder: str, stamp: object) -> DataView:
    return DataView(read_graph_pair(folder))


def open_audit(view: DataView, *, pictures: bool) -> Audit:
    """What looks wrong with it, with a bar while that is worked out."""
    if view.audited(pictures=pictures):
        return view.audit(pictures=pictures)
    bar = st.progress(0.0, text="Looking for leaks, shortcuts and gaps …")

    def show(done: int, total: int) -> None:
        if done % 50 == 0 or done == total:
            bar.progress(done / max(1, total), text=f"Looking at the pictures: {done:,} of {total:,}")

    try:
        return view.audit(pictures=pictures, progress=show)
    finally:
        bar.empty()
