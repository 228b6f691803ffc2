"""How queries turn right or wrong from run to run, with links to the pages that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app.compare.figures import compare as figures
from app.compare.services import runs as compare
from app.compare.services.runs import NAMES, Common
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from app.slices.widgets.actions import slice_actions

SAID = {
    "fixed": "✕ → ● fixed",
    "broken": "● → ✕ broken",
    "wrong": "✕ → ✕ wrong in both",
    "right": "● → ● right in both",
}


def drawing(both: Common, titles: Mapping[str, str]) -> None:
    """The bands."""
    data = pd.DataFrame(both.found.T, columns=list(titles)).value_counts().rename("queries").reset_index()
    chart(
        figures.flows(both.found, list(titles.values())),
        alt="; ".join(f"{run}: {hits.sum():,} right" for run, hits in zip(titles, both.found, strict=True)),
        reading="from left to right, queries that a run found (●) or missed (✕); the bands between "
        "show how many changed.",
        key="compare.flows",
        data=data,
    )


def chosen_flow(runs: Sequence[RunView], both: Common, direction: str) -> None:
    """One kind of query, listed, and opened elsewhere."""
    st.header("Changed queries", anchor=False)
    letters = dict(zip(NAMES, runs, strict=False))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        others = list(letters)[1:]
        to = "B" if len(others) == 1 else _letter("From A to", others, "to", "B")
        flows = compare.flow(both, 0, NAMES.index(to))
        kind = url.choose(
            st.segmented_control,
            "Outcome",
            list(SAID),
            "flow",
            default="broken" if len(flows["broken"]) >= len(flows["fixed"]) else "fixed",
            format_func=lambda name: f"{SAID[name]}  {len(flows[name]):,}",
            required=True,
        )
        inside = _letter("Open in", ["A", to], "in", to)
    queries = flows[kind]
    if not len(queries):
        st.caption(f"No query is {compare.FLOWS[kind]}.")
        return
    url.put(run=letters[inside].run_id)  # the pages that are opened show this one
    title = f"{compare.FLOWS[kind]}: {short(runs[0].run_id, 30)} → {short(letters[to].run_id, 30)}"
    slice_actions(letters[inside], entities=queries.tolist(), title=title, key="compare.slice", direction=direction)
    _listed(letters, to, queries, inside, direction, key=f"compare_flow.{letters[to].run_id}.{kind}.{direction}")


def _letter(label: str, options: list[str], name: str, default: str) -> str:
    return url.choose(st.segmented_control, label, options, name, default=default, required=True)


def _listed(
    letters: Mapping[str, RunView], to: str, queries: compare.Ids, inside: str, direction: str, *, key: str
) -> None:
    rows = compare.flow_table(letters["A"], letters[to], queries, direction)
    named = {name: name.replace("before", "of A").replace("after", f"of {to}") for name in rows}
    state = table(
        rows.rename(columns=named),
        name="compare_flow",
        key=key,  # one a list, as a tick in one says nothing of the next
        alt="The chosen queries with counterpart, prediction and rank in both runs",
        on_select="rerun",
        selection_mode="single-row",
        column_config={name: st.column_config.NumberColumn(format="%g") for name in named.values() if "Rank" in name},
        height=320,
    )
    picked = state["selection"]["rows"]
    if picked and picked[0] < len(queries):
        parameters = {"run": letters[inside].run_id, "pair": queries[picked[0]], "direction": direction}
        url.link("matches", f"Open the chosen query in {plain(inside)}", parameters, icon=":material/compare_arrows:")
    else:
        st.caption("Tick a row to open its match.")
