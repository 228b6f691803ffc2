"""The queue of trainings: what runs, what waits, what has ended, and what can be done about each."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import streamlit as st

from app.shared.services import trainings as training
from app.shared.services.access import Role, User
from app.shared.widgets import run_picker, url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain
from app.shared.widgets.user import current
from pmf.queue.job import RESUMABLE, Job
from pmf.queue.queue import MOST_SLOTS

STATES = run_picker.STATES | {"waiting": ("gray", ":material/schedule:"), "cancelled": ("gray", ":material/block:")}
EVERY = "2s"
SHOWN = 20


def state_badge(state: str) -> None:
    """One word on where a training stands."""
    colour, icon = STATES[state]
    st.badge(state, color=colour, icon=icon)


def controls(run_id: str, state: str, place: str) -> None:
    """The buttons that a training's state allows.

    Args:
        run_id: the training.
        state: where it stands.
        place: where on the page they are, part of their keys.
    """
    user = current()
    if user.role < Role.ADMIN:
        return
    if state == "waiting":
        _button("Cancel", ":material/close:", training.cancel, run_id, place)
    elif state == "running":
        _button("Stop", ":material/stop:", training.stop, run_id, place, "Finishes its epoch and saves.")
        with st.popover("Kill", icon=":material/skull:"):
            st.write("End the process at once? What it did since its last checkpoint is lost.")
            _button("Kill it", ":material/skull:", training.kill, run_id, place)
    elif state in RESUMABLE:
        about = "Goes on from its last checkpoint."
        _button("Resume", ":material/play_arrow:", training.resume, run_id, place, about)


def queue() -> None:
    """Every training that was started here, newest first, and how many may run at once."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.header("Queue", anchor=False)
    with right:
        _slots()
    st.fragment(_follow, run_every=EVERY)(_seen())
    jobs = training.jobs()[::-1]
    if not jobs:
        st.caption("You have not trained anything here yet.")
    for job in jobs[:SHOWN]:
        _row(job)
    if len(jobs) > SHOWN:
        st.caption(f"{len(jobs) - SHOWN} earlier ones are listed on Overview.")


def _follow(seen: list[tuple[str, str]]) -> None:
    """Draw the page anew once a training came, went or changed its state, from whichever tab."""
    with boundary():
        if _seen() != seen:
            st.rerun()


def _seen() -> list[tuple[str, str]]:
    return [(job.run_id, job.state) for job in training.jobs()]


def _row(job: Job) -> None:
    shown = job.run_id == url.get("run")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        state_badge(job.state)
        st.markdown(f"**{plain(job.name or job.run_id, 60)}**", width="content")
        by = f" · {plain(job.user, 40)}" if job.user else ""
        st.caption(f"{plain(job.data, 60)} · {plain(job.preset)}{by} · {_when(job)}", width="stretch")
        controls(job.run_id, job.state, "queue")
        st.button(
            "Watch",
            key=f"train_queue.watch.{job.run_id}",
            icon=":material/visibility:",
            on_click=url.put,
            kwargs={"run": job.run_id, "tab": "watch"},
            disabled=shown,
            help="It is the one shown." if shown else None,
        )


def _when(job: Job) -> str:
    for word, moment in (("ended", job.ended), ("started", job.started), ("submitted", job.submitted)):
        if moment:
            return f"{word} {datetime.datetime.fromtimestamp(moment).astimezone():%d %b %H:%M}"
    return ""


def _slots() -> None:
    key = "train_queue.slots"
    st.session_state[key] = training.slots()
    st.number_input(
        "At once",
        min_value=1,
        max_value=MOST_SLOTS,
        key=key,
        on_change=_set_slots,
        args=(key,),
        disabled=current().role < Role.ADMIN,
        help="How many trainings run at the same time; the others wait. They share this machine's cores.",
    )


def _set_slots(key: str) -> None:
    with boundary():
        training.set_slots(current(), int(st.session_state[key]))


def _button(
    label: str, icon: str, act: Callable[[User, str], None], run_id: str, place: str, about: str | None = None
) -> None:
    """A button that does something to a training and then shows where it stands."""
    if st.button(label, icon=icon, key=f"train_queue.{label}.{place}.{run_id}", help=about):
        with boundary():
            act(current(), run_id)
            st.rerun()
