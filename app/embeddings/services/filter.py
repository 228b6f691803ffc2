"""Which points are looked at; the others stay as a faint backdrop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.embeddings.services.colour import freezing_state
from app.shared.services.run_view import NOT_RANKED, RIGHT, WRONG, RunView
from app.slices.services import names as slices

Mask = npt.NDArray[np.bool_]

SIDES = {"": "Both graphs", "source": "Source", "target": "Target"}
SPLITS = {"": "Any link", "seed": "Seeds", "validation": "Validation", "test": "Test", "none": "No known link"}
OUTCOMES = {"": "Right, wrong, not ranked", "right": "● right", "wrong": "✕ wrong", "unranked": "Not ranked"}
STATES = {"": "Any state", "in use": "In use", "frozen": "Frozen", "missing": "Missing"}

_OUTCOME = {"right": RIGHT, "wrong": WRONG, "unranked": NOT_RANKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFilter:
    """What a reader asks for, "" = anything."""

    part: str = ""
    side: str = ""
    split: str = ""
    match: str = ""
    state: str = ""
    type: str = ""


def mask(run: RunView, wanted: PointFilter, view: str) -> Mask:
    """`[entities]`: which pass.

    Args:
        run: the run.
        wanted: the filter; its `state` is about the modality `view`, of "fused" about any.
        view: "fused" or a modality.

    Raises:
        ConfigError: there is no such slice in this run.
    """
    keep = slices.members(run, wanted.part).copy() if wanted.part else np.ones(run.n, np.bool_)
    if wanted.side:
        keep &= (np.arange(run.n) < run.n_source) == (wanted.side == "source")
    if wanted.split:
        keep &= run.split == ("" if wanted.split == "none" else wanted.split)
    if wanted.match:
        keep &= run.outcome == _OUTCOME[wanted.match]
    if wanted.state:
        keep &= freezing_state(run, view) == wanted.state
    if wanted.type:
        keep &= run.types == wanted.type
    return keep


def types(run: RunView) -> list[str]:
    """The types that entities have, the commonest first."""
    names, counts = np.unique([name for name in run.types if name], return_counts=True)
    return [str(name) for name in names[np.argsort(-counts, kind="stable")]]
