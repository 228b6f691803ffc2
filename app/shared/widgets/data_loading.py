"""Data sets and their audits, with a bar while they are read and worked out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.services import data_cache
from app.shared.services.data_view import DataView
from app.shared.widgets.text import plain
from pmf.audit.audit import Audit

PICTURES_AT_ONCE = 4000


def open_view(folder: Path) -> DataView:
    """The data set as it stands now, with a bar while it is read.

    Raises:
        DataFormatError: it cannot be read.
    """
    place = st.empty()

    def show(name: str, done: int, total: int) -> None:
        share = min(1.0, done / max(1, total))
        place.progress(share, text=f"Reading the data set: {plain(name)}, {share:.0%} of all bytes read")

    try:
        return data_cache.open_view(folder, show)
    finally:
        place.empty()


def open_audit(view: DataView, *, pictures: bool) -> Audit:
    """What looks wrong with it, with a bar while that is worked out."""
    if view.audited(pictures=pictures):
        return view.audit(pictures=pictures)
    bar = st.progress(0.0, text="Looking for leaks, shortcuts and gaps …")

    def show(what: str, done: int, total: int) -> None:
        if done % 50 == 0 or done == total:
            bar.progress(done / max(1, total), text=f"Looking at the pictures: {done:,} of {total:,}")

    try:
        return view.audit(pictures=pictures, progress=show)
    finally:
        bar.empty()
