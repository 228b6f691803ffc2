"""Tables that can be taken along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.widgets.downloads import downloads


def table(
    rows: pd.DataFrame,
    *,
    name: str,
    alt: str,
    hide: tuple[str, ...] = (),
    whole: Callable[[], pd.DataFrame] | None = None,
    paper: Mapping[str, str] | None = None,
    **settings: Any,
) -> Any:
    """A table with its export buttons.

    Args:
        rows: what it shows, in full also in the exports.
        name: file name without ending, and key of the widget.
        alt: what it lists, for those who cannot see it.
        hide: columns left out of the exports (pictures).
        whole: makes what the exports hold, where `rows` is only a page of it.
        paper: column → format of its numbers; offers the table as Markdown and LaTeX too.
        settings: passed on to `st.dataframe`.
    """
    shown = st.dataframe(rows, hide_index=True, alt=alt, **{"key": f"table.{name}"} | settings)
    files = whole or (lambda: rows.drop(columns=[c for c in hide if c in rows]))
    downloads(files, name=name, key=f"export.{name}", paper=paper)
    return shown
