"""A comparison kept in memory between reruns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.compare.services import runs as compare
from app.compare.services.runs import Common
from app.shared.services import catalog
from app.shared.services.run_view import RunView


def compared(runs: Sequence[RunView], direction: str) -> tuple[Common, pd.DataFrame]:
    """The queries that all runs ranked, and each run beside the first one.

    Raises:
        RunFormatError: a run has no predictions yet.
    """
    stamps = tuple((str(run.reader.folder), catalog.stamp(run.reader.folder)) for run in runs)
    return _compared(stamps, direction, list(runs))


@st.cache_resource(max_entries=8, show_spinner="Comparing …")
def _compared(stamps: object, direction: str, _runs: list[RunView]) -> tuple[Common, pd.DataFrame]:
    both = compare.common(_runs, direction)
    return both, compare.differences(both)
