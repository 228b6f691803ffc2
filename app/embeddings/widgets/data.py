"""What the Embeddings page computes, kept in memory between reruns, a few at a time."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.embeddings.services import nearest as points_nearest
from app.embeddings.services import over_epochs, placement
from app.embeddings.services import packed as packing
from app.embeddings.services import table as tables
from app.embeddings.services.placement import Placement
from app.shared.services import catalog
from app.shared.services.for_browser import Json
from app.shared.services.run_view import RunView
from app.shared.widgets.text import short
from pmf.projection import maps


def placements(run: RunView) -> dict[str, Placement]:
    """View → where each entity lies on its map.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    return _placements(*_stand(run), run)


def packed(run: RunView) -> Json:
    """See `app.embeddings.services.packed.packed`."""
    return _packed(*_stand(run), run.failures is None, run)


def table(run: RunView) -> pd.DataFrame:
    """See `app.embeddings.services.table.table`."""
    return tables.table(run, placements(run))


def nearest(run: RunView, view: str, entity: int) -> pd.DataFrame:
    """See `app.embeddings.services.nearest.nearest`."""
    return _nearest(*_stand(run), view, entity, run)


def outdated(run: RunView) -> list[str]:
    """The maps that the engine has not drawn of the embeddings as they are."""
    return _outdated(*_stand(run), run)


def _stand(run: RunView) -> tuple[str, object]:
    folder = run.reader.folder
    return str(folder), catalog.stamp(folder)


@st.cache_resource(max_entries=3, show_spinner="Placing the entities …")
def _placements(folder: str, stamp: object, _run: RunView) -> dict[str, Placement]:
    return {view: placement.place(_run, view) for view in placement.views(_run)}


@st.cache_resource(max_entries=3, show_spinner="Placing the entities …")
def _packed(folder: str, stamp: object, no_causes: bool, _run: RunView) -> Json:
    labels = [short(label, packing.LONGEST_LABEL) for label in _run.labels]
    return packing.packed(_run, placements(_run), over_epochs.course(_run), labels)


@st.cache_resource(max_entries=64, show_spinner=False)
def _nearest(folder: str, stamp: object, view: str, entity: int, _run: RunView) -> pd.DataFrame:
    return points_nearest.nearest(_run, view, entity, placements(_run)[view].points)


@st.cache_resource(max_entries=16, show_spinner=False)
def _outdated(folder: str, stamp: object, _run: RunView) -> list[str]:
    return maps.outdated(_run.reader)
