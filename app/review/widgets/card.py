"""The card on the table and its keys. It is drawn anew by itself after every key; nothing else of the page is."""

from __future__ import annotations

import time

import streamlit as st

from app.review.services.card import Card
from app.review.widgets import details as review_details
from app.review.widgets import pair as review_pair
from app.review.widgets.ahead import ahead
from app.review.widgets.deck import Deck
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain
from pmf.errors import PMFError

REASON, SHOWN, PROBLEM = "review_card.reason", "review_card.shown", "review_card.problem"
LONGEST_REASON, FEWEST = 500, 3
TOO_FAST = "That key came before this card could be read, so it was not counted."
VERDICTS = {
    "match": ("A", "Match", ":material/check:"),
    "not": ("X", "Not", ":material/close:"),
    "unsure": ("U", "Unsure", ":material/question_mark:"),
    "none": ("N", "No counterpart", ":material/block:"),
    "flag": ("F", "Flag", ":material/flag:"),
}
HELP = """
| Key | What it does |
|---|---|
| **A** | These two are the same: a match. |
| **X** | These two are not the same. |
| **1** … **9** | The query's counterpart is that candidate of the list. |
| **N** | The query has no counterpart in the other graph. |
| **U** | Unsure. |
| **F** | Something is wrong with the data here: flag it. |
| **Backspace** | Take the last verdict back, as often as you like, also those of yesterday. |
| **←** **→** | Look at the candidate before or after, without a verdict. |
| **Z** | Both pictures large. |
| **?** or **H** | This help. |

Candidates stand in the run's order; the number is the plain similarity, which the bars add up to.

A verdict is on disk before the next card shows. A reason, if you type one, goes with the next verdict.
"""


@st.fragment
def review_card(deck: Deck) -> None:
    """Draw the card on the table, then make the next ones ready."""
    with boundary():
        card = deck.top()
        if card is None:
            _finished(deck)
            return
        shown = _shown(deck, card)
        _pair(deck, card, shown)
        _decisions(deck, card, shown)
        review_details.details(deck, card, shown)
        ahead(deck)


def _shown(deck: Deck, card: Card) -> int:
    """Place of the candidate that is looked at, from 0; a new card begins with the first."""
    event_id, shown = st.session_state.get(SHOWN, ("", 0))
    if event_id != card.event_id:
        shown = 0
        st.session_state[SHOWN] = (card.event_id, 0)
        deck.shown_at = time.monotonic()
        deck.to_url()
    return min(shown, len(card.candidates) - 1)


def _pair(deck: Deck, card: Card, shown: int) -> None:
    """Source left, target right, what is known of them below, and the candidates beside."""
    other = card.candidates[shown].entity
    source, target = sorted((card.query, other))
    found = deck.pair_evidence(card.query, other)
    both, beside = st.columns([10, 3], gap="small")
    with both, st.container(gap="small", key="review-pair"):
        for column, entity in zip(st.columns(2, gap="small"), (source, target), strict=True):
            role = "asked for" if entity == card.query else f"candidate {shown + 1} of {len(card.candidates)}"
            if entity == other and shown == 0 and card.probability is not None:
                role += f" · {card.probability:.0%} likely"
            if entity == card.truth:
                role += " · ● linked to it"
            with column:
                review_pair.entity(deck.run, deck.data, entity, role)
        left, right = st.columns(2, gap="small")
        with left:
            review_pair.attributes(found.attributes)
        with right:
            if found.modalities and not card.blind:
                review_pair.scores(found.modalities)
            review_pair.linked(deck.run, found.linked)
    with beside:
        _candidates(deck, card, shown)


def _candidates(deck: Deck, card: Card, shown: int) -> None:
    with st.container(gap="xxsmall", key="review-candidates"):
        for place, candidate in enumerate(card.candidates):
            marks = ("▸ " if place == shown else "") + ("● " if candidate.entity == card.truth else "")
            score = "" if candidate.similarity is None else f" · {candidate.similarity:.2f}"
            st.button(
                marks + plain(candidate.label, 40) + score,
                key=f"review_card.{place + 1}",
                shortcut=str(place + 1),
                type="secondary" if place == shown else "tertiary",
                width="stretch",
                on_click=_decide,
                args=(deck, "match", place),
            )
        with st.container(horizontal=True, gap="xxsmall"):
            for label, move, key, icon in (
                ("Before", -1, "Left", ":material/chevron_left:"),
                ("After", 1, "Right", ":material/chevron_right:"),
            ):
                st.button(
                    label,
                    key=f"review_card.{label}",
                    icon=icon,
                    shortcut=key,
                    type="tertiary",
                    disabled=not 0 <= shown + move < len(card.candidates),
                    on_click=_look_at,
                    args=(card, shown + move),
                )


def _decisions(deck: Deck, card: Card, shown: int) -> None:
    """The keys, what was wrong with the last one, and how far one has come; always in sight."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review-decisions"):
        for verdict, (key, label, icon) in VERDICTS.items():
            st.button(
                label,
                key=f"review_card.{verdict}",
                icon=icon,
                shortcut=key,
                on_click=_decide,
                args=(deck, verdict, shown),
            )
        st.button(
            "Undo", key="review_card.undo", icon=":material/undo:", shortcut="Backspace", on_click=_undo, args=(deck,)
        )
        st.text_input(
            "Reason",
            key=REASON,
            placeholder="Reason, if you like",
            label_visibility="collapsed",
            max_chars=LONGEST_REASON,
            width=150,
        )
        if st.button("Help", key="review_card.help", icon=":material/keyboard:", shortcut="H", type="tertiary"):
            _help()
        st.markdown(_progress(deck), width="content")
        if problem := st.session_state.pop(PROBLEM, ""):
            st.warning(plain(problem, 400))


def _progress(deck: Deck) -> str:
    """How many queries one has judged, and how fast."""
    said = [f"**{deck.judged:,}** of {len(deck.queue):,} judged"]
    if deck.answered >= FEWEST:
        said.append(f"{60 * deck.answered / max(deck.seconds, 0.1):.0f} a minute")
    return "  \n".join(f":small[{words}]" for words in said)


@st.dialog("Keys", width="medium")
def _help() -> None:
    st.markdown(HELP)


def _finished(deck: Deck) -> None:
    st.success(f"Nothing is left to judge here; you have judged {deck.judged:,} of {len(deck.queue):,}.")
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(plain(problem, 400))
    st.button(
        "Undo", key="review_card.undo", icon=":material/undo:", shortcut="Backspace", on_click=_undo, args=(deck,)
    )


def _decide(deck: Deck, verdict: str, place: int) -> None:
    """Save first; the next card shows only when that is done."""
    if not deck.pressed():
        st.session_state[PROBLEM] = TOO_FAST
        return
    try:
        deck.answer(verdict, place + 1, st.session_state.get(REASON, ""))
        st.session_state[REASON] = ""
        deck.to_url()
    except PMFError as error:
        st.session_state[PROBLEM] = str(error)


def _undo(deck: Deck) -> None:
    try:
        if not deck.undo():
            st.session_state[PROBLEM] = "There is no verdict of yours left to take back."
        deck.to_url()
    except PMFError as error:
        st.session_state[PROBLEM] = str(error)


def _look_at(card: Card, place: int) -> None:
    st.session_state[SHOWN] = (card.event_id, place)
