"""Linked pairs by the relevance of both sides, as tables; some of them can be kept as a slice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.freezing.services import relevance as service
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture
from app.shared.widgets.table import table
from app.slices.widgets.actions import slice_actions
from pmf.data.notes import counted

SHOWN = 100


def pairs_table(run: RunView, modality: str, epoch: int) -> None:
    """All linked pairs whose feature was measured on both sides by an epoch."""
    rows = service.linked_pairs(run, modality, epoch)
    if rows.empty:
        st.info(f"No linked pair has its {modality} measured on both sides by epoch {epoch}.")
        return
    table(_export(run, rows), name=f"linked_{modality}", alt=f"Linked pairs by the relevance of their {modality}")


def chosen_pairs(run: RunView, data: Dataset, rows: pd.DataFrame, modality: str) -> None:
    """The chosen pairs as a table, least relevant first, and the way on to other pages."""
    rows = rows.iloc[rows[["relevance_source", "relevance_target"]].min(axis=1).argsort(kind="stable")]
    st.header(f"{counted(len(rows), 'pair')} chosen", anchor=False)
    slice_actions(
        run,
        entities=[*rows["source"], *rows["target"]],
        title=f"{len(rows):,} pairs chosen by their relevance of {modality}",
        key="freezing.chosen",
    )
    shown = _export(run, rows.head(SHOWN))
    paths = run.reader.relevance()[run.reader.measured_epochs(), run.modalities.index(modality)]
    for place, side in ((2, "target"), (1, "source")):
        ids = rows[side].head(SHOWN).to_numpy()
        shown.insert(place, f"Way, {side}", paths[:, ids].T.astype(float).round(3).tolist())
        if data.has_pictures:
            shown.insert(place - 1, f"Picture, {side}", [picture.cell(run, data, int(i)) for i in ids])
    columns = {
        name: st.column_config.ImageColumn("Picture", width=66)
        if name.startswith("Picture")
        else st.column_config.LineChartColumn("α over epochs", y_min=0, y_max=1, width=110)
        for name in shown
        if name.startswith(("Picture", "Way"))
    }
    table(
        shown,
        name=f"pairs_{modality}",
        alt="The pairs chosen on the figure",
        whole=lambda: _export(run, rows),
        column_config=columns,
        row_height=48 if data.has_pictures else None,
        height=330,
    )
    if len(rows) > SHOWN:
        st.caption(f"The {SHOWN} least relevant are listed; the exports hold all {len(rows):,}.")


def _export(run: RunView, rows: pd.DataFrame) -> pd.DataFrame:
    """Names in place of ids, and how the source was matched."""
    return pd.DataFrame(
        {
            "Source": run.labels[rows["source"]],
            "Target": run.labels[rows["target"]],
            "α, source": rows["relevance_source"].to_numpy(),
            "α, target": rows["relevance_target"].to_numpy(),
            "State": rows["state"].to_numpy(),
            "Link": rows["split"].to_numpy(),
            "Source → target": [freezing.OUTCOMES[int(o)] for o in run.outcome[rows["source"]]],
            "Target → source": [freezing.OUTCOMES[int(o)] for o in run.outcome[rows["target"]]],
        }
    )
