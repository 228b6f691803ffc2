"""One's own verdicts: found again, opened, taken back or changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.review.services import history
from app.review.services.consensus import ids
from app.shared.services.access import User
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import plain
from app.store import VERDICTS, Event, shared_store
from pmf.data.notes import counted
from pmf.errors import PMFError

TEXT, KINDS, SAID, TO = (f"review_history.{name}" for name in ("text", "kinds", "said", "to"))


def review_history(user: User, run: RunView) -> None:
    """The list, with a filter; what is chosen in it, or all that passes, can be taken back or changed."""
    store = shared_store()
    events = history.mine(user, store, run)
    if message := st.session_state.pop(SAID, ""):
        st.info(plain(message, 400))
    if not events:
        st.info("You have no verdicts on this data yet.")
        return
    left, right = st.columns([2, 3])
    text = left.text_input("Name or reason", key=TEXT)
    kinds = right.pills("Verdict", list(VERDICTS), selection_mode="multi", key=KINDS)
    rows = history.listed(run, events)
    kept = history.matching(rows, text, kinds)
    shown = table(
        rows.iloc[kept], name="own_verdicts", alt="Your verdicts, newest first", on_select="rerun",
        selection_mode="multi-row", height=420,
    )  # fmt: skip
    picked = [events[kept[row]] for row in shown.selection.rows]
    chosen = picked or [events[row] for row in kept]
    _actions(user, run, chosen, whole=not picked)


def _actions(user: User, run: RunView, chosen: Sequence[Event], *, whole: bool) -> None:
    what = f"all {len(chosen):,} listed" if whole else f"the {len(chosen):,} chosen"
    why = None if chosen else "Tick verdicts in the table first."
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = ids(run).get((chosen[0].side, chosen[0].query)) if len(chosen) == 1 else None
        if query is not None:
            url.link("review", "Open this card", {"pair": query}, icon=":material/fact_check:")
        store = shared_store()
        with st.popover(f"Take back {what}", icon=":material/undo:", disabled=not chosen, help=why):
            st.markdown(f"{counted(len(chosen), 'verdict')} will no longer count. Each can be given again.")
            st.button(
                "Take them back", key="review_history.undo", type="primary", on_click=_do,
                args=(lambda: f"{counted(history.take_back_many(user, store, run, chosen), 'verdict')} taken back.",),
            )  # fmt: skip
        with st.popover(f"Change {what}", icon=":material/edit:", disabled=not chosen, help=why):
            to = st.selectbox("To", history.CHANGES, key=TO)
            st.button(
                "Change them", key="review_history.change", type="primary", on_click=_do,
                args=(lambda: f"{counted(history.change_many(user, store, run, chosen, to), 'verdict')} changed.",),
            )  # fmt: skip


def _do(change: Callable[[], str]) -> None:
    try:
        st.session_state[SAID] = change()
    except PMFError as error:
        st.session_state[SAID] = str(error)
