"""When an error arose."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from app.shared.services.run_view import RunView


def frozen(run: RunView, query: int, truth: int) -> dict[str, int]:
    """Which features of a query and its truth froze, in words → in which epoch."""
    sides = {"query": query, "truth": truth}
    epochs = {
        f"{m} of the {side}": run.frozen_epoch(m, entity) for m in run.modalities for side, entity in sides.items()
    }
    return {words: epoch for words, epoch in epochs.items() if epoch >= 0}


def turning_point(path: pd.DataFrame, frozen: Mapping[str, int]) -> str:
    """When a truth was last ahead, and what froze on the way, in one sentence.

    Args:
        path: as `pmf.failures.path.path` gives it.
        frozen: see `frozen`.
    """
    ahead = path.loc[path["rank"] <= 1, "epoch"]
    if ahead.empty:
        return "The truth was never ahead at any of the kept epochs."
    last = ahead.iloc[-1]
    later = path.loc[path["epoch"] > last, "epoch"]
    if later.empty:
        return "The truth is ahead at the last of the kept epochs: what is ahead of it now was not kept."
    between = [f"{words} froze (epoch {epoch})" for words, epoch in frozen.items() if last < epoch <= later.iloc[0]]
    return (
        f"The truth was last ahead in epoch {last}, and behind from epoch {later.iloc[0]} on"
        f"{'; in between, ' + ' and '.join(between) if between else ''}."
    )
