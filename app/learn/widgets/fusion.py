"""Step 5: one entity's counterpart by each modality alone, and by all together."""

from __future__ import annotations

import streamlit as st

from app.learn.figures import steps as figures
from app.learn.services import ranks as learn_ranks
from app.learn.widgets import formulas as learn_formulas
from app.learn.widgets.frame import sides
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short

SHOWN = 6


def fusion(run: RunView, data: Dataset) -> None:
    """Choose an entity; see whose word counted."""
    stories = dict(list(learn_ranks.telling(run).items())[:SHOWN])
    if not stories:
        st.info("This run has no test query to look at.")
        return
    wanted = url.integer("entity", run.n)
    query = wanted if wanted in stories else next(iter(stories))
    truth = int(learn_ranks.ranks(run).loc[query, "truth"])
    left, right = sides(
        "No modality is right about everything. The features that are not frozen are joined, each times its weight; "
        "so the similarity of a pair is a weighted sum:",
        learn_formulas.fusion(learn_ranks.parts(run, query, truth)),
    )
    with left:
        one, two = st.columns(2)
        for column, entity in ((one, query), (two, truth)):
            with column:
                picture.show(run, data, entity, width=120, square=True)
                st.markdown(f"**{plain(run.labels[entity], 40)}**")
    with right:
        url.choose(
            st.selectbox,
            "Entity",
            list(stories),
            "entity",
            default=next(iter(stories)),
            format_func=lambda entity: f"{short(run.labels[entity], 30)}: {stories[entity]}",
        )
        rows = learn_ranks.of_query(run, query)
        chart(
            figures.ranks(rows),
            alt=f"Bars: rank of the counterpart of {short(run.labels[query])} by each modality alone and fused",
            reading="shorter is better, on a logarithmic axis; plain cosine among closed candidates, source → target. "
            "Hatched = frozen here, dotted = missing.",
            key="learn.ranks",
            data=rows,
        )
