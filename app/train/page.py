"""Train: choose what to learn, start it, and watch features freeze."""

from __future__ import annotations

import streamlit as st

from app.shared.services import data_sets
from app.shared.services import trainings as training
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.data_loading import open_view
from app.shared.widgets.text import short
from app.train.widgets.form import train_form
from app.train.widgets.queue import queue
from app.train.widgets.start import details, train_start
from app.train.widgets.watch import watch
from pmf.data.notes import counted

TABS = {"new": "New training", "watch": "Watch"}


def pick_data() -> str:
    names = data_sets.known()
    given = url.get("data")
    names = names if given is None or given in names else [*names, given]
    return url.choose(
        st.selectbox,
        "Data set",
        names,
        "data",
        default=data_sets.DEMO,
        format_func=lambda name: "atlas (bundled)" if name == data_sets.DEMO else short(name, 90),
        help="Open the Data page to look at a data set or add one.",
    )


def show_new() -> None:
    running = [job.run_id for job in training.jobs() if job.state == "running"]
    with right:
        data = pick_data()
    if running:
        url.link(
            "train", f"Watch what is running: {counted(len(running), 'training')}", {"run": running[0], "tab": "watch"}
        )
    view = open_view(data_sets.locate(data))
    top = st.container()
    draft = train_form(view, data)
    details(data, draft)
    with top:
        train_start(view, data, draft)


def show_watch() -> None:
    jobs = training.jobs()
    chosen = url.get("run") or next((job.run_id for job in jobs[::-1] if job.state == "running"), None)
    chosen = chosen or (jobs[-1].run_id if jobs else None)
    with boundary():
        if chosen is None:
            st.info("You have not trained anything yet: choose what to train under New training.")
        else:
            watch(chosen)
    queue()


left, middle, right = st.columns([4, 3, 3], vertical_alignment="bottom")
left.title("Train", anchor=False)
left.caption("Choose what to train, and watch features freeze.")
with middle:
    default = "watch" if url.get("run") else "new"
    tab = url.choose(
        st.segmented_control, "Show", list(TABS), "tab", default=default, format_func=TABS.get, required=True
    )
with boundary():
    {"new": show_new, "watch": show_watch}[tab]()
