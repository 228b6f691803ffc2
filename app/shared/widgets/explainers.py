"""Explainers of runs, which keep the embeddings of all candidates in memory; so few at a time, for all pages."""

from __future__ import annotations

import streamlit as st

from app.shared.services import catalog
from app.shared.services.run_view import RunView
from pmf.alignment.explanation.explainer import Explainer

MOST = 2
"""Kept at a time; one of a run on DBP15K takes up to 640 MB."""


def explainer(run: RunView) -> Explainer:
    """The explainer of a run as it stands."""
    return _explainer(str(run.reader.folder), catalog.stamp(run.reader.folder), run)


@st.cache_resource(max_entries=MOST, show_spinner="Comparing with every candidate …")
def _explainer(folder: str, stamp: object, _run: RunView) -> Explainer:
    return Explainer(_run.reader, _run.scope)
