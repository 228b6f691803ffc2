"""The ranks if a modality were left out, or had frozen nothing: everything is decoded again, as the run decodes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.evaluation.of_scores import scores_only
from pmf.alignment.explanation.shares import stored_embeddings, stored_weight, thawed_weight
from pmf.alignment.metrics import realistic_rank
from pmf.alignment.search.approximate import NearSimilarities
from pmf.config.evaluation import EvaluationConfig
from pmf.progress import Progress
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader

Floats = npt.NDArray[np.float64]


@torch.no_grad()
def repaired_ranks(run: RunReader, scope: str, progress: Progress) -> pd.DataFrame:
    """Rank every test link under the run's own decoding, once for each modality left out and each one thawed.

    Args:
        run: a run with embeddings.
        scope: "closed" or "open".
        progress: called with (what, done, total).

    Returns:
        Columns `direction, query, truth` and those of `layout.REPAIR_COLUMNS`; NaN where the modality froze nothing,
        and everywhere where only a search finds the candidates, so that not every truth has a rank, or scores were
        adopted without embeddings.
    """
    setting = run.facts.config().with_settings({"evaluation.scope": scope}).evaluation
    pool = Candidates.test(stored_split(run), scope, run.n_source, run.n_entities)
    columns: dict[str, npt.NDArray[np.float64]] = {
        name.replace("MODALITY", m): np.full(2 * len(pool.truth), np.nan)
        for name in layout.REPAIR_COLUMNS
        for m in run.modalities
    }
    given = scores_only(run)  # by no modality, so there is nothing to leave out
    embeddings = [] if given else [torch.from_numpy(table.astype(np.float32)) for table in stored_embeddings(run)]
    changes = [] if given else list(_weights(run, setting))
    progress("ranks of repairs", 0, len(changes))
    for done, (name, weight) in enumerate(changes):
        blocks = [table * own[:, None] for table, own in zip(embeddings, _rows(weight), strict=True)]
        columns[name] = _ranks(torch.cat(blocks, dim=1), pool, setting)
        progress("ranks of repairs", done + 1, len(changes))
    sides = np.concatenate([pool.truth, pool.truth[:, ::-1]])
    directions = np.repeat(layout.DIRECTIONS, len(pool.truth))
    return pd.DataFrame({"direction": directions, "query": sides[:, 0], "truth": sides[:, 1]} | columns)


def _weights(run: RunReader, setting: EvaluationConfig) -> Iterator[tuple[str, Floats]]:
    """Column → the weights `[m, n]` that make it."""
    weight, frozen_at = stored_weight(run), run.frozen_at()
    assert frozen_at is not None
    for m, modality in enumerate(run.modalities):
        if len(run.modalities) > 1:
            yield f"repaired_without_{modality}", _scored(_with(weight, m, np.zeros(weight.shape[1])), setting)
    for m, thawed in thawed_weight(weight, frozen_at).items():
        yield f"repaired_thawed_{run.modalities[m]}", _scored(_with(weight, m, thawed), setting)


def _rows(weight: Floats) -> torch.Tensor:
    return torch.from_numpy(weight.astype(np.float32))


def _with(weight: Floats, place: int, row: Floats) -> Floats:
    changed = np.array(weight, np.float64)
    changed[place] = row
    return changed


def _scored(weight: Floats, setting: EvaluationConfig) -> Floats:
    """The weights as the run's scoring takes them, see `pmf.freezing.fusion.block_weights`."""
    if setting.scoring == "dot":
        return weight
    norm = np.linalg.norm(weight, axis=0)
    return weight / np.where(norm > 0, norm, 1.0)


def _ranks(fused: torch.Tensor, pool: Candidates, setting: EvaluationConfig) -> Floats:
    """`[2 p]` realistic ranks of the truths, source to target and then back."""
    scores = pool.scores(fused, setting)
    if isinstance(scores, NearSimilarities):
        return np.full(2 * len(pool.truth), np.nan)
    rankings = scores.rank(pool.rows(pool.truth), 0)
    return np.concatenate([realistic_rank(r.greater.numpy(), r.equal.numpy()) for r in rankings])
