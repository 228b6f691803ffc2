"""How much the rules count at the end: as validation links are found best."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pmf.config.config import Config
from pmf.distributed import ALONE, Processes
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.held_out import HeldOut
from pmf.freezing.rules.guard import standard_error, surely_better
from pmf.freezing.state import FreezingState
from pmf.modalities.structure import MODALITY as STRUCTURE
from pmf.model.believed import Believed, believed_rows
from pmf.training.loop.reliability import fit_reliability
from pmf.training.loop.trainer import Trainer

SHARES = (0.1, 0.2, 0.3, 0.4)
"""Of structure's similarity, one of which is chosen."""


def believe(trainer: Trainer, *, choose: bool = True) -> None:
    """Once all is trained: give what rules think of each pair its share of structure's similarity.

    Args:
        trainer: at its end.
        choose: before `Trainer.finish`, how much it counts, and each modality anew, by validation links of which the
            rules do not know; else, after it, of which they do, as much as before.
    """
    rules, model, config, n_source = trainer.links.rules, trainer.model, trainer.config, trainer.n_source
    if rules is None or model.propagated is None or not (rules.counts if choose else rules.share):
        return
    model.believed = None
    embeddings = trainer.embed_all()
    known = rules.seeds if choose else np.concatenate([rules.seeds, trainer.split.val_links])
    likely = rules.likely(fuse(embeddings, trainer.weight()), known, trainer.processes)
    n, width = model.propagated.shape[1:]
    structure = config.modalities.index(STRUCTURE.name)
    rows = believed_rows(likely, known, n, n_source, width, config.seed).to(trainer.device)
    rows *= model.present[structure][:, None]  # who has no structure gets none by this
    if choose:
        rules.share, factor = best_share(
            embeddings, rows, structure, trainer.held_out, trainer.state, config, trainer.processes
        )
        if rules.share and config.evaluation.reliability:
            trainer.reliability = factor
    if rules.share:
        model.believed = Believed(rows, rules.share)


def best_share(
    embeddings: Tensor,
    rows: Tensor,
    structure: int,
    held_out: HeldOut,
    state: FreezingState,
    config: Config,
    processes: Processes = ALONE,
) -> tuple[float, Tensor]:
    """The smallest share that is within a standard error of the best one; 0 if that is not surely better than none.

    The best one is that under which validation links are the likeliest.

    Args:
        embeddings: `[m, n, d]`, unit rows without it.
        rows: as `believed_rows` gives them.
        structure: the place of its modality.
        held_out: validation links, of which the rules know nothing.
        state: what is frozen.
        config: of the run.
        processes: each tries some of the shares, all with the same arguments.

    Returns:
        The share, and with it the factor of each modality `[m]`, see `fit_reliability`; 1 where that is not wanted.
    """
    shares = (0.0, *SHARES)
    cosines = held_out.cosines(embeddings)
    losses = embeddings.new_zeros(len(shares), sum(len(queries) for queries, _, _ in held_out.pools))
    factors = embeddings.new_zeros(len(shares), len(embeddings))
    for tried in range(processes.rank, len(shares), processes.world):
        if shares[tried]:
            table = Believed(rows, shares[tried]).mix(embeddings[structure].clone())
            for parts, part in zip(cosines, held_out.cosines(table[None]), strict=True):
                parts[structure] = part[0]
        factors[tried] = fit_reliability(held_out, cosines, state, config) if config.evaluation.reliability else 1
        weight = block_weights(state, config.freezing.fusion_weight, config.evaluation.scoring, factors[tried])
        losses[tried] = held_out.losses(weight, cosines)
    processes.sum(losses)
    processes.sum(factors)
    gains = losses[0] - losses
    means = gains.mean(1)
    best = int(means.argmax())
    enough = means >= means[best] - standard_error(gains[best])
    chosen = int(enough.nonzero()[0]) if surely_better(gains[best]) else 0
    chosen = int(processes.first(torch.tensor(chosen)))
    return shares[chosen], factors[chosen]
