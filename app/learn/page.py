"""Learn: the method in six short steps, on the run that comes with the app."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.learn.services import lesson as learn
from app.learn.services import live_lesson
from app.learn.services.packed import all_pictures, packed
from app.learn.widgets.live import live_training
from app.learn.widgets.stage import send_pictures, show_lesson
from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json
from app.shared.services.run_view import RunView
from app.shared.widgets import loading
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain


@st.cache_resource(show_spinner=False)
def swept() -> None:
    """Once each time the app starts: what earlier lessons have left."""
    live_lesson.sweep()


@st.cache_resource(max_entries=1, show_spinner="Packing the lesson …")
def lesson(folders: tuple[str, ...], stamps: object, _run: RunView, _beside: RunView | None, _data: Dataset) -> Json:
    return packed(_run, _beside, _data)


@st.cache_resource(max_entries=1, show_spinner=False)
def pictures(folder: str, stamp: object, _run: RunView, _data: Dataset) -> dict[str, str]:
    return all_pictures(_run, _data)


def show(folder: Path) -> None:
    run = loading.open_run(folder)
    beside_folder = learn.bundled_beside()
    beside = loading.open_run(beside_folder) if beside_folder else None
    data = loading.open_data(run)
    if data.problem:
        st.warning(plain(data.problem, 400), icon=":material/info:")
    runs = (run, beside) if beside else (run,)
    folders = tuple(str(one.reader.folder) for one in runs)
    show_lesson(lesson(folders, tuple(catalog.stamp(one.reader.folder) for one in runs), run, beside, data))
    live_training(run, data)
    send_pictures(pictures(str(folder), catalog.stamp(folder), run, data))


with boundary():
    swept()
with boundary():
    if bundled := learn.bundled():
        show(bundled)
    else:
        st.title("Learn", anchor=False)
        st.info("The lesson needs the run that comes with the app, and it is not there: assets/runs is empty.")
