"""Did the right pictures freeze? Freezing, judged as a detector of pictures that cannot help."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmf.data.planted import read_truth
from pmf.data.readers import read_graph_pair
from pmf.runs import layout
from pmf.runs.reader import RunReader

Mask = npt.NDArray[np.bool_]


def freezing_quality(run: RunReader) -> dict[str, float]:
    """How well "frozen" says "cannot help", of a finished run whose data tell.

    Args:
        run: finished.

    Returns:
        Columns `GROUP_precision`, `_recall`, `_f1`, `_auc` in [0, 1], GROUP being "freezing" for all entities with a
        picture and "freezing_linked" for those of them that have a counterpart; see `quality`. Empty where the data
        have no truth, or the run no pictures.
    """
    if "image" not in run.modalities:
        return {}
    pair = read_graph_pair(run.facts.data_path)
    helps, frozen_at = read_truth(pair), run.frozen_at()
    if helps is None or frozen_at is None:
        return {}
    image = run.modalities.index("image")
    present = frozen_at[image] != layout.MISSING
    linked = np.zeros(len(pair), np.bool_)
    linked[pair.links.ravel()] = True
    relevance = last_relevance(run, image)
    return {
        f"{group}_{name}": value
        for group, counted in (("freezing", present), ("freezing_linked", present & linked))
        for name, value in quality(frozen_at[image][counted] >= 0, ~helps[counted], relevance[counted]).items()
    }


def last_relevance(run: RunReader, modality: int) -> npt.NDArray[np.float32]:
    """`[n]` relevance at the last epoch that was scored; NaN = never scored."""
    table = run.relevance()[:, modality].astype(np.float32)
    scored = np.flatnonzero(np.isfinite(table).any(axis=1))
    return table[scored[-1]] if len(scored) else np.full(table.shape[1], np.nan, np.float32)


def quality(frozen: Mask, helpless: Mask, relevance: npt.NDArray[np.float32]) -> dict[str, float]:
    """Precision, recall and F1 of `frozen` against `helpless`, and how well low relevance alone tells.

    Args:
        frozen: bool `[p]`.
        helpless: bool `[p]`, the truth.
        relevance: `[p]`, NaN = not scored.

    Returns:
        precision (NaN where nothing is frozen), recall and f1 (NaN where nothing is helpless), and auc: the chance
        that a helpless feature has less relevance than a helpful one, over the scored ones (NaN without either).
    """
    hits = float((frozen & helpless).sum())
    n_frozen, n_helpless = int(frozen.sum()), int(helpless.sum())
    return {
        "precision": hits / n_frozen if n_frozen else float("nan"),
        "recall": hits / n_helpless if n_helpless else float("nan"),
        "f1": 2 * hits / (n_frozen + n_helpless) if n_helpless else float("nan"),
        "auc": _auc(-relevance, helpless),
    }


def _auc(score: npt.NDArray[np.float32], positive: Mask) -> float:
    scored = np.isfinite(score)
    score, positive = score[scored], positive[scored]
    if positive.all() or not positive.any():
        return float("nan")
    from sklearn.metrics import roc_auc_score  # here, not above: it takes a second to import

    return float(roc_auc_score(positive, score))
