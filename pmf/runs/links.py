"""The links of a run, as it was trained on them."""

from __future__ import annotations

import numpy as np

from pmf.data.split import LinkSplit
from pmf.runs.reader import RunReader


def stored_split(run: RunReader) -> LinkSplit:
    """Which links the run trained, selected and is tested on."""
    table = run.links
    parts = {
        name: table.loc[table["split"] == name, ["source", "target"]].to_numpy(np.int64, copy=True)
        for name in ("seed", "validation", "test")
    }
    context = run.entities["context"].eq(True) if "context" in run.entities else np.zeros(0, np.bool_)
    return LinkSplit(
        seed_links=parts["seed"],
        val_links=parts["validation"],
        test_links=parts["test"],
        context=np.flatnonzero(context),
    )
