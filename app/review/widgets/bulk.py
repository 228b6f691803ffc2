"""Verdicts on many pairs at once: what they would be, the least sure of them in pictures, and one undo."""

from __future__ import annotations

import datetime

import numpy as np
import streamlit as st

from app.review.services import history
from app.review.services.desk import fingerprint
from app.review.services.queue import ReviewFilter, margins, ranked
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture
from app.shared.widgets.text import plain
from app.store import Event, shared_store
from pmf.data.notes import counted
from pmf.errors import PMFError

MARGIN, SEEN, SAID = (f"review_bulk.{name}" for name in ("margin", "seen", "said"))
PREVIEW = 6


def review_bulk(user: User, run: RunView, data: Dataset, wanted: ReviewFilter) -> None:
    """Choose a margin, look at the least sure pairs, confirm all."""
    store = shared_store()
    if message := st.session_state.pop(SAID, ""):
        st.info(plain(message, 400))
    _batches(user, run)
    lead = margins(ranked(run, wanted.direction))
    lead = lead[np.isfinite(lead)]
    if not len(lead):
        st.info("No query of this run has two candidates to tell apart, so no margin says how sure a match is.")
        return
    margin = st.slider(
        "Match all of this filter whose first candidate leads the second by at least", 0.0, float(lead.max()),
        float(np.quantile(lead, 0.9)), key=MARGIN, format="%.3f",
    )  # fmt: skip
    sure = history.sure(run, wanted, margin, store.judged(fingerprint(run), user.name))
    st.markdown(
        f"**{len(sure):,} {'query' if len(sure) == 1 else 'queries'}** of this filter, not judged by you yet. "
        "The least sure of them come first:"
    )
    for column, query in zip(st.columns(PREVIEW), sure[:PREVIEW].tolist(), strict=False):
        with column:
            source, target = sorted((query, int(run.best[query])))
            for entity in (source, target):
                picture.show(run, data, entity, square=True)
                st.caption(plain(run.labels[entity], 60))
    seen = st.checkbox("I have looked at these, and all of the others are at least as sure", key=SEEN)
    why = "Look at them, and tick the box first." if len(sure) else "None is left to match."
    st.button(
        f"Match all {len(sure):,}", key="review_bulk.go", type="primary", icon=":material/done_all:",
        disabled=not (seen and len(sure)), help=None if seen and len(sure) else why,
        on_click=_accept, args=(user, run, sure),
    )  # fmt: skip
    st.caption("Verdicts in bulk train, but they count neither for the audit nor for agreement: nobody looked at each.")


def _batches(user: User, run: RunView) -> None:
    """What was given at once before, each with its one undo."""
    for events in history.batches(user, shared_store(), run)[:3]:
        when = datetime.datetime.fromtimestamp(events[0].time).astimezone()
        st.button(
            f"Take back {counted(len(events), 'verdict')} “{events[0].verdict}” of {when:%d %B, %H:%M}",
            key=f"review_bulk.undo.{events[0].card}", icon=":material/undo:", on_click=_undo, args=(user, run, events),
        )  # fmt: skip


def _accept(user: User, run: RunView, queries: np.ndarray) -> None:
    try:
        number = history.accept_many(user, shared_store(), run, queries)
        st.session_state[SAID] = f"{number:,} {'match' if number == 1 else 'matches'} saved."
    except PMFError as error:
        st.session_state[SAID] = str(error)
    st.session_state[SEEN] = False


def _undo(user: User, run: RunView, events: list[Event]) -> None:
    try:
        number = history.take_back_many(user, shared_store(), run, events)
        st.session_state[SAID] = f"{counted(number, 'verdict')} taken back."
    except PMFError as error:
        st.session_state[SAID] = str(error)
