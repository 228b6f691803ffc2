"""Work that a page needs and nobody has done yet: the button that starts it, then how far it is."""

from __future__ import annotations

import streamlit as st

from app.shared.services import background as service
from app.shared.services import catalog
from app.shared.services.access import Role
from app.shared.services.background import Task
from app.shared.services.run_view import RunView
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain
from app.shared.widgets.user import current

EVERY = "1s"


def background(run: RunView, task: Task, *, label: str, why: str) -> None:
    """Offer a task, or follow it while it goes on; the page is drawn anew with each file that it finishes.

    Args:
        run: the run to work on.
        task: its name.
        label: of the button.
        why: one sentence: what it gives, and about how long it takes.
    """
    if run.stamp not in (None, catalog.stamp(run.reader.folder)):
        st.rerun()  # it was done between opening the run and drawing this
    with st.container(border=True):
        if service.state(run, task).state == "running":
            seen = catalog.stamp(run.reader.folder)
            st.fragment(_follow, run_every=EVERY)(run, task, seen)
        else:
            _offer(run, task, label, why)


def _offer(run: RunView, task: Task, label: str, why: str) -> None:
    work = service.state(run, task)
    if work.state == "failed":
        st.error(f"It did not work: {plain(work.error, 400)}", icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{'Cancelled. ' if work.state == 'cancelled' else ''}{why}", width="content")
        if current().role < Role.ADMIN:
            st.caption("An admin can start it.", width="content")
            return
        if not st.button(label, icon=":material/play_arrow:", key=f"background.start.{task}"):
            return
    with st.spinner("Starting …"), boundary():
        service.start(current(), run, task)
        st.rerun()


def _follow(run: RunView, task: Task, seen: object) -> None:
    work = service.state(run, task)
    if work.state != "running" or catalog.stamp(run.reader.folder) != seen:
        st.rerun()
    step = f" · step {work.done + 1} of {work.total}" if 0 < work.total > work.done else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(work.share, text=f"{plain(work.label or 'Starting')} …{step}")
        if current().role < Role.ADMIN:
            return
        if st.button("Cancel", icon=":material/close:", key=f"background.cancel.{task}"):
            with boundary():
                service.cancel(current(), run, task)
                st.toast("Cancelling: it ends after the step it is in.", icon=":material/close:")
