"""One error in full: what was asked, the truth and the prediction, why, when it began, and what would repair it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.failures.services import path as failure_path
from app.failures.widgets.causes import about
from app.failures.widgets.neighbours import unmatched_neighbours
from app.shared.services.dataset import Dataset
from app.shared.services.headline import undecoded
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.entity_card import card
from app.shared.widgets.pair_evidence import evidence
from app.shared.widgets.pair_reasons import reasons
from app.shared.widgets.pair_step import step
from app.shared.widgets.pair_verdict import role, verdict
from app.shared.widgets.text import plain, short
from app.slices.figures import causes as figures
from app.slices.services import repair as failure_repair
from app.slices.services.errors import Ids
from pmf.failures.causes import CAUSES
from pmf.failures.path import path
from pmf.failures.repair import smallest_change


def failure_card(run: RunView, data: Dataset, ids: Ids, query: int, other: int) -> None:
    """Draw the card.

    Args:
        run: a run with failures.
        data: its data.
        ids: the errors that one steps through.
        query: the entity asked for.
        other: the candidate beside it.
    """
    steps, buttons = st.columns([5, 6], vertical_alignment="center")
    with steps:
        step(ids, query)
    with buttons, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.button("All errors", icon=":material/list:", on_click=url.put, kwargs={"pair": None})
        for page, icon in (("matches", ":material/compare_arrows:"), ("review", ":material/fact_check:")):
            url.link(page, page.title(), {"pair": f"{query}-{other}"}, icon=icon)
    verdict(run, query)
    truth = int(run.partner[query])
    shown = dict.fromkeys(entity for entity in (query, truth, other) if entity >= 0)
    for column, entity in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            card(run, data, entity, role=role(run, query, entity), height="stretch")
    if query not in run.failures.index:
        st.info("Only wrong test queries have causes; this is not a test query.")
        return
    row = run.failures.loc[query]
    left, right = st.columns(2, gap="medium")
    with left, boundary():
        evidence(run, query, other)
    with right:
        if row["right"]:
            st.success("Nothing to repair: the truth comes first.", icon=":material/check:")
            return
        _why(run, row)
        with boundary():
            unmatched_neighbours(run, data, query, truth)
        with boundary():
            _repair(run, row)
        with boundary():
            _weights(run, row)
        with boundary():
            _path(run, row)


def both_reasons(run: RunView, data: Dataset, query: int, other: int) -> None:
    """What rules say of a query with the candidate beside it, and with the truth where that is another."""
    if data.problem:
        return
    truth = int(run.partner[query])
    titles = {other: "Reasons, with the candidate"} | ({truth: "Reasons, with the truth"} if truth >= 0 else {})
    for entity, heading in titles.items():
        if entity >= 0:
            with boundary():
                reasons(run, data, *sorted((query, entity)), heading=heading)


def _why(run: RunView, row: pd.Series) -> None:
    st.header("Why", anchor=False)
    about(run, row["cause"])
    also = [CAUSES[cause].title for cause in row["causes"] if cause != row["cause"]]
    if also:
        st.caption(f"Other rules that hold: {'; '.join(map(plain, also))}.")


def _repair(run: RunView, row: pd.Series) -> None:
    st.header("How to repair", anchor=False)
    if words := failure_repair.repairs(run, run.failures.loc[[row["query"]]]).iloc[0]:
        st.markdown(f"**{plain(words).capitalize()}** the truth comes first, as the run ranks.")
    elif failure_repair.known(run):
        st.markdown("No single modality, left out or not frozen, lets the truth come first as the run ranks.")


def _weights(run: RunView, row: pd.Series) -> None:
    """What other weights would do, which the run's own ranking may undo: so it is no repair."""
    st.header("Other weights", anchor=False)
    scope = str(run.failures.attrs["scope"])
    change = smallest_change(run.reader, int(row["query"]), int(row["truth"]), scope=scope)
    st.markdown(f"For this query alone, {undecoded(run)}: {failure_repair.in_words(change)}")
    weights = failure_repair.weights(change)
    if change.rank <= 1 or weights.empty:
        return
    chart(
        figures.weights(weights),
        alt="Bars: factor of each modality as it is, and after the smallest change that lets the truth win",
        reading="of all weightings in which the truth comes first, the one nearest to how things are (factor 1); 0 = "
        f"left out. For this query alone, {undecoded(run)}.",
        key="failures.weights",
        data=weights,
    )


def _rivals(run: RunView, rivals: pd.DataFrame) -> str:
    """Who the rivals over the epochs were, each once."""
    names = [short(run.labels[rival], 30) for rival in dict.fromkeys(rivals["rival"].tolist())]
    return plain(", ".join(names), 200)


def _path(run: RunView, row: pd.Series) -> None:
    st.header("Over the epochs", anchor=False)
    frozen = failure_path.frozen(run, int(row["query"]), int(row["truth"]))
    steps = path(run.reader, int(row["query"]))
    if steps is None:
        st.caption("For earlier epochs this run kept only a sample of entities, without this pair.")
    else:
        st.markdown(plain(failure_path.turning_point(steps, frozen), 400))
        chart(
            figures.path(steps, frozen),
            alt="Rank of the truth over the kept epochs, and the similarity to the truth and to its best rival then",
            reading=f"● = the truth came first then, ✕ = it did not; by plain similarity among "
            f"{steps['candidates'].iloc[0]:,} candidates"
            + (" kept at these epochs, so better than among all" if "sampled" in steps.attrs else "")
            + f". Its rivals: {_rivals(run, steps)}. ❄ = epoch in which a feature of query or truth froze.",
            key="failures.path",
            data=steps.assign(rival=run.labels[steps["rival"]]),
        )
    epochs = "; ".join(f"{plain(name)} in epoch {epoch}" for name, epoch in frozen.items())
    st.caption(f"Froze: {epochs}." if epochs else "No feature of the query or the truth froze.")
    url.link("freezing", "Relevance over the epochs", {"entity": row["query"]}, icon=":material/ac_unit:")
