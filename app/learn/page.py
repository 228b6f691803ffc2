"""Learn: the method in six short steps, on the run that comes with the app."""

from __future__ import annotations

import streamlit as st

from app.learn.services import lesson as learn
from app.learn.services import live_lesson
from app.learn.services.lesson import Around
from app.learn.widgets import frame as learn_frame
from app.learn.widgets.fusion import fusion
from app.learn.widgets.graphs import graphs
from app.learn.widgets.play import play
from app.learn.widgets.result import result
from app.learn.widgets.senses import senses
from app.learn.widgets.threshold import threshold
from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import loading
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import plain


@st.cache_resource(show_spinner=False)
def swept() -> None:
    """Once each time the app starts: what earlier lessons have left."""
    live_lesson.sweep()


@st.cache_resource(max_entries=1, show_spinner=False)
def example(folder: str, stamp: object, _run: RunView, _data: Dataset) -> Around:
    return learn.example(_run, _data)


def show(step: int) -> None:
    folder = learn.bundled()
    if folder is None:
        st.info("The lesson needs the run that comes with the app, and it is not there: assets/runs is empty.")
        return
    run = loading.open_run(folder)
    data = loading.open_data(run)
    if data.problem:
        st.warning(plain(data.problem, 400), icon=":material/info:")
    if step <= 3:
        pair = example(str(folder), catalog.stamp(folder), run, data)
    match step:
        case 1:
            graphs(run, pair)
        case 2:
            senses(run, data, pair)
        case 3:
            threshold(run, data, pair)
        case 4:
            play(run, data)
        case 5:
            fusion(run, data)
        case _:
            result(run, data)


step = learn_frame.head()
with boundary():
    swept()
with boundary():
    show(step)
