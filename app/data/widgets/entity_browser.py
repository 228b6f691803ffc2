"""Every entity of a data set: searched, filtered, sorted, page by page; the choice is kept in `?entity=`."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.data.widgets import picture as data_picture
from app.shared.services.data_view import LINKS, ORDERS, PICTURES, SIDES, DataView, EntityFilter, Ids
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import short

PAGE, FILTER = 100, "entity_browser.filter"
COLUMNS = {
    "label": "Name",
    "side": "Side",
    "type": "Type",
    "degree": "Triples",
    "attributes": "Attributes",
    "counterpart": "Known counterpart",
}


def entity_browser(view: DataView) -> None:
    """The controls and a page of the table; a chosen row becomes the entity shown."""
    wanted = _filter(view)
    if st.session_state.get(FILTER, wanted) != wanted:
        url.put(page=None)
    st.session_state[FILTER] = wanted
    ids = view.select(wanted)
    if len(ids) == 0:
        st.info("No entity passes these filters; widen one of them.")
        return
    page = min(url.integer("page", 10**6) or 0, (len(ids) - 1) // PAGE)
    shown = ids[page * PAGE : (page + 1) * PAGE]
    rows = _rows(view, shown)
    if view.n_pictures:
        rows.insert(0, "Picture", [data_picture.cell(view, int(entity)) for entity in shown])
    key = f"entity_browser.{wanted}.{page}"
    table(
        rows,
        name="entities",
        alt="Entities that pass the filters",
        whole=lambda: _rows(view, ids).assign(URI=view.entities["uri"].to_numpy()[ids]),
        column_config={"Picture": st.column_config.ImageColumn(width="small")},
        row_height=44 if view.n_pictures else None,
        height=480,
        placeholder="",
        on_select=lambda: _open(key, shown),
        selection_mode="single-row",
        key=key,
    )
    _leaf(page, len(ids))


def _filter(view: DataView) -> EntityFilter:
    first, second = st.columns([3, 2], vertical_alignment="bottom")
    with first:
        text = url.text("Name or identifier holds", "q", type="search", placeholder="any")
    with second:
        order = url.choose(st.selectbox, "Order", list(ORDERS), "order", default="", format_func=ORDERS.get)
    controls: dict[str, dict[str, str]] = {"side": SIDES, "link": LINKS}
    if view.n_pictures:
        controls["picture"] = PICTURES
    if view.types:
        controls["type"] = {"": "Any type", **{name: short(name, 60) for name in view.types}}
    chosen = {}
    for column, (name, titles) in zip(st.columns(len(controls)), controls.items(), strict=True):
        with column:
            chosen[name] = url.choose(
                st.selectbox, name.capitalize(), list(titles), name, default="", format_func=titles.get
            )
    return EntityFilter(text=text, order=order, **chosen)


def _rows(view: DataView, ids: Ids) -> pd.DataFrame:
    rows = view.entities.iloc[ids][list(COLUMNS)].reset_index(drop=True)
    for name in ("label", "type", "counterpart"):
        rows[name] = [short(text) for text in rows[name]]
    hidden = [] if view.types else ["type"]
    return rows.drop(columns=hidden).rename(columns=COLUMNS)


def _open(key: str, shown: Ids) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(shown):
        url.put(entity=int(shown[rows[0]]))


def _leaf(page: int, n: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            f"{page * PAGE + 1:,}–{min(n, (page + 1) * PAGE):,} of {n:,} entities; tick a row to open it",
            width="content",
        )
        pages = -(-n // PAGE)
        if pages > 1:
            key = f"entity_browser.page.{n}.{page}"
            st.pagination(
                pages,
                default=page + 1,
                max_visible_pages=5,
                key=key,
                on_change=lambda: url.put(page=st.session_state[key] - 1 or None),
            )
