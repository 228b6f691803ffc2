"""Pictured examples of each cause; a click opens one as a card."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.text import plain, short
from app.slices.services import errors as failures
from app.slices.services.examples import A_CAUSE, examples
from pmf.data.notes import counted
from pmf.failures.causes import CAUSES


def cause_examples(run: RunView, data: Dataset, wrong: pd.DataFrame) -> None:
    """Every cause of some errors: what it says, and up to three of its errors."""
    st.header("Examples by cause", anchor=False)
    for cause, queries in examples(run, data, wrong).items():
        errors = counted(int((wrong["cause"] == cause).sum()), "error")
        st.markdown(f"**{failures.title(cause)}**, {errors}: {plain(CAUSES[cause].sentence, 400)}")
        for column, query in zip(st.columns(A_CAUSE), queries, strict=False):
            with column.container(border=True, height="stretch"):
                _example(run, data, query, int(wrong.loc[query, "truth"]))


def _example(run: RunView, data: Dataset, query: int, truth: int) -> None:
    prediction = int(run.best[query])
    shown = [("Asked for", query), ("● Truth", truth), *([("✕ Prediction", prediction)] if prediction >= 0 else [])]
    for column, (role, entity) in zip(st.columns(3, gap="small"), shown, strict=False):
        with column:
            st.caption(role)
            if data.has_pictures:
                picture.show(run, data, entity, square=True)
            st.text(short(run.labels[entity], 60))
    st.button(
        "Open",
        icon=":material/open_in_full:",
        key=f"failures.example.{query}",
        on_click=url.put,
        kwargs={"pair": query},
        type="tertiary",
    )
