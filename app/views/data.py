"""Data: what is in a data set, what is missing, what looks wrong, and who is in it."""

from __future__ import annotations

import streamlit as st

from app.components import url
from app.components.boundary import boundary
from app.components.data_entity import attributes, card
from app.components.data_loading import open_view
from app.components.data_picker import head
from app.components.data_problem import data_problem
from app.components.data_report import report
from app.components.entity_browser import entity_browser
from app.components.neighbourhood import neighbours
from app.components.start_training import start_training
from app.services.data_view import DataView
from pmf.errors import DataFormatError

TABS = {"report": "Report", "entities": "Entities", "train": "Train"}


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
        st.subheader("Neighbourhood", anchor=False)
        neighbours(view, entity)


def show(view: DataView) -> None:
    default = "entities" if url.get("entity") else "report"
    tab = url.choose(
        st.segmented_control, "Show", list(TABS), "tab", default=default, format_func=TABS.get, required=True
    )
    with boundary():
        {"report": report, "entities": show_entities, "train": start_training}[tab](view)


folder = head("Data", "What is in these two graphs, what is missing, and what looks wrong?")
try:
    view = open_view(folder)
except DataFormatError as error:
    data_problem(error)
    st.button("Read it again", icon=":material/refresh:")
else:
    show(view)
