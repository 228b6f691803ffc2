"""One entity of a data set: its card, its attributes in full, and the way to its counterpart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.data.widgets import picture as data_picture
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from pmf.data.notes import counted

CUT = 120


def card(view: DataView, entity: int, *, role: str) -> None:
    """Picture, name, type, what is known of it, and its counterpart to go to."""
    row, side = view.entities.iloc[entity], "source" if view.is_source(entity) else "target"
    with st.container(border=True, key=f"card-{side}-data-{entity}"):
        text = st.container()
        if view.n_pictures:
            left, text = st.columns([2, 3], vertical_alignment="center")
            with left:
                data_picture.show(view, entity)
        with text:
            st.caption(f"**{side.capitalize()}** · {role}")
            st.header(plain(row["label"]), anchor=False)
            kind = f"{plain(row['type'])} · " if row["type"] else ""
            attributes = counted(int(row["attributes"]), "attribute triple")
            st.caption(f"{kind}{counted(int(row['degree']), 'relation triple')} · {attributes}")
            _counterpart(view, entity)
        st.text(short(row["uri"], 300))


def _counterpart(view: DataView, entity: int) -> None:
    partner = int(view.partner[entity])
    if partner < 0:
        st.caption(":material/link_off: no known counterpart")
        return
    st.button(
        plain(short(view.pair.labels[partner], 60)),
        key="data_entity.counterpart",
        icon=":material/compare_arrows:",
        help="Its known counterpart in the other graph",
        on_click=url.put,
        kwargs={"entity": partner},
    )


def attributes(view: DataView, entity: int) -> None:
    """A line a value; ticking a line shows it in full, letter by letter."""
    pairs = [(key, value) for key, values in view.data.attributes(entity).items() for value in values]
    if not pairs:
        st.caption("This entity has no attributes.")
        return
    rows = pd.DataFrame(pairs, columns=["Attribute", "Value"])
    if not any(value for _, value in pairs):
        rows = rows.drop(columns="Value")
    long = any(len(value) > CUT for _, value in pairs)
    state = table(
        rows.map(lambda text: short(text, CUT)),
        name=f"attributes_{entity}",
        alt="Attributes of the entity",
        whole=lambda: rows,
        height="auto" if len(rows) < 12 else 400,
        **({"on_select": "rerun", "selection_mode": "single-row"} if long else {}),
    )
    if not long:
        return
    chosen = state["selection"]["rows"]
    if chosen and chosen[0] < len(pairs):
        st.caption(f"{plain(pairs[chosen[0]][0])}, in full:")
        st.code(pairs[chosen[0]][1], language=None, wrap_lines=True, height=240)
    else:
        st.caption("Long values are cut; tick a line to read it in full.")
