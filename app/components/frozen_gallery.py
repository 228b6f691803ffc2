"""What froze at an epoch: pictures of both sides, and the whole list."""

from __future__ import annotations

import streamlit as st

from app.components import url
from app.components.entity_pairs import entity_pairs
from app.components.table import table
from app.services import freezing
from app.services.dataset import Dataset
from app.services.run_view import RunView

SHOWN = 12


def frozen_gallery(run: RunView, data: Dataset) -> None:
    """Choose a modality and an epoch, see the entities that froze there."""
    st.subheader("Frozen at an epoch", anchor=False)
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        default = freezing.liveliest(run)
        modality = url.choose(
            st.segmented_control, "Modality", run.modalities, "modality", default=default, required=True
        )
    counts = freezing.freezing_epochs(run, modality)
    if not counts:
        st.info(f"No {modality} feature has been frozen; choose another modality.")
        return
    with right:
        epochs = list(counts)
        epoch = url.choose(
            st.selectbox if len(epochs) == 1 else st.select_slider,
            "Epoch",
            epochs,
            "epoch",
            default=epochs[len(epochs) // 2],
            format_func=lambda e: f"{e} ({counts[e]:,} frozen)",
        )
    ids = freezing.frozen_in(run, modality, epoch)
    pairs = freezing.one_per_pair(run, ids)[:SHOWN]
    if data.has_pictures:
        entity_pairs(run, data, pairs)
    rows = freezing.frozen_table(run, modality, epoch, ids)
    st.caption(
        f"{len(ids):,} entities froze here, least relevant first"
        + (f"; pictures of the first {len(pairs)} pairs." if data.has_pictures else ".")
    )
    table(
        rows,
        name=f"frozen_{modality}_epoch_{epoch}",
        alt=f"Entities whose {modality} froze in epoch {epoch}",
        height=300,
    )
