"""The one place where an error of ours becomes a sentence on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.shared.widgets.text import plain
from pmf.errors import PMFError


@contextmanager
def boundary() -> Iterator[None]:
    """Show a `PMFError` raised inside in place of what would have been drawn; the rest of the page goes on."""
    try:
        yield
    except PMFError as error:
        st.warning(plain(error, longest=600), icon=":material/info:")
