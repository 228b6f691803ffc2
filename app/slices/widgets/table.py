"""Every slice of a run with its figures, first those on which it does worse than on the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.services import catalog
from app.shared.services.headline import DIRECTIONS, ranked_alone
from app.shared.services.run_view import RunView
from app.shared.widgets.boundary import boundary
from app.shared.widgets.table import table
from app.shared.widgets.text import short
from app.slices.services import kept as saved_slices
from app.slices.services import measure as slice_figures
from app.slices.services import notes as slice_notes
from app.slices.services import search as slice_search
from app.slices.services.search import LEVEL, SMALLEST, Search
from app.slices.widgets.panel import slice_panel

RANGE = "95 % interval"
COLUMNS = {
    **dict.fromkeys(("Hits@1", "Wrong here", "Wrong elsewhere"), st.column_config.NumberColumn(format="%.1f %%")),
    "MRR": st.column_config.NumberColumn(format="%.3f"),
    "Excess errors": st.column_config.NumberColumn(
        format="%.0f", help="Beyond those it would have at the rate of all other queries"
    ),
    "Slice": st.column_config.TextColumn(width="large"),
}


def worse_slices(run: RunView, direction: str) -> Search:
    """See `app.slices.services.search.search`."""
    return _search(str(run.reader.folder), catalog.stamp(run.reader.folder), direction, run)


def slice_table(run: RunView, direction: str) -> None:
    """The slices that do worse, then all of them; a ticked row shows what can be done with the slice.

    Args:
        run: a run with predictions.
        direction: from which graph is asked.
    """
    st.caption("Tick a row to look at its queries, combine it with another slice, or note something on it.")
    st.header("Weakest slices", anchor=False)
    with boundary():
        _worse(run, direction)
    st.header("All slices", anchor=False)
    with boundary():
        _all(run, direction)


def _worse(run: RunView, direction: str) -> None:
    search = worse_slices(run, direction)
    st.markdown(
        f"**{len(search.found):,}** of **{search.looked:,}** slices that were looked at: relation triples, type, "
        "language, frozen and missing features, and what every two of them have in common."
    )
    if search.found:
        rows = pd.DataFrame(
            {
                "Slice": [short(part.title, 120) for part in search.found],
                "Queries": [part.size for part in search.found],
                "Wrong here": [100 * part.wrong / part.size for part in search.found],
                "Wrong elsewhere": [100 * part.rest_wrong for part in search.found],
                "Excess errors": [part.excess for part in search.found],
                "p, corrected": [f"{part.p:.3f}" if part.p >= 0.001 else "< 0.001" for part in search.found],
            }
        )
        if any(part.alike for part in search.found):
            rows["Nearly the same"] = [short("; ".join(part.alike), 120) for part in search.found]
        names = [part.name for part in search.found]
        _pick(
            run,
            direction,
            rows,
            names,
            f"worse_slices_{run.run_id}_{direction}",
            lambda: _whole(search),
            "Slices that do worse than the rest",
        )
    st.caption(
        f"{DIRECTIONS[direction].capitalize()}; {search.wrong:,} of {search.size:,} test queries are wrong. Slices "
        f"with at least {SMALLEST} test queries; one-sided Fisher's exact test against all other test queries, and for "
        f"two slices together against the rest of either; p below {LEVEL} after Holm's correction for all "
        f"{search.looked:,} looks. Causes are left out, because being wrong is what defines them."
    )


def _all(run: RunView, direction: str) -> None:
    kept = tuple(saved_slices.titles(run))
    figures = _figures(str(run.reader.folder), catalog.stamp(run.reader.folder), direction, kept, run)
    notes = slice_notes.latest_notes(run)
    last = [notes.get(name, "") for name in figures["slice"]]
    rows = pd.DataFrame(
        {
            "Slice": [short(title, 120) for title in figures["title"]],
            "Queries": figures["queries"],
            "Wrong": figures["wrong"],
            "Hits@1": 100 * figures["hits_at_1"],
            f"Hits@1, {RANGE}": _interval(100 * figures["hits_low"], 100 * figures["hits_high"], 1),
            "MRR": figures["mrr"],
            f"MRR, {RANGE}": _interval(figures["mrr_low"], figures["mrr_high"], 3),
            "Last note": [short(note, 120) for note in last],
        }
    )
    whole = figures.assign(direction=direction, last_note=last)
    _pick(
        run,
        direction,
        rows,
        figures["slice"].tolist(),
        f"slices_{run.run_id}_{direction}",
        lambda: whole,
        "All slices of the run with their figures",
    )
    st.caption(f"{DIRECTIONS[direction].capitalize()}. {slice_figures.SCOPE} {ranked_alone(run, direction)}")


def _pick(
    run: RunView,
    direction: str,
    rows: pd.DataFrame,
    names: Sequence[str],
    file: str,
    whole: Callable[[], pd.DataFrame],
    alt: str,
) -> None:
    """A table of slices, and below it the one whose row is ticked."""
    state: Any = table(
        rows,
        name=file,
        alt=alt,
        whole=whole,
        column_config=COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
    )
    ticked = state["selection"]["rows"]
    if ticked and ticked[0] < len(names):
        with boundary():
            slice_panel(run, names[ticked[0]], direction, key=f"{file}.panel")


def _interval(low: pd.Series, high: pd.Series, digits: int) -> list[str]:
    return [f"{a:.{digits}f} – {b:.{digits}f}" for a, b in zip(low, high, strict=True)]


def _whole(search: Search) -> pd.DataFrame:
    rows = ({**dataclasses.asdict(part), "alike": "; ".join(part.alike)} for part in search.found)
    return pd.DataFrame(rows).assign(looked=search.looked)


@st.cache_resource(max_entries=16, show_spinner="Looking for slices that do worse …")
def _search(folder: str, stamp: object, direction: str, _run: RunView) -> Search:
    return slice_search.search(_run, direction)


@st.cache_resource(max_entries=16, show_spinner="Measuring every slice …")
def _figures(folder: str, stamp: object, direction: str, kept: tuple[str, ...], _run: RunView) -> pd.DataFrame:
    return slice_figures.table(_run, direction)
