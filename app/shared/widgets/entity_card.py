"""One entity: picture, name, where it comes from, and which of its features count."""

from __future__ import annotations

import streamlit as st

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture
from app.shared.widgets.text import plain, short
from pmf.data.notes import counted
from pmf.modalities.whole import WHOLE
from pmf.runs import layout

PICTURE = 220
SIDES = {True: ("source", "Source"), False: ("target", "Target")}


def card(run: RunView, data: Dataset, entity: int, *, role: str, height: str = "content") -> None:
    """Draw the card; `role` says what it is to the pair, e.g. "asked for" or "prediction, wrong"."""
    side, title = SIDES[run.is_source(entity)]
    with st.container(border=True, height=height, key=f"card-{side}-{entity}"):
        text = st.container()
        if data.has_pictures or "image" in run.modalities:
            left, text = st.columns([2, 3], vertical_alignment="center")
            with left:
                picture.show(run, data, entity, width=PICTURE)
        with text:
            st.caption(f"**{title}** · {role}")
            st.header(plain(run.labels[entity]), anchor=False)
            kind = f"{plain(run.types[entity])} · " if run.types[entity] else ""
            link = f"{run.split[entity]} link" if run.split[entity] else "no known link"
            st.caption(f"{kind}{counted(run.degree[entity], 'relation triple')} · {link}")
            badges(run, entity)
        st.text(short(run.reader.entities["uri"].iloc[entity], 300))


def badges(run: RunView, entity: int) -> None:
    """A badge per modality: in use, frozen and when, or missing."""
    with st.container(horizontal=True, gap="xsmall"):
        for modality in (name for name in run.modalities if name != WHOLE.name):
            epoch = run.frozen_epoch(modality, entity)
            if epoch == layout.MISSING:
                st.badge(f"{modality} missing", color="gray", icon=":material/block:")
            elif epoch >= 0:
                st.badge(f"{modality} frozen, epoch {epoch}", color="blue", icon=":material/ac_unit:")
            else:
                st.badge(modality, color="green", icon=":material/check:")
