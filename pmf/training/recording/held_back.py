"""Validation links as others will be seen: before their labels spread, with weights that were fitted without them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from pmf.alignment.confidence.calibration import observe_both, table_of, together
from pmf.alignment.confidence.pair_features import FEWEST_CANDIDATES, views
from pmf.alignment.evaluation.evaluate import Candidates
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.held_out import HeldOut
from pmf.training.loop.reliability import fit_reliability
from pmf.training.loop.trainer import Trainer

_MANY = 200
"""Validation links of which one half is enough to fit probabilities on."""


@torch.no_grad()
def held_back(trainer: Trainer) -> pd.DataFrame | None:
    """The evidence for validation links, among everybody that is no seed; probabilities are fitted on it.

    How much a modality counts is fitted to validation links, so each half of them is seen with weights that the other
    half gives; of many links one half will do. How much the rules count, and the labels in each modality, are single
    numbers, which all of them have chosen.

    Args:
        trainer: at the end of training, after `believe` and before `Trainer.finish`.

    Returns:
        Columns as in `pmf.runs.layout.HELD_BACK_COLUMNS`; None where no known links are held back, nearly all entities
        are seeds, or there are so many pairs that only a search finds candidates: that would take too long.
    """
    split, config, n = trainer.split, trainer.config, trainer.state.frozen_at.shape[1]
    pool = Candidates.free(trainer.n_source, n, np.concatenate([split.seed_links.ravel(), split.context]))
    links = split.val_links[np.isin(split.val_links, np.concatenate([pool.source, pool.target])).all(axis=1)]
    setting, few, many = config.evaluation, min(pool.sizes), math.prod(pool.sizes)
    if config.seeds != "links" or not len(links) or few < FEWEST_CANDIDATES or many > setting.exact_pairs:
        return None
    embeddings, seen = trainer.embed_all(), []
    halves = [(links[::2], links[1::2]), (links[1::2], links[::2])] if setting.reliability else [(links, links)]
    for half, other in halves[: 1 if len(links) >= _MANY else 2]:
        reliability = None
        if setting.reliability:
            wrong_share = trainer.held_out.wrong_share
            judge = HeldOut(replace(split, val_links=other), trainer.n_source, n, config.seed, wrong_share)
            reliability = fit_reliability(judge, judge.cosines(embeddings), trainer.state, config)
        weight = block_weights(trainer.state, config.freezing.fusion_weight, setting.scoring, reliability)
        both = views(pool.similarities(fuse(embeddings, weight).half(), setting, trainer.processes), setting.csls_k)
        seen.append(observe_both(both, pool.rows(half).to(embeddings.device)))
    return table_of(together(seen))
