"""Step 2: a pair as one modality sees it."""

from __future__ import annotations

import streamlit as st

from app.learn.figures import steps as figures
from app.learn.services.lesson import Around
from app.learn.services.senses import FACTS, Sense, sense
from app.learn.widgets import formulas as learn_formulas
from app.learn.widgets.frame import sides
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short


def senses(run: RunView, data: Dataset, pair: Around) -> None:
    """Choose a modality; see what it is given of both entities, and what it finds most alike."""
    default = "image" if "image" in run.modalities else run.modalities[0]
    modality = url.get("modality") if url.get("modality") in run.modalities else default
    sensed = sense(run, data, str(modality), pair.source, pair.target)
    place = int(sensed.nearest.loc[sensed.nearest["truth"], "place"].iloc[0]) if sensed.nearest["truth"].any() else None
    _, right = sides(
        f"Each **modality** turns what it is given into a vector, and looks for the most similar vector among "
        f"{sensed.candidates:,} in the other graph.\n\n"
        f"By {modality}, the counterpart is "
        + (f"number **{place}**. " if place else "without such a feature. ")
        + "How similar the best one is, right or wrong, is the feature's **relevance α**:",
        learn_formulas.relevance(sensed.nearest["cosine"].tolist()),
    )
    with right:
        url.choose(st.segmented_control, "Modality", run.modalities, "modality", default=default, required=True)
        for column, entity, side, facts in zip(
            st.columns(2), (pair.source, pair.target), ("● source", "◆ target"), sensed.facts, strict=True
        ):
            with column:
                _given(run, data, entity, side, facts, str(modality))
        _nearest(sensed, str(modality))


def _given(run: RunView, data: Dataset, entity: int, side: str, facts: tuple[str, ...], modality: str) -> None:
    with st.container(border=True, height=142):
        if modality == "image":
            left, right = st.columns([2, 3], vertical_alignment="center")
            with left:
                picture.show(run, data, entity, width=108, square=True)
            right.markdown(f"{side}  \n**{plain(run.labels[entity], 40)}**")
            return
        st.markdown(f"{side} **{plain(run.labels[entity], 40)}**")
        more = f" … and {len(facts) - FACTS} more" if len(facts) > FACTS else ""
        st.markdown((" · ".join(plain(fact, 24) for fact in facts[:FACTS]) or "nothing") + more)


def _nearest(sensed: Sense, modality: str) -> None:
    chart(
        figures.nearest(sensed.nearest.assign(label=[short(label, 30) for label in sensed.nearest["label"]]), modality),
        alt=f"Bars: the entities of the target graph most alike by {modality}, with their cosines",
        reading="the longer the bar, the more alike; the counterpart should be number 1.",
        key="learn.nearest",
        data=sensed.nearest,
    )
