"""What freezing a modality has cost or gained: the truth's rank as it is, and if the modality had frozen nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services import freezing_record as freezing
from app.shared.services.run_view import RunView
from pmf.failures.freezing_harm import freezing_harm

HELPED, HURT, SAME, UNKNOWN = "would have helped", "would have hurt", "changes nothing", "not ranked"
"""What a frozen feature would do to the rank of its entity's counterpart, had its modality frozen nothing."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What it would change had a modality frozen nothing; by plain similarity, without CSLS.

    Args:
        hits: share of all test queries, of both directions, whose counterpart comes first.
        hits_thawed: the same, had the modality frozen nothing.
        certain: whether that is more than chance, see `pmf.failures.freezing_harm`.
    """

    hits: float
    hits_thawed: float
    certain: bool


def ranks(run: RunView, modality: str, ids: Ids) -> pd.DataFrame | None:
    """What thawing a modality does to entities, as queries of their own.

    Args:
        run: the run.
        modality: one of it.
        ids: entities `[k]`.

    Returns:
        Indexed by `ids`: `rank` and `thawed` (1-based, by plain similarity, NaN = not ranked or unknown) and `effect`,
        one of this module's four words. None until the counterfactual ranks have been computed.
    """
    if run.failures is None or not known(run, modality):
        return None
    table = run.failures.reindex(ids)[["similarity_rank", f"thawed_{modality}"]].set_axis(
        ["rank", "thawed"], axis="columns"
    )
    gain = table["rank"] - table["thawed"]
    table["effect"] = np.select([gain > 0, gain < 0, gain == 0], [HELPED, HURT, SAME], UNKNOWN)
    return table


def effects(run: RunView) -> dict[str, Effect]:
    """By modality that froze something, as far as it is known what thawing it would change."""
    table = run.reader.failures()
    if table is None:
        return {}
    harm = {one.modality: one for one in freezing_harm(run.reader, table) if not one.type}
    return {
        modality: Effect(
            hits=float((table["similarity_rank"] <= 1).mean()),
            hits_thawed=float((table[f"thawed_{modality}"] <= 1).mean()),
            certain=modality in harm and harm[modality].certain,
        )
        for modality in run.modalities
        if known(run, modality) and freezing.freezing_epochs(run, modality)
    }


def known(run: RunView, modality: str) -> bool:
    """Whether it is known what thawing a modality would change."""
    table, column = run.failures, f"thawed_{modality}"
    return table is not None and column in table and bool(table[column].notna().any())


def by_epoch(run: RunView, modality: str) -> pd.DataFrame:
    """One row an epoch in which something froze: `epoch` and how many of each effect; 0 for all of them unknown."""
    row = freezing.frozen_at(run, modality)
    ids = np.flatnonzero(row >= 0)
    table = ranks(run, modality, ids)
    effects = np.full(len(ids), UNKNOWN, object) if table is None else table["effect"].to_numpy(object)
    counts = pd.crosstab(row[ids], effects).reindex(columns=[HELPED, HURT, SAME, UNKNOWN], fill_value=0)
    return counts.rename_axis(index="epoch", columns=None).reset_index()
