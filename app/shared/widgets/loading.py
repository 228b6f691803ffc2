"""Runs and data sets kept in memory between reruns, few at a time."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.services import catalog
from app.shared.services.dataset import Dataset, open_dataset
from app.shared.services.run_view import RunView
from pmf.runs.reader import RunReader


def open_run(folder: Path) -> RunView:
    """The run as it stands now.

    Raises:
        RunFormatError: it cannot be read.
    """
    return _view(str(folder), catalog.stamp(folder))


def open_data(run: RunView) -> Dataset:
    """The data set of a run, or one that says why it is unavailable."""
    facts = run.reader.facts
    path = Path(facts.data_path)
    try:
        modified = path.stat().st_mtime_ns
    except (OSError, ValueError):  # not there, or no path at all
        modified = 0
    return _data(str(path), facts.fingerprint, modified, run)


@st.cache_resource(max_entries=4, show_spinner="Opening the run …")
def _view(folder: str, stamp: object) -> RunView:
    return RunView(RunReader(Path(folder)), stamp)


@st.cache_resource(max_entries=3, show_spinner="Reading the data set …")
def _data(path: str, fingerprint: str, modified: int, _run: RunView) -> Dataset:
    return open_dataset(_run)
