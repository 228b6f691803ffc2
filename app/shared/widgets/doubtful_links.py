"""Links that rules speak against, as a table with reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.shared.widgets.table import table
from app.shared.widgets.text import short
from pmf.data.notes import counted

if TYPE_CHECKING:
    from pmf.alignment.explanation.doubtful_links import DoubtfulLink

KEY = "doubtful_links"


def doubtful_links(
    links: Sequence[DoubtfulLink],
    labels: Sequence[str],
    on_open: Callable[[DoubtfulLink], None],
    parts: Sequence[str] | None = None,
) -> None:
    """One row a link, the clearest case first; a ticked row is opened.

    Args:
        links: which.
        labels: of all entities.
        on_open: called with the link of a ticked row.
        parts: of each link, which part of the links it belongs to; None where they have none.
    """

    def pair(ends: tuple[int, int]) -> str:
        return " – ".join(short(labels[entity], 60) for entity in ends)

    def opened() -> None:
        ticked = st.session_state[KEY]["selection"]["rows"]
        if ticked and ticked[0] < len(links):
            on_open(links[ticked[0]])

    rows = pd.DataFrame(
        {
            "Link": [pair((link.source, link.target)) for link in links],
            "Likelier": [pair(link.rival) for link in links],
            "Probability": [min(link.probability, 0.99) for link in links],
            "Why": [short(link.because, 300) for link in links],
            "Against the link": [short(link.against, 300) for link in links],
        }
    )
    if parts is not None:
        rows.insert(0, "Part", list(parts))
    table(
        rows,
        name=KEY,
        alt="Links that may be wrong, each with a likelier pair and the reason for it",
        column_config={"Probability": st.column_config.NumberColumn(format="%.2f")},
        on_select=opened,
        selection_mode="single-row",
        key=KEY,
    )
    st.caption(
        f"{counted(len(links), 'link')} for which neighbours and values say next to nothing, while they give one of "
        "the two entities another counterpart. The graphs can be wrong, too: look before you change a link."
    )
