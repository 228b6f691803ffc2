"""The ranked queries that pass a filter, in the order a reader wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.shared.services.dataset import Dataset
from app.shared.services.matches import margins, ranked
from app.shared.services.run_view import RIGHT, WRONG, RunView
from app.slices.services import names as slices
from pmf.runs import layout

Ids = npt.NDArray[np.int64]

SHOW = {"wrong": "Wrong", "right": "Right", "all": "All"}
ORDER = {"margin": "Least margin first", "rank": "Worst rank first", "label": "By name"}
LOOK_AHEAD = 500
SPLITS = {"test": "Test links", "validation": "Validation links", "all": "All ranked links"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asks for; the defaults are what the page opens with."""

    direction: str = layout.SOURCE_TO_TARGET
    show: str = "wrong"
    order: str = "margin"
    split: str = "test"
    slice_name: str = ""
    text: str = ""


def queue(run: RunView, wanted: Filter) -> Ids:
    """Query ids that pass the filter, in its order."""
    table = ranked(run)
    keep = np.array(table["direction"] == wanted.direction)
    ids = table.index.to_numpy()
    if wanted.split != "all":
        keep &= (table["split"] == wanted.split).to_numpy()
    if wanted.show != "all":
        keep &= run.outcome[ids] == (RIGHT if wanted.show == "right" else WRONG)
    if wanted.slice_name:
        keep &= slices.members(run, wanted.slice_name)[ids]
    if wanted.text.strip():
        keep &= np.isin(ids, run.find(wanted.text, limit=run.n))
    return ids[keep][np.argsort(_order_key(run, ids[keep], wanted.order), kind="stable")]


def title(run: RunView, wanted: Filter) -> str:
    """What passes a filter, in a few words: "wrong, test links, type city, name contains “x”"."""
    parts = [SHOW[wanted.show].lower() if wanted.show != "all" else "", SPLITS[wanted.split].lower()]
    parts.append(slices.title(run, wanted.slice_name) if wanted.slice_name else "")
    parts.append(f"name contains “{wanted.text.strip()}”" if wanted.text.strip() else "")
    return ", ".join(part for part in parts if part)


def _order_key(run: RunView, ids: Ids, order: str) -> npt.NDArray[np.generic]:
    if order == "rank":
        return -ranked(run).loc[ids, "rank"].fillna(-1).to_numpy()
    if order == "label":
        return np.argsort(np.argsort(np.array([str(label).casefold() for label in run.labels[ids]])))
    return margins(run, ids)


def opening(run: RunView, data: Dataset, ids: Ids) -> int:
    """Where to begin in a queue: the first query whose pictures can be compared, or else the first."""
    for query in ids[:LOOK_AHEAD]:
        if data.picture(int(query)) and run.best[query] >= 0 and data.picture(int(run.best[query])):
            return int(query)
    return int(ids[0])
