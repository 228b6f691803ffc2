"""One entity through the epochs, beside its counterpart's."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.shared.figures import freezing as figures
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.entity_card import card
from app.shared.widgets.entity_search import entity_search


def freezing_entity(run: RunView, data: Dataset, epoch: int) -> None:
    """Search, the entity's card, and its relevance per modality."""
    st.header("One entity over the epochs", anchor=False)
    entity = entity_search(run)
    if entity is None:
        entity = freezing.example(run)
        st.caption("An example to begin with; search for any other, or click a pair above.")
    left, right = st.columns([2, 3])
    with left:
        card(run, data, entity, role="followed here")
        url.link("matches", "How it was matched", {"pair": entity}, icon=":material/compare_arrows:")
    who = {"this entity": entity, "its counterpart": int(run.partner[entity])}
    paths = {name: freezing.trajectory(run, e) for name, e in who.items() if e >= 0}
    with right:
        if paths["this entity"].empty:
            st.info("This entity was never scored: it has no relevance to draw.")
            return
        frozen = {name: {m: run.frozen_epoch(m, who[name]) for m in run.modalities} for name in paths}
        chart(
            figures.trajectory(paths, frozen, freezing.stage_boundary(run), epoch=epoch),
            alt="Relevance of this entity's features over the epochs against the threshold, per modality",
            reading="filled = this entity, hollow and dotted = its linked counterpart; once the relevance α lies on or "
            "under the threshold δ the feature freezes (✕) for good.",
            key="freezing.trajectory",
            data=pd.concat([path.assign(of=name) for name, path in paths.items()]),
        )
