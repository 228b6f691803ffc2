"""Freezing: what was frozen, when, and whether it should have been."""

from __future__ import annotations

import streamlit as st

from app.freezing.services import effect as freezing_effect
from app.freezing.widgets.entity import freezing_entity
from app.freezing.widgets.first_last import freezing_first_last
from app.freezing.widgets.frozen_gallery import frozen_gallery
from app.freezing.widgets.overview import freezing_answer_box, freezing_shares, freezing_spread
from app.freezing.widgets.pairs import chosen_pairs, freezing_pairs
from app.freezing.widgets.player import pause_between_steps, player
from app.freezing.widgets.quality import cached_quality, freezing_quality
from app.shared.figures import freezing as figures
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import loading
from app.shared.widgets.background import background
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.run_picker import head


def show_worth(run: RunView, data: Dataset, modality: str, epoch: int) -> None:
    """Whether what froze should have: by the matches, and by the ground truth."""
    if not freezing.freezing_epochs(run, modality):
        st.info(f"Nothing of {modality} is frozen, so there is nothing of it to judge.")
    elif run.failures is None and run.state.name == "finished":
        why = "What freezing did to the matches has not been worked out for this run; it takes a minute or two."
        background(run, "failures", label="Find out", why=why)
    elif not freezing_effect.known(run, modality):
        st.info("What that did to the matches is told once training has ended, where some of it is still in use.")
    else:
        height = 280 if cached_quality(run, data) else 420
        epochs = run.reader.epochs
        rows = freezing_effect.by_epoch(run, modality)
        chart(
            figures.effects(rows, modality, epochs=epochs, epoch=epoch, height=height),
            alt=f"Bars per epoch: test queries whose {modality} would have helped or hurt, had it not frozen",
            reading=f"up = with {modality} frozen nowhere, the true counterpart of that many would rank better: it "
            "should not have frozen; down = it would rank worse.",
            key="freezing.effects",
            data=rows,
        )
    freezing_quality(run, data, epoch)


def body(run: RunView, data: Dataset) -> None:
    """All that follows the chosen modality and epoch."""
    with boundary():
        modality, epoch = player(run)
        left, right = st.columns(2, gap="medium")
        with left, boundary():
            freezing_shares(run, epoch)
        with right, boundary():
            freezing_spread(run, modality, epoch)
        if run.frozen_at is None:
            return
        chosen = None
        left, right = st.columns(2, gap="medium")
        with left, boundary():
            chosen = freezing_pairs(run, modality, epoch)
        with right, boundary():
            show_worth(run, data, modality, epoch)
        if chosen is not None and len(chosen):
            with boundary():
                chosen_pairs(run, data, chosen, modality)
        with boundary():
            frozen_gallery(run, data, modality, epoch)
        if pause_between_steps():
            return  # the rest stands still
        with boundary():
            freezing_first_last(run, data, modality)
        with boundary():
            freezing_entity(run, data, epoch)


run = head("Freezing", "Which features did the model stop listening to, when, and should it have?")
data = loading.open_data(run)
if not run.reports:
    st.info("No epoch has ended yet; the curves begin with the first.")
else:
    with boundary():
        freezing_answer_box(run)
    st.fragment(body, run_every=pause_between_steps())(run, data)
