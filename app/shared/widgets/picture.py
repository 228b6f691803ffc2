"""An entity's picture as it counted in the run: in use, frozen, missing or unreadable."""

from __future__ import annotations

import streamlit as st

from app.shared.services import pictures
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import placeholders
from app.shared.widgets.text import short

SIZE, TABLE_SIZE = 256, 64


def show(run: RunView, data: Dataset, entity: int, *, width: int | str = "stretch", square: bool = False) -> None:
    """The picture or the placeholder that says why there is none."""
    image, caption = _find(run, data, entity, SIZE, square=square)
    st.image(image, width=width, alt=f"{short(run.labels[entity])}: {caption}")


def cell(run: RunView, data: Dataset, entity: int) -> str | None:
    """The picture as an address for a table's image column."""
    image, _ = _find(run, data, entity, TABLE_SIZE, square=True)
    return pictures.data_url(image) if isinstance(image, bytes) else None


def _find(run: RunView, data: Dataset, entity: int, size: int, *, square: bool) -> tuple[bytes | str, str]:
    frozen = "image" in run.modalities and run.frozen_epoch("image", entity) >= 0
    if data.problem:
        return (placeholders.FROZEN, "picture frozen") if frozen else (placeholders.UNAVAILABLE, "data folder gone")
    path = data.picture(entity)
    if path is None:
        return placeholders.MISSING, "no picture"
    image = pictures.thumbnail(path, size, square=square)
    if image is None:
        return placeholders.UNREADABLE, "picture unreadable"
    return (pictures.frozen_look(image), "picture, frozen") if frozen else (image, "picture")
