"""The attributes of prediction and truth against those of the queried entity."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.matches.services.differences import differences
from app.shared.services.dataset import Dataset
from app.shared.widgets.table import table


def show_differences(data: Dataset, query: int, others: Mapping[str, int]) -> None:
    """One row a key, the decisive first.

    Args:
        data: of the run.
        query: the entity asked for.
        others: see `app.matches.services.differences.differences`.
    """
    st.header("Attributes, key by key", anchor=False)
    rows = differences(data, query, others)
    if rows.empty:
        st.caption("The entity asked for has no attributes.")
        return
    table(rows, name=f"differences_{query}", alt="Attributes of the entity asked for, its prediction and its truth")
    st.caption(
        "= the same value, ≈ one that is like it, ≠ another one, – no such key. Keys are paired by name, or else by "
        "their values. A key that only the truth or only the prediction shares comes first."
    )
