"""Linked pairs by the relevance of both sides; a part of them can be selected and kept as a slice."""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

from app.freezing.figures import relevance as figures
from app.freezing.services import relevance as service
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.chart import chart
from app.shared.widgets.table import table
from app.shared.widgets.text import count, short
from app.slices.widgets.actions import slice_actions
from app.slices.widgets.selection import clicked

LINKS = {"": "All", "seed": "Seeds", "test": "Test links"}
SHOWN = 100
NAMED = 5000


def freezing_pairs(run: RunView, modality: str, epoch: int) -> pd.DataFrame:
    """Draw the pairs; returns those chosen on the figure, with the columns of `linked_pairs`."""
    measured = freezing.measured_by(run, epoch)
    if measured is None:
        st.info(f"No relevance had been measured by epoch {epoch}; move the epoch to the right.")
        return pd.DataFrame()
    split = url.choose(
        st.segmented_control, "Linked pairs", list(LINKS), "links", default="", format_func=LINKS.get, required=True
    )
    rows = service.linked_pairs(run, modality, epoch, split)
    if rows.empty:
        st.info(f"No linked pair has its {modality} measured on both sides.")
        return rows
    names = None
    if len(rows) <= NAMED:
        sides = zip(run.labels[rows["source"]], run.labels[rows["target"]], strict=True)
        names = [html.escape(f"{short(a, 40)} · {short(b, 40)}") for a, b in sides]
    figure = figures.pairs(
        rows, freezing.thresholds(run, modality).get(measured), modality=modality, measured=measured, names=names
    )
    key = f"freezing.pairs.{run.run_id}.{modality}.{epoch}.{split}"
    state = chart(
        figure,
        alt=f"Scatter plot of {len(rows)} linked pairs by the relevance of their source and target {modality}",
        reading="hollow = frozen by this epoch; low on one axis only = that side alone finds nothing alike in the "
        "other graph; on the diagonal = both find as much, mostly each other."
        + (" Seeds all lie there: this run measures them by their counterpart." if _by_partner(run) else "")
        + " Click a point to follow it below, or draw around several "
        "to list them.",
        key=key,
        data=_export(run, rows),
        on_select=lambda: _follow(key, rows),
    )
    return rows.loc[sorted(set(clicked(state)) & set(rows.index))]


def _by_partner(run: RunView) -> bool:
    return bool(run.reader.facts.settings["freezing.seed_relevance"] == "partner")


def _follow(key: str, rows: pd.DataFrame) -> None:
    """Callback: a single point becomes the entity that the page follows."""
    entity = clicked(st.session_state[key])
    if len(entity) == 1 and entity[0] in rows.index:
        url.put(entity=int(rows["source"][entity[0]]))


def chosen_pairs(run: RunView, data: Dataset, rows: pd.DataFrame, modality: str) -> None:
    """The chosen pairs as a table, least relevant first, and the way on to other pages."""
    rows = rows.iloc[rows[["relevance_source", "relevance_target"]].min(axis=1).argsort(kind="stable")]
    st.header(f"{count(len(rows), 'pair')} chosen", anchor=False)
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
