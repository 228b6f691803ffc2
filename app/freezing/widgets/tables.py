"""The data behind each chart as a table, one at a time."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app.freezing.services import effect as freezing_effect
from app.freezing.services import relevance as freezing_relevance
from app.freezing.services.effect import HELPED, HURT
from app.freezing.widgets.first_last import freezing_first_last
from app.freezing.widgets.pairs import pairs_table
from app.freezing.widgets.player import Looked, cached_quality
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.freezing_quality import quality_table
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.slices.widgets.actions import slice_actions

HEIGHT = 300


def freezing_tables(run: RunView, data: Dataset, looked: Looked) -> None:
    """A choice of tables, and the chosen one; none to begin with."""
    shown = {
        "Shares and thresholds": _rows("shares", lambda: freezing.shares(run)),
        "Relevance": _rows("relevance", lambda: freezing_relevance.counts_table(run)),
        "Linked pairs": lambda: pairs_table(run, looked.modality, looked.epoch),
        "What froze": lambda: _frozen(run, looked.modality, looked.epoch),
        "First and last to freeze": lambda: freezing_first_last(run, data, looked.modality),
    }
    if not (proposals := freezing.proposals(run)).empty:
        shown["Proposed thresholds"] = _rows("proposals", lambda: proposals)
    if freezing_effect.known(run, looked.modality) and run.frozen_at is not None:
        shown["Harm by epoch"] = _rows("effects", lambda: freezing_effect.by_epoch(run, looked.modality))
    if quality := cached_quality(run, data):
        shown["Frozen against the truth"] = _rows("quality", lambda: quality_table(quality))
    if looked.entity is not None:
        entity = looked.entity
        shown["The followed entity"] = _rows("trajectory", lambda: freezing.trajectory(run, entity))
    name = url.choose(st.segmented_control, "Data behind the charts", list(shown), "table", default=None)
    if name in shown:
        shown[name]()


def _rows(name: str, make: Callable[[], pd.DataFrame]) -> Callable[[], None]:
    def draw() -> None:
        table(make(), name=f"freezing_{name}", alt=f"The data of {name}", height=HEIGHT)

    return draw


def _frozen(run: RunView, modality: str, epoch: int) -> None:
    """The entities whose feature froze in an epoch, and the slices that they make."""
    ids = freezing.frozen_in(run, modality, epoch) if run.frozen_at is not None else []
    if not len(ids):
        st.info(f"Nothing of {modality} froze in epoch {epoch}.")
        return
    ranks = freezing_effect.ranks(run, modality, ids)
    slice_actions(run, slice_name=f"froze-at:{modality}:{epoch}", key="freezing.frozen")
    table(
        freezing.frozen_table(run, modality, epoch, ids, ranks),
        name=f"frozen_{modality}_epoch_{epoch}",
        alt=f"Entities whose {modality} froze in epoch {epoch}",
        height=HEIGHT,
    )
    for effect in () if ranks is None else (HELPED, HURT):
        slice_actions(
            run,
            entities=ids[(ranks["effect"] == effect).to_numpy()].tolist(),
            title=f"{modality} frozen in epoch {epoch} {effect}",
            key=f"freezing.{effect}",
            pages=("review", "failures"),
        )
