"""Learn: the method in six short steps, on the run that comes with the app."""

from __future__ import annotations

import streamlit as st

from app.components import learn_frame, loading
from app.components.boundary import boundary
from app.components.learn_fusion import fusion
from app.components.learn_graphs import graphs
from app.components.learn_play import play
from app.components.learn_result import result
from app.components.learn_senses import senses
from app.components.learn_threshold import threshold
from app.services import catalog, learn
from app.services.dataset import Dataset
from app.services.learn import Around
from app.services.run_view import RunView


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
        st.warning(data.problem, icon=":material/info:")
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
    show(step)
