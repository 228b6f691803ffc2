"""New entities in the data: what has changed, and the button that matches what is new."""

from __future__ import annotations

import streamlit as st

from app.review.services import updating
from app.shared.services import data_sets
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.text import plain, short
from app.store import shared_store
from pmf.errors import PMFError

DATA, LOOK, START, LINES = (f"new_entities.{name}" for name in ("data", "look", "start", "lines"))
SHOWN = 400


def new_entities(user: User, run: RunView) -> None:
    """Choose the data as they are now, read what is new, changed and gone, then match what is new."""
    st.subheader("New entities", anchor=False)
    if user.role < Role.ADMIN:
        st.caption("An admin can match new entities with this run.")
        return
    if reason := updating.obstacle(run):
        st.caption(plain(reason, SHOWN))
        return
    st.caption(
        "The data have grown? Add their new state on the *Data* page as a data set of its own and choose it here. What "
        "is new is matched by this run's model and becomes the queue of a new run; decisions stay, nothing is trained."
    )
    known = [name for name in data_sets.known() if str(data_sets.locate(name)) != run.reader.facts.data_path]
    data = st.selectbox("Data as they are now", known, format_func=lambda name: short(name, 90), key=DATA)
    if data is None:
        st.caption("There is no other data set yet.")
        return
    if st.button("Compare", icon=":material/difference:", key=LOOK):
        _compare(user, run, data)
    place, lines = st.session_state.get(LINES, ("", []))
    if place != _place(run, data):
        return
    st.markdown("\n".join(f"- {plain(line, SHOWN)}" for line in lines))
    if st.button("Match what is new", type="primary", icon=":material/add_link:", key=START):
        _update(user, run, data)


def _place(run: RunView, data: str) -> str:
    return f"{run.run_id}\x1f{data}"


def _compare(user: User, run: RunView, data: str) -> None:
    try:
        with st.spinner("Reading both …"):
            st.session_state[LINES] = _place(run, data), updating.changes(user, run, data)
    except PMFError as error:
        st.session_state.pop(LINES, None)
        st.error(plain(error, SHOWN))


def _update(user: User, run: RunView, data: str) -> None:
    try:
        with st.spinner("Embedding and ranking what is new …"):
            new = updating.update(user, shared_store(), run, data)
    except PMFError as error:
        st.error(plain(error, SHOWN))
        return
    st.session_state.pop(LINES)
    url.put(run=new, mode="pairs")
    st.rerun()
