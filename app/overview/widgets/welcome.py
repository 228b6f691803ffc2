"""For first-time visitors: what this is, and three ways to start; gone once one of them has been chosen."""

from __future__ import annotations

import streamlit as st

from app.shared.widgets import remembered, url

KNOWN = "welcomed"
SENTENCE = (
    "PMF finds which entity of one knowledge graph is which entity of another, by their links, words and pictures, "
    "and shows where it is wrong and why."
)
DOORS = {
    "failures": ("Look into failures", ":material/troubleshoot:", "Why was an entity matched wrong? What would help?"),
    "review": ("Confirm pairs", ":material/fact_check:", "Decide pair by pair whether a match is right."),
    "learn": ("Teach the method", ":material/school:", "Six steps on one example, for a projector."),
}


def welcome() -> None:
    """The sentence and the doors, for a visitor who has not chosen one yet."""
    if remembered.recall(KNOWN):
        return
    with st.container(border=True, key="welcome"):
        with st.container(horizontal=True, vertical_alignment="top"):
            st.markdown(f"**{SENTENCE}** What do you want to do?")
            if st.button("Close", icon=":material/close:", type="tertiary", key="welcome.close"):
                remembered.remember(KNOWN, "overview")
                st.rerun()
        for column, (page, (label, icon, about)) in zip(st.columns(len(DOORS)), DOORS.items(), strict=True):
            with column:
                if st.button(label, icon=icon, key=f"welcome.{page}", width="stretch", type="primary"):
                    remembered.remember(KNOWN, page)
                    url.open_page(page, {})
                st.caption(about)
