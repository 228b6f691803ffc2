"""What the first page needs, loaded when the server starts: before its first visitor waits for it."""
# ruff: noqa: F401  - imports are what it is for; `tests/app/test_ahead.py` says which are missing

from __future__ import annotations

import inspect

import streamlit.material_icon_names

import app.overview.widgets.charts
import app.overview.widgets.headline
import app.overview.widgets.run_actions
import app.overview.widgets.run_list
import app.overview.widgets.welcome
import app.report.widgets.report
import app.shared.widgets.run_verdict
import app.slices.widgets.table
from app.shared.figures import headline as figures
from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.places import ASSETS
from pmf.runs.reader import RunReader


def load() -> None:
    """Load what comes in with the first run and its charts."""
    run = RunView(RunReader(ASSETS / "runs" / "atlas"))
    run.reader.predictions()
    for figure in (
        figures.curve(headline.curve(run), "test", None),
        figures.alone(headline.alone(run)),
        figures.coverage(headline.coverage(run)),
    ):
        figure.to_json()
    inspect.stack()  # Streamlit does so with its first element; it then knows the modules that are loaded by now
