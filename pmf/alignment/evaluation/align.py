"""The alignment itself, from a run folder alone: who is matched with whom, who is left, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from pmf.alignment.confidence.pair_features import FEWEST_CANDIDATES, views
from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.evaluation.of_run import calibrate_pool, stored_fused, stored_split
from pmf.alignment.matching import DECODERS, mutual_nearest
from pmf.config.config import Config
from pmf.errors import ConfigError
from pmf.runs.reader import RunReader


@dataclass(frozen=True, slots=True)
class Matching:
    """What `match_run` gives.

    Args:
        alignment: source and target (URIs), similarity (fused, before decoding) and probability that the pair
            is right, surest first.
        dangling: the source entities without a partner: source, best_candidate (URIs), similarity of the
            two, and probability that the source has no counterpart, surest first.
        calibrated_on: what the probabilities were fitted on, see `pmf.alignment.confidence.calibration`.
    """

    alignment: pd.DataFrame
    dangling: pd.DataFrame
    calibrated_on: str


def match_run(run: RunReader, *, decode: str) -> Matching:
    """The alignment of everything that is not a seed, one-to-one, among all entities of both graphs.

    Args:
        run: a run with embeddings.
        decode: the rule, see `EvaluationConfig`; one that ranks every query alone keeps mutual nearest pairs.

    Raises:
        RunFormatError: there are no embeddings yet.
        ConfigError: there are too few entities to compare one with another.
    """
    setting = Config.from_dict(run.config["config"]).evaluation
    split = stored_split(run)
    pool = Candidates(
        source=np.setdiff1d(np.arange(run.n_source), split.seed_links[:, 0]),
        target=np.setdiff1d(np.arange(run.n_source, run.n_entities), split.seed_links[:, 1]),
        truth=np.empty((0, 2), np.int64),
    )
    if min(len(pool.source), len(pool.target)) < FEWEST_CANDIDATES:
        raise ConfigError(f"{run.folder} leaves fewer than {FEWEST_CANDIDATES} entities of a graph to match")
    scores = DECODERS[decode].score(pool.similarities(stored_fused(run), setting), setting)
    partner = (DECODERS[decode].decide or mutual_nearest)(scores, setting)
    both = views(scores.plain(), setting.csls_k)
    calibrator = calibrate_pool(pool, both, split)

    rows = torch.arange(len(partner))
    nobody = torch.full_like(rows, -1)
    shown = torch.where(partner >= 0, partner, both[0].choose(rows, nobody))
    features = both[0].features(rows, shown, nobody).numpy()
    uris = run.entities["uri"].to_numpy()
    columns = uris[pool.source], uris[pool.target[shown.numpy()]], features[:, 0]
    aligned = pd.DataFrame(dict(zip(("source", "target", "similarity"), columns, strict=True)))
    alone = aligned.rename(columns={"target": "best_candidate"})
    aligned["probability"] = calibrator.right(features)
    alone["probability"] = 1 - calibrator.counterpart(features)
    found = (partner >= 0).numpy()
    return Matching(_surest_first(aligned[found]), _surest_first(alone[~found]), calibrator.fitted_on)


def _surest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
