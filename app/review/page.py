"""Review: an annotator confirms or corrects matches, one key a decision, and nothing is ever lost."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.review.widgets import controls as review_controls
from app.review.widgets.adjudication import review_adjudication
from app.review.widgets.agreement import review_agreement
from app.review.widgets.card import review_card
from app.review.widgets.deck import open_deck
from app.review.widgets.files import review_files
from app.review.widgets.groups import review_groups
from app.shared.services.access import Role, User, require
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import loading, url, user
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain

STYLE = Path(__file__).parent / "widgets" / "review.html"


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
        st.info(plain(not_yet(run, "Predictions are")))
    else:
        show(mode, who, run, data, controls)
st.html(STYLE, unsafe_allow_javascript=True)
