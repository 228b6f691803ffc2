"""Why queries are wrong: how many by which cause, and in which parts of the data; a click makes either a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain
from app.slices.figures import causes as figures
from app.slices.services import errors as failures
from app.slices.services import names as slices
from pmf.data.notes import counted
from pmf.failures.causes import CAUSES


def causes(wrong: pd.DataFrame, parts: Sequence[str], chosen: str) -> None:
    """The bars; a click on one asks for its errors alone, a second click for all again.

    Args:
        wrong: errors, see `app.slices.services.errors.errors`.
        parts: names of the slices that these are in.
        chosen: the cause that is asked for, "" for none.
    """
    key = f"failures.causes.{slices.combine([*parts, chosen])}"

    def open_cause() -> None:
        cause = _clicked(key)
        if cause is not None:
            url.put(slice=slices.combine([*parts, *([] if cause == chosen else [f"cause:{cause}"])]) or None)

    rows = failures.causes(wrong)
    chart(
        figures.causes(rows, chosen),
        alt=f"Bars: how many of {counted(len(wrong), 'error')} have which primary cause",
        reading="each error counts once, under the first rule that holds for it; the parts of a bar are the modality "
        "that it is about. Click a bar for its errors alone, again for all.",
        key=key,
        data=rows,
        on_select=open_cause,
        selection_mode="points",
    )


def breakdown(run: RunView, table: pd.DataFrame, parts: Sequence[str]) -> None:
    """The matrix of causes and groups; a click on a square opens what both have in common.

    Args:
        run: the run.
        table: see `app.slices.services.errors.asked`.
        parts: names of the slices that its queries are in.
    """
    kinds = failures.kinds(run)
    kind = url.choose(
        st.segmented_control, "Errors by", list(kinds), "by", default="degree", format_func=kinds.get, required=True
    )
    rows = failures.breakdown(run, table, kind)
    if rows.empty:
        st.caption("None of the errors lies in any of these parts.")
        return
    key = f"failures.breakdown.{kind}.{slices.combine(parts)}"

    def open_square() -> None:
        clicked = _clicked(key)
        if clicked is not None:
            url.put(slice=slices.combine([*parts, str(clicked[0]), f"cause:{clicked[1]}"]))

    all_groups = failures.groups(run, kind)
    few = len(all_groups) > failures.MOST_GROUPS
    titles = list(dict.fromkeys(failures.causes(failures.errors(table))["title"]))
    chart(
        figures.breakdown(rows, titles, f"Causes by {kinds[kind].lower()}"),
        alt=f"Matrix of squares: errors by primary cause and {kinds[kind].lower()}",
        reading="the number is errors, the square grows with their share of all queries of that part. Click one for "
        "its errors alone." + (f" Of {len(all_groups)} parts, those with the most errors." if few else ""),
        key=key,
        data=rows,
        on_select=open_square,
        selection_mode="points",
    )


def legend(run: RunView) -> None:
    """Every cause with its rule, and which rules were left out, behind a button."""
    with st.popover("Cause definitions", icon=":material/help:"):
        for cause in CAUSES:
            about(run, cause)
        for note in run.failures.attrs["notes"]:
            st.info(plain(note, 400))


def about(run: RunView, cause: str) -> None:
    """A cause in words, with its rule, and how often that holds in the run."""
    st.markdown(f"**{failures.title(cause)}**: {plain(CAUSES[cause].sentence, 400)}")
    st.caption(f"The rule: {plain(CAUSES[cause].rule, 400)} {failures.held(run, cause)}")


def _clicked(key: str) -> Any:
    points = st.session_state[key]["selection"]["points"]
    return points[0].get("customdata") if points else None
