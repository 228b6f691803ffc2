"""Conflicts between annotators, one at a time: what each said and why, and the decision."""

from __future__ import annotations

import time

import streamlit as st

from app.review.services import adjudication
from app.review.services import card as cards
from app.review.services.adjudication import Conflict
from app.review.services.card import Card
from app.review.services.compare import differences
from app.review.services.consensus import ids, opposite
from app.review.widgets import deck as review_deck
from app.review.widgets import pair as review_pair
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import count, plain
from pmf.errors import PMFError

SHOWN, PROBLEM, REASON, SKIPPED = (f"review_adjudication.{name}" for name in ("shown", "problem", "reason", "skipped"))
DECISIONS = {
    "match": ("A", "Match", ":material/check:"),
    "not": ("X", "Not", ":material/close:"),
    "none": ("N", "No counterpart", ":material/block:"),
}
WORDS = {"match": "a match with", "not": "not", "none": "no counterpart", "unsure": "unsure of", "flag": "flagged"}


@st.fragment
def review_adjudication(user: User, run: RunView, data: Dataset) -> None:
    """The conflict on the table; the oldest comes first."""
    with boundary():
        found = adjudication.conflicts(review_deck.store(), run)
        skipped = st.session_state.setdefault(SKIPPED, set())
        waiting = [conflict for conflict in found if conflict.query not in skipped] or found
        if not waiting:
            st.success("Annotators do not differ on any query, or somebody has decided.")
            return
        conflict = waiting[0]
        card = _card(user, run, data, conflict)
        st.markdown(f"**{count(len(found), 'conflict')}** to decide. Who is a party to one has to be an admin for it.")
        shown = card.candidates[0].entity
        source, target = sorted((conflict.query, shown))
        for column, entity in zip(st.columns(2), (source, target), strict=True):
            with column:
                review_pair.entity(run, data, entity, "asked for" if entity == conflict.query else "judged")
        left, right = st.columns(2)
        with left:
            for event in conflict.verdicts:
                _said(run, event.annotator, event.verdict, event.side, event.other, event.reason)
        with right, st.container(key="review-pair"):
            review_pair.attributes(differences(data.attributes(source), data.attributes(target)))
        _keys(user, run, conflict, card)


def _card(user: User, run: RunView, data: Dataset, conflict: Conflict) -> Card:
    """The card of the query, the entity that somebody confirmed in first place."""
    key = (user, run.run_id, conflict)
    kept = st.session_state.get(SHOWN)
    if kept is None or kept[0] != key:
        known = ids(run)
        judged = sorted(conflict.verdicts, key=lambda event: event.verdict != "match")
        others = (known.get((opposite(event.side), event.other)) for event in judged)
        other = next((entity for entity in others if entity is not None), None)
        card = cards.card(user, review_deck.store(), run, data, conflict.query, other=other)
        kept = st.session_state[SHOWN] = (key, card, time.monotonic())
    return kept[1]


def _said(run: RunView, name: str, verdict: str, side: str, other: str, reason: str) -> None:
    entity = ids(run).get((opposite(side), other))
    what = "" if entity is None else f" **{plain(run.labels[entity], 60)}**"
    with st.container(border=True):
        st.markdown(f"**{plain(name, 60)}** said: {WORDS[verdict]}{what}")
        st.caption(plain(reason, 500) if reason else "no reason given")


def _keys(user: User, run: RunView, conflict: Conflict, card: Card) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review-decisions"):
        for verdict, (key, label, icon) in DECISIONS.items():
            st.button(
                label, key=f"review_adjudication.{verdict}", icon=icon, shortcut=key, on_click=_decide,
                args=(user, run, conflict, card, verdict),
            )  # fmt: skip
        st.button(
            "Later", key="review_adjudication.later", shortcut="Right", type="tertiary",
            on_click=lambda: st.session_state[SKIPPED].add(conflict.query),
        )  # fmt: skip
        st.text_input(
            "Reason", key=REASON, placeholder="Reason", label_visibility="collapsed", max_chars=500, width=300
        )
        if problem := st.session_state.pop(PROBLEM, ""):
            st.warning(plain(problem, 400))


def _decide(user: User, run: RunView, conflict: Conflict, card: Card, verdict: str) -> None:
    seconds = time.monotonic() - st.session_state[SHOWN][2]
    reason = st.session_state.get(REASON, "")
    try:
        store = review_deck.store()
        adjudication.adjudicate(user, store, run, conflict, card, verdict, seconds=seconds, reason=reason)
        st.session_state[REASON] = ""
    except PMFError as error:
        st.session_state[PROBLEM] = str(error)
    st.session_state.pop(SHOWN)
