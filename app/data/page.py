"""Data: what is in a data set, what is missing, what looks wrong, and who is in it."""

from __future__ import annotations

import streamlit as st

from app.data.services import mapping
from app.data.widgets.entity import attributes, card
from app.data.widgets.entity_browser import entity_browser
from app.data.widgets.mapping import files_and_columns
from app.data.widgets.neighbourhood import neighbours
from app.data.widgets.picker import head
from app.data.widgets.problem import data_problem
from app.data.widgets.report import report
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.data_loading import open_view
from pmf.errors import DataFormatError

TABS = {"report": "Report", "files": "Files and columns", "entities": "Entities"}


def show_entities(view: DataView) -> None:
    """The table beside the chosen entity, and what is around it below."""
    chosen = url.integer("entity", view.n)
    entity = view.example if chosen is None else chosen
    left, right = st.columns([5, 4], gap="medium")
    with left, boundary():
        entity_browser(view)
    with right, boundary():
        card(view, entity, role="an example; choose any other" if chosen is None else "chosen")
        attributes(view, entity)
    with boundary():
        st.header("Neighbourhood", anchor=False)
        neighbours(view, entity)


def show(view: DataView) -> None:
    default = "entities" if url.get("entity") else "report"
    mapped = mapping.look(folder)
    tabs = [name for name in TABS if mapped or name != "files"]
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        tab = url.choose(
            st.segmented_control, "Show", tabs, "tab", default=default, format_func=TABS.get, required=True
        )
        url.link("train", "Train on this data set", {"data": url.get("data")}, icon=":material/model_training:")
    with boundary():
        if tab == "files" and mapped:
            files_and_columns(folder, mapped)
        else:
            {"report": report, "files": report, "entities": show_entities}[tab](view)


folder = head("Data", "What is in these two graphs, what is missing, and what looks wrong?")
try:
    view = open_view(folder)
except DataFormatError as error:
    data_problem(error)
    st.button("Read it again", icon=":material/refresh:")
    with boundary():
        if mapped := mapping.look(folder):
            st.header("Files and columns", anchor=False)
            files_and_columns(folder, mapped)
else:
    show(view)
