"""Review: an annotator confirms or corrects matches, one key a decision, and nothing is ever lost."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components import loading, review_controls, url, user
from app.components.boundary import boundary
from app.components.review_adjudication import review_adjudication
from app.components.review_agreement import review_agreement
from app.components.review_card import review_card
from app.components.review_deck import open_deck
from app.components.review_files import review_files
from app.components.review_groups import review_groups
from app.components.run_picker import head
from app.components.text import plain
from app.services import matches
from app.services.access import Role, User, require
from app.services.dataset import Dataset
from app.services.run_view import RunView

STYLE = Path(__file__).parents[1] / "components" / "review.html"


def show(mode: str, who: User, run: RunView, data: Dataset, controls: review_controls.Controls) -> None:
    direction = controls.wanted.direction
    if mode == "agreement":
        review_agreement(who, run, direction)
    elif mode == "files":
        review_files(who, run, data)
    else:
        require(who, Role.ANNOTATOR, "give verdicts")
        if mode == "conflicts":
            review_groups(who, run, data, direction, controls.blind)
        elif mode == "adjudicate":
            review_adjudication(who, run, data)
        else:
            review_card(open_deck(who, run, data, controls.wanted, controls.blind, controls.overlap))


run = head("Review", "Are these two the same? One key a verdict; it is saved before the next card shows.")
data = loading.open_data(run)
who = user.current()
with boundary():
    with st.container(horizontal=True, vertical_alignment="center", key="review-bar"):
        mode = review_controls.mode()
        with st.popover("Order and filters", icon=":material/tune:"):
            controls = review_controls.controls(run)
        url.link("account", f"as {plain(who.name, 40)}", {}, icon=":material/account_circle:")
    if run.predictions is None:
        st.info(plain(matches.not_yet(run, "Predictions are")))
    else:
        show(mode, who, run, data, controls)
st.html(STYLE, unsafe_allow_javascript=True)
