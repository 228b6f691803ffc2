"""What the Embeddings page computes, kept in memory between reruns, a few at a time."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from app.embeddings.services import (
    colour as points_colour,
)
from app.embeddings.services import (
    nearest as points_nearest,
)
from app.embeddings.services import (
    over_epochs as points_epochs,
)
from app.embeddings.services import (
    placement as points,
)
from app.embeddings.services.colour import Colouring
from app.embeddings.services.over_epochs import Course
from app.embeddings.services.placement import Placement
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from app.shared.widgets.text import short
from pmf.projection import maps


def placement(run: RunView, view: str) -> Placement:
    """See `app.embeddings.services.placement.place`.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    return _placement(*_stand(run), view, run)


def colouring(run: RunView, colour: str, view: str) -> Colouring:
    """See `app.embeddings.services.colour.colouring`; clusters are those of this view's map."""
    return _colouring(*_stand(run), run.failures is None, colour, view, run)


def nearest(run: RunView, view: str, entity: int) -> pd.DataFrame:
    """See `app.embeddings.services.nearest.nearest`."""
    return _nearest(*_stand(run), view, entity, run)


def course(run: RunView) -> Course | None:
    """See `app.embeddings.services.over_epochs.course`."""
    return _course(*_stand(run), run)


def outdated(run: RunView) -> list[str]:
    """The maps that the engine has not drawn of the embeddings as they are."""
    return _outdated(*_stand(run), run)


def names(run: RunView) -> npt.NDArray[np.object_]:
    """`[entities]`: what each is called where a figure shows text, which reads it as HTML."""
    return _names(*_stand(run), run)


def _stand(run: RunView) -> tuple[str, object]:
    folder = run.reader.folder
    return str(folder), catalog.stamp(folder)


@st.cache_resource(max_entries=16, show_spinner="Placing the entities …")
def _placement(folder: str, stamp: object, view: str, _run: RunView) -> Placement:
    return points.place(_run, view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _colouring(folder: str, stamp: object, no_causes: bool, colour: str, view: str, _run: RunView) -> Colouring:
    return points_colour.colouring(_run, colour, view, placement(_run, view).points)


@st.cache_resource(max_entries=64, show_spinner=False)
def _nearest(folder: str, stamp: object, view: str, entity: int, _run: RunView) -> pd.DataFrame:
    return points_nearest.nearest(_run, view, entity, placement(_run, view).points)


@st.cache_resource(max_entries=4, show_spinner="Placing the entities at each epoch …")
def _course(folder: str, stamp: object, _run: RunView) -> Course | None:
    return points_epochs.course(_run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _outdated(folder: str, stamp: object, _run: RunView) -> list[str]:
    return maps.outdated(_run.reader)


@st.cache_resource(max_entries=4, show_spinner=False)
def _names(folder: str, stamp: object, _run: RunView) -> npt.NDArray[np.object_]:
    return np.array([html.escape(short(label, 60)) for label in _run.labels], object)
