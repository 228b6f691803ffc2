"""Runs as cards, newest first; a click opens one."""

from __future__ import annotations

import streamlit as st

from app.components import url
from app.components.run_picker import state_badge
from app.components.text import plain
from app.services.catalog import Card

A_ROW, AT_FIRST = 4, 8


def run_cards(cards: list[Card], chosen: str) -> None:
    """Draw the cards, the first few of them unless asked for all."""
    few = len(cards) <= AT_FIRST or not st.toggle(f"Show all {len(cards)} runs", key="run_cards.all")
    shown = cards[:AT_FIRST] if few else cards
    for start in range(0, len(shown), A_ROW):
        for column, card in zip(st.columns(A_ROW), shown[start : start + A_ROW], strict=False):
            with column.container(border=True, height="stretch"):
                _card(card, chosen)


def _card(card: Card, chosen: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(card.run_id, 40)}**", width="content")
        if card.state:
            state_badge(card.state)
    if card.problem:
        st.caption(plain(card.problem, 300))
        return
    st.caption(f"{plain(card.data, 40)} · {plain(card.preset)} · {card.created}  \n{', '.join(card.modalities)}")
    if card.hits_at_1 is None:
        st.caption("No evaluation yet.")
    else:
        line = [100 * value for value in card.curve] if len(card.curve) > 1 else None
        st.metric(f"Hits@1, {card.split} links, source → target", f"{card.hits_at_1:.1%}", chart_data=line)
    st.button(
        "Shown above" if card.run_id == chosen else "Open",
        key=f"run_cards.{card.run_id}",
        disabled=card.run_id == chosen,
        on_click=url.put,
        kwargs={"run": card.run_id},
        width="stretch",
    )
