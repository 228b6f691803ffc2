"""The candidates of a query as a row of pictures, best first; a click shows one beside the query."""

from __future__ import annotations

import streamlit as st

from app.shared.services import matches
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.text import plain

MOST = 10


def filmstrip(run: RunView, data: Dataset, query: int, other: int) -> None:
    """Up to `MOST` candidates, and the truth at the end where it is none of them.

    Args:
        run: a run with predictions.
        data: its data.
        query: the entity asked for.
        other: the candidate that is shown beside it.
    """
    rows = matches.candidates(run, query)
    shown = rows.head(MOST) if rows["truth"].head(MOST).any() else rows[rows["truth"] | (rows.index < MOST - 1)]
    for column, row in zip(st.columns(MOST, gap="small"), shown.to_dict("records"), strict=False):
        entity, place = int(row["entity"]), row["place"]
        with column, st.container(gap="xsmall"):
            if data.has_pictures:
                picture.show(run, data, entity, square=True)
            mark = "● " if row["truth"] else "✕ " if place == 1 else ""
            st.button(
                f"{mark}{place:.0f}" if place == place else f"{mark}truth",
                key=f"filmstrip.{entity}",
                type="primary" if entity == other else "secondary",
                on_click=url.put,
                kwargs={"pair": f"{query}-{entity}"},
                width="stretch",
                help=f"{plain(run.labels[entity], 60)}: similarity {row['similarity']:.3f}",
            )
            st.caption(plain(run.labels[entity], 24))
    st.caption("● = the truth, ✕ = the first candidate, where that is wrong. The number is the rank of a candidate.")
