"""What would let the truth of a wrong query win."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.shared.services.run_view import RunView
from pmf.failures.repair import Repair


def repairs(run: RunView, wrong: pd.DataFrame) -> pd.Series:
    """What lets each truth come first as the run ranks: one modality left out of the run, or not frozen in it.

    Returns:
        Words, indexed like `wrong`: "without image, or with relation not frozen"; "" where no single modality does it,
        or where it is not known (`known`).
    """
    words = {f"repaired_without_{m}": f"without {m}" for m in run.modalities}
    words |= {f"repaired_thawed_{m}": f"with {m} not frozen" for m in run.modalities}
    first = wrong.reindex(columns=list(words)) <= 1
    sentences = [", or ".join(np.array(list(words.values()))[row]) for row in first.to_numpy()]
    return pd.Series(sentences, index=wrong.index, dtype=object)


def known(run: RunView) -> bool:
    """Whether the repairs were looked for: tables of older versions lack them, and some decodings have none."""
    columns = [f"repaired_without_{m}" for m in run.modalities]
    table = run.failures
    return table is not None and set(columns) <= set(table.columns) and bool(table[columns].notna().any(axis=None))


def weights(repair: Repair) -> pd.DataFrame:
    """The nearest factors that let the truth win: `modality, now, needed`; empty where none do."""
    factors = repair.factors or {}
    return pd.DataFrame({"modality": list(factors), "now": 1.0, "needed": list(factors.values())})


def in_words(repair: Repair) -> str:
    """What a repair takes, in one sentence."""
    if repair.rank <= 1:
        return "By plain similarity the truth comes first already; decoding moved it down."
    if repair.factors is None:
        return "No weighting of the modalities lets the truth win: what they say together stays behind some candidate."
    if not repair.single:
        return "No modality alone can be weighted so that the truth wins; all together they can, as drawn."
    nearest = sorted(repair.single.items(), key=lambda item: abs(np.log(max(item[1], 1e-3))))
    parts = [f"{m} left out" if factor < 1e-3 else f"{m} weighed {factor:.2g} times" for m, factor in nearest]
    return f"The truth wins with {', or '.join(parts)}; all else as it is."
