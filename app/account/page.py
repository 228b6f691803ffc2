"""Account: who you are here, and what that lets you do."""

from __future__ import annotations

import streamlit as st

from app.shared.services.access import Role
from app.shared.widgets import remembered, user
from app.shared.widgets.sign_in import sign_out_button
from app.shared.widgets.text import plain

FIELD, TINT = "account.name", "account.colour"
MAY = {
    Role.VIEWER: "look at every run and data set",
    Role.ANNOTATOR: "give verdicts in Review",
    Role.ADMIN: "train, upload, import, delete, and change settings",
}

visitor = user.current()
st.title("Account", anchor=False)
st.caption("Who are you here, and what may you do?")
if user.sign_in_settings() is None:
    st.session_state[FIELD] = visitor.name  # as it was understood
    st.text_input(
        "Your name",
        key=FIELD,
        max_chars=user.LONGEST,
        width=360,
        on_change=lambda: user.rename(st.session_state[FIELD]),
        help="Stands beside your verdicts. This browser remembers it.",
    )
    st.caption("There is no sign-in here: whoever can open this app may do everything.")
else:
    st.markdown(f"You are signed in as **{plain(visitor.name)}**, with the role **{visitor.role.name.lower()}**.")
    for role, what in MAY.items():
        icon = ":green[:material/check:]" if visitor.role >= role else ":gray[:material/block:]"
        st.markdown(f"{icon} {what}")
    sign_out_button()
st.session_state[TINT] = user.colour()
st.segmented_control(
    "Your colour",
    user.COLOURS,
    key=TINT,
    format_func=lambda name: f":{name}-badge[{name}]",
    required=True,
    on_change=lambda: remembered.remember(user.COLOUR, st.session_state[TINT]),
    help="Marks what is yours among the notes on slices. This browser remembers it; no address has it.",
)
st.markdown(f"Your notes are signed {user.signed(user.current().name)}.")
