"""How every test query stood at the epochs that are kept, to see later when a match went wrong.

Nothing reads it while a run is being trained.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.metrics import realistic_rank
from pmf.config.evaluation import EvaluationConfig
from pmf.distributed import ALONE, Processes
from pmf.runs.layout import DIRECTIONS


@torch.no_grad()
def standing(
    fused: Tensor, pool: Candidates, epoch: int, config: EvaluationConfig, processes: Processes = ALONE
) -> pd.DataFrame:
    """Each truth against its strongest rival, by plain similarity; above the config's size, of those found.

    Args:
        fused: `[n, D]`.
        pool: who is compared, and the truth.
        epoch: now.
        config: memory, and the size from which on each entity's best stand for all.
        processes: among which the comparisons are dealt out.

    Returns:
        Columns as in `layout.COURSE_COLUMNS`, a row a test link and direction.
    """
    truth = pool.rows(pool.truth).to(fused.device)
    own = torch.linalg.vecdot(*(fused[torch.from_numpy(side).to(fused.device)] for side in pool.truth.T))
    tables = []
    rankings = pool.similarities(fused, config, processes).rank(truth, 2)
    for side, (direction, ranking) in enumerate(zip(DIRECTIONS, rankings, strict=True)):
        best, scores = ranking.candidates[truth[:, side]], ranking.scores[truth[:, side]]  # [p, 2]
        there = best.shape[1] > 1  # a pool of one has no rival
        place = (best[:, 0] == truth[:, 1 - side]).long()[:, None] if there else torch.zeros_like(best)
        others = (pool.target, pool.source)[side]
        table = pd.DataFrame(
            {
                "epoch": epoch,
                "direction": direction,
                "query": pool.truth[:, side],
                "truth": pool.truth[:, 1 - side],
                "candidates": len(others),
                "rank": realistic_rank(ranking.greater.cpu().numpy(), ranking.equal.cpu().numpy()),
                "similarity_truth": own.cpu().numpy(),
                "rival": others[best.gather(1, place)[:, 0].cpu().numpy()],
                "similarity_rival": scores.gather(1, place)[:, 0].cpu().numpy(),
            }
        )
        tables.append(table)
    together = pd.concat(tables, ignore_index=True)
    return together.astype(dict.fromkeys(("rank", "similarity_truth", "similarity_rival"), np.float32))
