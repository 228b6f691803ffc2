"""What people noted on a slice, and a field for another note."""

from __future__ import annotations

import streamlit as st

from app.shared.services.access import Role
from app.shared.services.run_view import RunView
from app.shared.widgets import user
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain, short
from app.slices.services import notes as services

LONGEST = 2000


def slice_notes(run: RunView, name: str, *, key: str) -> None:
    """The notes, oldest first, each with who wrote it, when, and on which run where that was another.

    Args:
        run: the run that is looked at.
        name: of the slice.
        key: of the widgets, unique on the page.
    """
    who = user.current()
    added = False
    if who.role >= Role.ANNOTATOR:
        with st.form(key, clear_on_submit=True, border=False):
            text = st.text_area("Add a note", max_chars=LONGEST, height=80, key=f"{key}.text", placeholder="Why so?")
            added = st.form_submit_button("Note it", icon=":material/sticky_note_2:", key=f"{key}.add")
    if added:
        with boundary():
            services.note(who, run, name, text)
            st.rerun()  # a table above may show it too
    entries = services.listing(run)
    notes = entries[(entries["kind"] == "note") & (entries["slice"] == name)]
    for note in notes.itertuples():
        where = "" if note.run_id == run.run_id else f" · on {plain(note.run_id, 60)}"
        st.caption(f"{user.signed(note.author)} · {note.time:%d %B %Y, %H:%M} UTC{where}")
        st.text("\n".join(short(line, LONGEST) for line in str(note.text).splitlines()))
