"""Runs as cards; a click opens one."""

from __future__ import annotations

import datetime

import streamlit as st

from app.overview.widgets.run_actions import ask_to_delete
from app.shared.figures.headline import sparkline
from app.shared.services.access import Role
from app.shared.services.catalog import Card
from app.shared.widgets import url
from app.shared.widgets.run_picker import state_badge
from app.shared.widgets.text import plain, short
from app.shared.widgets.user import current

A_ROW = 4


def run_cards(cards: list[Card], chosen: str) -> None:
    """Draw the cards."""
    for start in range(0, len(cards), A_ROW):
        for column, card in zip(st.columns(A_ROW), cards[start : start + A_ROW], strict=False):
            with column.container(border=True, height="stretch"):
                _card(card, chosen)


def _card(card: Card, chosen: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(card.title, 40)}**", width="content")
        if card.state:
            state_badge(card.state)
    if card.problem:
        st.caption(plain(card.problem, 300))
        may = card.own and current().role >= Role.ADMIN
        if may and st.button("Delete", icon=":material/delete:", key=f"run_cards.delete.{card.run_id}"):
            ask_to_delete(card)
        return
    day = datetime.datetime.fromtimestamp(card.created).astimezone()
    st.caption(f"{plain(card.data, 40)} · {plain(card.preset)} · {day:%Y-%m-%d}  \n{', '.join(card.modalities)}")
    if card.about.tags:
        with st.container(horizontal=True, gap="xsmall"):
            for tag in card.about.tags:
                st.badge(plain(short(tag, 30)), color="gray", icon=":material/sell:")
    if card.hits_at_1 is None:
        st.caption("Not measured: no test links." if card.state.name == "finished" else "No evaluation yet.")
    else:
        st.metric(f"Hits@1, {card.split} links, source → target", f"{card.hits_at_1:.1%}")
        if len(card.curve) > 1:
            change = f"from {card.curve[0]:.1%} to {card.curve[-1]:.1%}"
            st.image(sparkline(card.curve), width="stretch", alt=f"Line: Hits@1 while it was trained, {change}")
    st.button(
        "Shown above" if card.run_id == chosen else "Open",
        key=f"run_cards.{card.run_id}",
        disabled=card.run_id == chosen,
        on_click=url.put,
        kwargs={"run": card.run_id},
        width="stretch",
    )
