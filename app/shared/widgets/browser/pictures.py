"""Pictures of entities for components in the browser: they ask for them in small lots and keep them for the tab."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from app.shared.services import catalog, pictures
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import numbers
from app.shared.services.run_view import RunView
from app.shared.widgets.browser.sent import entity_ids, sent_state

PICTURE, LOT = 144, 60  # pixels of a picture, and so many at once


def send_pictures(mount: Any, key: str, run: RunView, data: Dataset, table: str) -> None:
    """Answer what the browser asks for; to be called in a fragment, so that nothing else is drawn anew with it.

    Args:
        mount: of the component, see `app.shared.widgets.browser.component`.
        key: of this mount.
        run: the run.
        data: that it was trained on.
        table: digest of what the component shows; its pictures are those of this table.
    """
    wanted = sent_state(key, "wanted")
    ids = entity_ids(wanted.get("ids"), run.n)[:LOT]
    sent: dict[str, Any] = {
        "kind": "pictures",
        "table": table,
        "n": wanted.get("n", 0),
        "has": with_picture(run, data),
        "why": "data folder gone" if data.problem else "",
        "pictures": {i: pictures.small(path, PICTURE) for i in ids if (path := data.picture(i))},
    }
    with st.container(key=f"unseen.{key}"):
        mount(key=key, data=sent, on_wanted_change=lambda: None)


def with_picture(run: RunView, data: Dataset) -> str:
    """Which entities have a picture, a bit each."""
    folder = run.reader.folder
    return _with_picture(str(folder), catalog.stamp(folder), data.problem, run.n, data)


@st.cache_resource(max_entries=3, show_spinner=False)
def _with_picture(folder: str, stamp: object, problem: str, n: int, _data: Dataset) -> str:
    return numbers(np.packbits([_data.picture(i) is not None for i in range(n)]), "u1")
