"""The links that a run was given: nothing of them was found by it."""

from __future__ import annotations

import numpy as np

from app.shared.services.run_view import Ids, RunView
from pmf.runs.links import stored_split


def given_links(run: RunView) -> Ids:
    """Seed and validation links `[l, 2]`; none where a training without links found what it started from."""
    split = stored_split(run.reader)
    links = np.concatenate([split.seed_links, split.val_links])
    return links if run.reader.facts.settings["seeds"] == "links" else links[:0]
