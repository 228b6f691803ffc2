"""Freezing: what was frozen, when, and whether it should have been."""

from __future__ import annotations

import streamlit as st

from app.components import loading, url
from app.components.boundary import boundary
from app.components.chart import chart
from app.components.entity_card import card
from app.components.entity_search import entity_search
from app.components.freezing_quality import freezing_quality
from app.components.frozen_gallery import frozen_gallery
from app.components.run_picker import head
from app.figures import freezing as figures
from app.services import freezing
from app.services.dataset import Dataset
from app.services.run_view import RunView


def show_shares(run: RunView) -> None:
    shares = freezing.shares(run)
    if shares.empty:
        st.info("No epoch has ended yet; the curves begin with the first.")
        return
    fell = bool((shares.groupby("modality")["frozen"].diff() < 0).any())
    chart(
        figures.shares(shares, freezing.stage_boundary(run)),
        alt="Per modality: share of entities missing and frozen over the epochs, with the threshold",
        reading="dotted grey = the feature was never there; hatched = frozen for good once its relevance fell to the "
        "dashed threshold δ (0 = it freezes nothing); the vertical line ends stage 1, after which nothing freezes."
        + (" The fall at that line: stage 2 went on from an earlier epoch, the chosen one." if fell else ""),
        key="freezing.shares",
    )


def show_entity(run: RunView, data: Dataset) -> None:
    st.subheader("One entity's way", anchor=False)
    entity = entity_search(run)
    if entity is None:
        entity = freezing.example(run)
        st.caption("An example to begin with; search for any other.")
    left, right = st.columns([2, 3])
    with left:
        card(run, data, entity, role="followed here")
        url.link("matches", "How it was matched", {"pair": entity}, icon=":material/compare_arrows:")
    path = freezing.trajectory(run, entity)
    with right:
        if path.empty:
            st.info("This entity was never scored: it has no relevance to draw.")
            return
        chart(
            figures.trajectory(
                path, {m: run.frozen_epoch(m, entity) for m in run.modalities}, freezing.stage_boundary(run)
            ),
            alt="Relevance of this entity's features over the epochs against the threshold, per modality",
            reading="once the relevance α lies on or under the dashed threshold δ the feature freezes (✕) for good.",
            key="freezing.trajectory",
        )


run = head("Freezing", "Which features did the model stop listening to, and when?")
data = loading.open_data(run)
with boundary():
    show_shares(run)
with boundary():
    freezing_quality(run, data)
if run.frozen_at is not None:
    with boundary():
        show_entity(run, data)
    with boundary():
        frozen_gallery(run, data)
