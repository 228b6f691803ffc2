"""All runs: found by words and filters, as cards or as a table, a page at a time."""

from __future__ import annotations

import streamlit as st

from app.overview.services import run_list
from app.overview.widgets.run_cards import run_cards
from app.shared.services import catalog
from app.shared.services.catalog import Card
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import short
from pmf.data.notes import counted

FORMS = {"cards": "Cards", "table": "Table"}
A_PAGE = 16
KEY = "runs"


def list_runs(chosen: str) -> None:
    """Draw the filters and what passes them."""
    cards = catalog.cards()
    wanted, form = _filters(cards)
    passed = run_list.select(cards, wanted)
    own = sum(card.size for card in cards if card.own)
    shown = "" if len(passed) == len(cards) else f"{len(passed):,} of "
    st.caption(f"{shown}{counted(len(cards), 'run')}; yours use {own / 1e6:,.0f} MB.")
    if not passed:
        st.info("No run passes these filters; widen one of them.")
    elif form == "cards":
        _cards(_page(passed), chosen)
    else:
        _table(passed)


def _cards(cards: list[Card], chosen: str) -> None:
    """One's own first, then those that came with the app."""
    own = [card for card in cards if card.own]
    run_cards(own, chosen)
    if examples := [card for card in cards if not card.own]:
        st.markdown("**Examples**")
        run_cards(examples, chosen)


def _filters(cards: list[Card]) -> tuple[run_list.RunFilter, str]:
    words, state, data, preset, sort, form = st.columns([4, 2, 2, 2, 2, 2], vertical_alignment="bottom")
    with words:
        text = url.text("Find", "find", placeholder="name, tag, note, data", icon=":material/search:")
    values = {
        "state": (state, "State", list(run_list.STATES)),
        "of": (data, "Data", sorted({card.data for card in cards} - {""})),
        "preset": (preset, "Preset", sorted({card.preset for card in cards} - {""})),
    }
    filters = {}
    for name, (column, label, options) in values.items():
        with column:
            filters[name] = url.choose(
                st.selectbox,
                label,
                ["", *options],
                name,
                default="",
                format_func=lambda value: short(value, 40) or "any",
            )
    with sort:
        order = url.choose(
            st.selectbox, "Sort", list(run_list.SORTS), "sort", default="newest", format_func=run_list.SORTS.get
        )
    with form:
        shape = url.choose(
            st.segmented_control, "Show as", list(FORMS), "as", default="cards", format_func=FORMS.get, required=True
        )
    wanted = run_list.RunFilter(
        text=text, state=filters["state"], data=filters["of"], preset=filters["preset"], sort=order
    )
    return wanted, shape


def _page(cards: list[Card]) -> list[Card]:
    pages = -(-len(cards) // A_PAGE)
    if pages == 1:
        return cards
    number = url.choose(
        st.selectbox,
        "Page",
        list(range(1, pages + 1)),
        "page",
        default=1,
        format_func=lambda page: f"{page} of {pages}",
        width=160,
    )
    return cards[(number - 1) * A_PAGE : number * A_PAGE]


def _table(cards: list[Card]) -> None:
    rows = run_list.as_table(cards)

    def open_row() -> None:
        chosen = st.session_state[f"table.{KEY}"]["selection"]["rows"]
        if chosen and chosen[0] < len(rows):
            url.put(run=rows["Run id"][chosen[0]])

    table(
        rows,
        name=KEY,
        alt="Runs with state, data, preset, Hits@1, date and size",
        on_select=open_row,
        selection_mode="single-row",
        column_config={
            "Hits@1": st.column_config.NumberColumn(format="%.1f %%", help="Source → target, on the links beside"),
            "Size": st.column_config.NumberColumn(format="%.1f MB"),
            "Created": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        placeholder="–",
    )
    st.caption("Tick a row to open that run.")
