"""Review: an annotator confirms or corrects matches, one key a decision, and nothing is ever lost."""

from __future__ import annotations

import streamlit as st

from app.alignment.widgets.alignment import alignment_view
from app.review.services import earlier
from app.review.widgets import controls as review_controls
from app.review.widgets.agreement import review_agreement
from app.review.widgets.bulk import review_bulk
from app.review.widgets.decks import review_deck
from app.review.widgets.doubtful_links import review_doubtful_links
from app.review.widgets.files import review_files
from app.review.widgets.history import review_history
from app.shared.services.access import Role, User, require
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import loading, url, user
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain
from app.store import shared_store


def show(mode: str, who: User, run: RunView, data: Dataset, controls: review_controls.Controls) -> None:
    if mode == "agreement":
        review_agreement(who, run, controls.wanted.direction)
    elif mode == "files":
        review_files(who, run, data)
    elif mode == "links":
        require(who, Role.ADMIN, "see which links may be wrong, which would give answers away")
        review_doubtful_links(run, data)
    elif mode == "alignment":
        alignment_view(who, run)
    elif mode == "history":
        review_history(who, run)
    elif mode == "bulk":
        require(who, Role.ANNOTATOR, "give verdicts")
        review_bulk(who, run, data, controls.wanted)
    else:
        require(who, Role.ANNOTATOR, "give verdicts")
        review_deck(who, run, data, mode, controls)


run = head("Review", "Are these two the same? One key a verdict, on what is on screen.")
data = loading.open_data(run)
who = user.current()
with boundary():
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review-bar"):
        mode = review_controls.mode()
        with st.popover("Filters", icon=":material/tune:"):
            controls = review_controls.controls(run, who)
        url.link("account", plain(who.name, 40), {}, icon=":material/account_circle:")
    if words := earlier.in_words(shared_store(), run):
        st.caption(words)
    if run.predictions is None:
        st.info(plain(not_yet(run, "Predictions are")))
    else:
        show(mode, who, run, data, controls)
