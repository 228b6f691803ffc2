"""What would let the truth of a wrong query win."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.shared.services.run_view import RunView
from pmf.failures.repair import Repair


def repairs(run: RunView, wrong: pd.DataFrame) -> pd.DataFrame:
    """The single modality that, left out or not frozen, brings each truth highest, where any helps.

    Returns:
        Columns `words, rank`, indexed like `wrong`: e.g. "without image" and 1.0; "" and NaN where none helps. Ranks
        are by plain similarity, before decoding.
    """
    words = {f"without_{m}": f"without {m}" for m in run.modalities}
    words |= {f"thawed_{m}": f"with {m} not frozen" for m in run.modalities}
    ranks = wrong[list(words)].fillna(np.inf)
    best = ranks.min(axis=1)
    helps = (best < wrong["similarity_rank"]).to_numpy()
    found = pd.DataFrame({"words": "", "rank": np.nan}, index=wrong.index)
    found.loc[helps, "words"] = ranks[helps].idxmin(axis=1).map(words)
    found.loc[helps, "rank"] = best[helps]
    return found


def weights(repair: Repair) -> pd.DataFrame:
    """The nearest factors that let the truth win: `modality, now, needed`; empty where none do."""
    factors = repair.factors or {}
    return pd.DataFrame({"modality": list(factors), "now": 1.0, "needed": list(factors.values())})


def in_words(repair: Repair) -> str:
    """What a repair takes, in one sentence."""
    if repair.rank <= 1:
        return "By plain similarity the truth comes first already; the decoding took it away."
    if repair.factors is None:
        return "No weighting of the modalities lets the truth win: what they say together stays behind some candidate."
    if not repair.single:
        return "No modality alone can be weighted so that the truth wins; all together they can, as drawn."
    nearest = sorted(repair.single.items(), key=lambda item: abs(np.log(max(item[1], 1e-3))))
    said = [f"{m} left out" if factor < 1e-3 else f"{m} weighed {factor:.2g} times" for m, factor in nearest]
    return f"The truth wins with {', or '.join(said)}; all else as it is."
