"""The buttons that take a table along."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app.shared.services import export

FILES = (
    ("CSV", export.as_csv, "csv", "text/csv"),
    ("Parquet", export.as_parquet, "parquet", "application/vnd.apache.parquet"),
)


def downloads(rows: Callable[[], pd.DataFrame], *, name: str, key: str) -> None:
    """A button per file format.

    Args:
        rows: makes the table, once somebody wants it.
        name: of the file, without ending.
        key: what the keys of the buttons begin with.
    """
    with st.container(horizontal=True, gap="small"):
        for label, make, ending, mime in FILES:
            st.download_button(
                label,
                lambda make=make: make(rows()),
                f"{name}.{ending}",
                mime,
                key=f"{key}.{ending}",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )
