"""An entity's picture as it lies in the data, or the drawing that says why there is none."""

from __future__ import annotations

import streamlit as st

from app.shared.services import pictures
from app.shared.services.data_view import DataView
from app.shared.widgets import placeholders
from app.shared.widgets.picture import SIZE, TABLE_SIZE
from app.shared.widgets.text import short


def show(view: DataView, entity: int) -> None:
    """The picture or its placeholder."""
    path = view.data.picture(entity)
    image = pictures.thumbnail(path, SIZE) if path else None
    drawn, caption = (
        (image, "picture")
        if image
        else (placeholders.UNREADABLE, "picture unreadable")
        if path
        else (placeholders.MISSING, "no picture")
    )
    st.image(drawn, width="stretch", alt=f"{short(view.pair.labels[entity])}: {caption}")


def cell(view: DataView, entity: int) -> str | None:
    """The picture as an address for a table's image column."""
    path = view.data.picture(entity)
    image = pictures.thumbnail(path, TABLE_SIZE, square=True) if path else None
    return pictures.data_url(image) if image else None
