"""What the run says about one query, in words."""

from __future__ import annotations

import streamlit as st

from app.shared.services import matches
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.text import plain


def verdict(run: RunView, query: int) -> None:
    """Right or wrong, and by how much, in one sentence."""
    judged = matches.verdict(run, query)
    label = plain(run.labels[query], 60)
    if judged is None:
        why = "a seed link: training was told its counterpart" if run.split[query] == "seed" else "not linked"
        st.markdown(f"**{label}** was not ranked: it is {why}.")
    elif judged.blind:
        st.markdown(
            f":orange[**✕**] **{label}** has nothing left to match by: every feature of it is frozen or missing, so "
            f"all candidates tie and the truth counts as rank {judged.rank:g}."
        )
    elif judged.right:
        st.markdown(f":green[**●**] **{label}** is matched right: the truth comes first, {judged.margin:.3f} ahead.")
    else:
        rank = f"the truth has rank {judged.rank:g}" if judged.rank == judged.rank else "its truth is unknown"
        st.markdown(f":orange[**✕**] **{label}** is matched wrong: {rank}; the best two are {judged.margin:.3f} apart.")


def switch(run: RunView, query: int, other: int | None) -> None:
    """Buttons between prediction and truth, where these differ."""
    best, truth = int(run.best[query]), int(run.partner[query])
    if best < 0 or truth < 0 or best == truth:
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        for label, entity in (("Prediction", best), ("Truth", truth)):
            st.button(
                label,
                type="primary" if other == entity else "secondary",
                on_click=url.put,
                kwargs={"pair": f"{query}-{entity}"},
            )


def role(run: RunView, query: int, entity: int) -> str:
    """What an entity is to a query, in a few words."""
    if entity == query:
        return "asked for"
    if entity == run.partner[query]:
        return "● true counterpart" + (" and prediction" if entity == run.best[query] else "")
    return "✕ prediction, wrong" if entity == run.best[query] else "another candidate"
