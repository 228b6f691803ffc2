"""Why a pair has its score: modality by modality, and candidate by candidate."""

from __future__ import annotations

import streamlit as st

from app.components import url
from app.components.chart import chart
from app.components.table import table
from app.figures import evidence as figures
from app.services import matches
from app.services.run_view import RunView


def evidence(run: RunView, query: int, other: int) -> None:
    """Bars per modality of the shown pair, beside the true pair where that is another one."""
    found = matches.verdict(run, query)
    truth = found.truth if found else int(run.partner[query])
    best = found.best if found else -1
    name = "true pair" if other == truth else "prediction" if other == best else "shown pair"
    pairs = {name: other}
    if truth not in (-1, other):
        pairs["true pair"] = truth
    elif best not in (-1, other):
        pairs["prediction"] = best
    rows = matches.evidence(run, query, pairs)
    chart(
        figures.shares(rows),
        alt="Bars: what each modality gives to the similarity of "
        + " and of the ".join(["the " + next(iter(pairs)), *list(pairs)[1:]]),
        reading="the bars of one pair sum to its similarity; a frozen or missing modality gives nothing. "
        "Where the true pair's bar is shorter, that modality misled the match.",
        key="matches.evidence",
    )
    sums = rows.groupby("pair", sort=False)["share"].sum()
    st.caption("Similarity: " + " · ".join(f"{pair} {value:.3f}" for pair, value in sums.items()))


def candidate_table(run: RunView, query: int) -> None:
    """The top candidates with what each modality gave; choosing a row shows that pair."""
    rows = matches.candidates(run, query)
    marked = rows["truth"].map({True: "● ", False: ""}) + rows["label"].astype(str)
    shown = rows.assign(label=marked).drop(columns=["entity", "truth"])
    shown = shown.rename(columns={"place": "#", "label": "Candidate", "score": "Score", "similarity": "Similarity"})
    number = st.column_config.NumberColumn(format="%.3f", width=70)
    columns = dict.fromkeys(("Score", "Similarity", *run.modalities), number)
    name = f"candidates_{query}"

    def show_row() -> None:
        chosen = st.session_state[f"table.{name}"]["selection"]["rows"]
        if chosen and chosen[0] < len(rows):
            url.put(pair=f"{query}-{rows['entity'][chosen[0]]}")

    table(
        shown,
        name=name,
        alt="Top candidates with score, similarity and each modality's share",
        column_config=columns
        | {
            "Candidate": st.column_config.TextColumn(width=135),
            "#": st.column_config.NumberColumn(format="%d", width=40),
        },
        on_select=show_row,
        selection_mode="single-row",
        placeholder="–",
    )
    st.caption(
        "● = the truth. Score = what candidates were ranked by, after decoding. The modality columns sum to the "
        "similarity. Tick a row to see that pair."
    )
