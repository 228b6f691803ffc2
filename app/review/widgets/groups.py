"""Several queries that claim one entity, judged together: at most one of them can be right."""

from __future__ import annotations

import time

import streamlit as st

from app.review.services import card as cards
from app.review.services import desk, groups
from app.review.services.groups import Group, GroupCard
from app.review.widgets import deck as review_deck
from app.review.widgets import pair as review_pair
from app.shared.services import catalog
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain
from app.store import Event
from pmf.errors import PMFError

SHOWN, PROBLEM, PLACE = "review_groups.shown", "review_groups.problem", "group"
A_ROW = 3


@st.fragment
def review_groups(user: User, run: RunView, data: Dataset, direction: str, blind: bool) -> None:
    """The group on the table and its keys."""
    with boundary():
        store = review_deck.store()
        found = _groups(str(run.reader.folder), catalog.stamp(run.reader.folder), direction, run)
        if not found:
            st.success("No entity is claimed twice in this run.")
            return
        done = desk.judged(user, store, run)
        place = _place(run, found, done)
        card = _card(user, run, data, found[place], blind)
        claimed = found[place].claimed
        st.markdown(f"**{len(found[place].claimants)} entities claim** one of the other graph.")
        review_pair.entity(run, data, claimed, "claimed")
        _rows(user, run, data, card)
        _keys(user, run, card, place, len(found))


def _place(run: RunView, found: list[Group], done: set[desk.Key]) -> int:
    """The group in the address, else the first with a row that the user has not judged."""
    chosen = url.integer(PLACE, len(found))
    if chosen is not None:
        return chosen
    waiting = (i for i, g in enumerate(found) if any(desk.key(run, q) not in done for q in g.claimants[: groups.MOST]))
    return next(waiting, 0)


def _card(user: User, run: RunView, data: Dataset, group: Group, blind: bool) -> GroupCard:
    """Made once while it lies on the table: the ids of its events stay the same whatever is pressed twice."""
    key = (user, run.run_id, group, blind)
    kept = st.session_state.get(SHOWN)
    if kept is None or kept[0] != key:
        card = groups.group_card(user, review_deck.store(), run, data, group, blind=blind)
        kept = st.session_state[SHOWN] = (key, card, time.monotonic())
    return kept[1]


def _rows(user: User, run: RunView, data: Dataset, card: GroupCard) -> None:
    for start in range(0, len(card.rows), A_ROW):
        for column, place in zip(st.columns(A_ROW), range(start, len(card.rows)), strict=False):
            row = card.rows[place]
            similarity = row.candidates[0].similarity
            score = "" if similarity is None else f" · similarity {similarity:.3f}"
            truth = " · ● linked to it" if row.truth == card.group.claimed else ""
            with column:
                role = f"claimant {place + 1}{score}{truth}"
                review_pair.entity(run, data, row.query, role, f"review-{place}")
                st.button(
                    "This one, not the others" if len(card.rows) > 2 else "This one, not the other",
                    key=f"review_groups.{place + 1}",
                    shortcut=str(place + 1),
                    width="stretch",
                    on_click=_answer,
                    args=(user, run, card, groups.proposal(card, row.query)),
                )


def _keys(user: User, run: RunView, card: GroupCard, place: int, total: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="review-decisions"):
        none = {row.query: "not" for row in card.rows}
        st.button(
            "None of them", key="review_groups.x", icon=":material/close:", shortcut="X", on_click=_answer,
            args=(user, run, card, none),
        )  # fmt: skip
        st.button(
            "Undo", key="review_groups.undo", icon=":material/undo:", shortcut="Backspace", on_click=_undo,
            args=(user, run),
        )  # fmt: skip
        for label, move, key in (("Before", -1, "Left"), ("After", 1, "Right")):
            to = place + move
            st.button(
                label, key=f"review_groups.{label}", shortcut=key, disabled=not 0 <= to < total, on_click=url.put,
                kwargs={PLACE: to},
            )  # fmt: skip
        st.markdown(f":small[group **{place + 1:,}** of {total:,}]", width="content")
        if problem := st.session_state.pop(PROBLEM, ""):
            st.warning(plain(problem, 400))


def _answer(user: User, run: RunView, card: GroupCard, verdicts: dict[int, str]) -> None:
    seconds = time.monotonic() - st.session_state[SHOWN][2]
    try:
        groups.answer_group(user, review_deck.store(), run, card, verdicts, seconds=seconds)
        url.put(**{PLACE: None})
    except PMFError as error:
        st.session_state[PROBLEM] = str(error)
    st.session_state.pop(SHOWN)


def _undo(user: User, run: RunView) -> None:
    """Take the user's last verdict back; those of one group were saved at one moment, and go together."""
    store = review_deck.store()
    try:
        first = cards.undo(user, store, run)
        while first and (last := store.last(desk.fingerprint(run), user.name)) and _together(first, last):
            cards.undo(user, store, run)
        if first is None:
            st.session_state[PROBLEM] = "There is no verdict of yours left to take back."
    except PMFError as error:
        st.session_state[PROBLEM] = str(error)
    url.put(**{PLACE: None})
    st.session_state.pop(SHOWN, None)


def _together(first: Event, last: Event) -> bool:
    return first.order == last.order == groups.ORDER and first.other == last.other


@st.cache_resource(max_entries=8, show_spinner="Looking for conflicts …")
def _groups(folder: str, stamp: object, direction: str, _run: RunView) -> list[Group]:
    return groups.groups(_run, direction)
