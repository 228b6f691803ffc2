"""The part of a run that a page is about, in the address bar."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain, short
from app.slices.services import kept as saved_slices
from app.slices.services import names as slices
from pmf.errors import ConfigError

NEWEST = 30  # kept lists on offer; every other one has its link


def slice_picker(run: RunView) -> str:
    """A box with every slice of the run, the kept lists, and the one in the address; returns its name, "" for all."""
    options = {"": "Everything", **offered(run)}
    wanted, unknown = url.get("slice") or "", ""
    if wanted not in options:
        try:
            options[wanted] = slices.title(run, wanted)
        except ConfigError as error:
            unknown = str(error)
    chosen = url.choose(
        st.selectbox, "Part", list(options), "slice", default="", format_func=lambda name: short(options[name], 80)
    )
    if unknown:
        st.caption(f":material/info: {plain(unknown)} Everything is shown.")
    return str(chosen)


def offered(run: RunView) -> dict[str, str]:
    """Name → title of what can be picked: not the hundreds of single epochs, which the Freezing page leads to."""
    kept: dict[str, str] = {}
    with boundary():
        kept = dict(list(saved_slices.titles(run).items())[:NEWEST])
    return {name: title for name, title in slices.names(run).items() if not name.startswith("froze-at:")} | kept
