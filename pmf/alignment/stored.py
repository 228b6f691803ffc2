"""Evaluate and match from a run folder alone: no data set, no model."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.evaluate import Candidates, evaluate
from pmf.alignment.matching import greedy, mutual_nearest
from pmf.alignment.options import EvaluationConfig
from pmf.alignment.similarity import Similarities
from pmf.config import Config
from pmf.data.split import LinkSplit
from pmf.errors import RunFormatError
from pmf.runs.reader import RunReader


def evaluate_run(run: RunReader, *, scope: str | None = None, decode: str | None = None) -> dict[str, Any]:
    """Figures on the test links, from the stored embeddings.

    Args:
        run: a run with embeddings.
        scope: "closed" or "open"; None = as the run was configured.
        decode: None = as the run was configured.

    Raises:
        RunFormatError: there are no embeddings yet.
    """
    config = Config.from_dict(run.config["config"])
    chosen = {"evaluation.scope": scope, "evaluation.decode": decode}
    setting = config.with_settings({name: value for name, value in chosen.items() if value}).evaluation
    pool = Candidates.test(_split(run), setting.scope, run.n_source, run.n_entities)
    return {
        **evaluate(_fused(run), pool, setting),
        "split": "test",
        "scope": setting.scope,
        "decode": setting.decoding_name,
        "selection": config.train.selection,
        "seed": config.seed,
        "run": run.run_id,
    }


def match_run(run: RunReader, *, decode: str) -> pd.DataFrame:
    """The alignment of everything that is not a seed, one-to-one, among all entities of both graphs.

    Args:
        run: a run with embeddings.
        decode: "mutual" keeps pairs that are each other's best; "greedy" matches as many as it can.

    Returns:
        source, target (URIs), similarity (fused, before decoding) and confidence, best first.
        Confidence is the geometric mean of both directions' softmax over the candidates at the
        training temperature: it orders pairs, it is not a calibrated probability.

    Raises:
        RunFormatError: there are no embeddings yet.
    """
    config = Config.from_dict(run.config["config"])
    split, fused = _split(run), _fused(run)
    pool = Candidates(
        source=np.setdiff1d(np.arange(run.n_source), split.seed_links[:, 0]),
        target=np.setdiff1d(np.arange(run.n_source, run.n_entities), split.seed_links[:, 1]),
        truth=np.empty((0, 2), np.int64),
    )
    scaled = dataclasses.replace(config.evaluation, decode="csls")
    partner = (mutual_nearest if decode == "mutual" else greedy)(pool.similarities(fused, scaled))
    source = (partner >= 0).nonzero()[:, 0]
    plain = pool.similarities(fused, EvaluationConfig(decode="cosine"))
    similarity, confidence = _confidence(plain, source, partner[source], config.loss.temperature)
    uris = run.entities["uri"].to_numpy()
    table = pd.DataFrame(
        {
            "source": uris[pool.source[source.numpy()]],
            "target": uris[pool.target[partner[source].numpy()]],
            "similarity": similarity.numpy(),
            "confidence": confidence.numpy(),
        }
    )
    return table.sort_values("confidence", ascending=False, kind="stable", ignore_index=True)


def _confidence(plain: Similarities, source: Tensor, target: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Similarity of each pair, and how far it stands out in its row and its column."""
    similarity = torch.linalg.vecdot(plain.source[source], plain.target[target])
    rows, columns = [], torch.zeros(len(plain.target))
    bound = float(plain.source.norm(dim=1).amax() * plain.target.norm(dim=1).amax())
    for _, scores in plain.blocks():
        exponentials = scores.sub_(bound).div_(temperature).exp_()
        rows.append(exponentials.sum(1))
        columns += exponentials.sum(0)
    own = ((similarity - bound) / temperature).exp()
    tiny = torch.finfo(own.dtype).tiny
    product = (own / torch.cat(rows)[source].clamp(min=tiny)) * (own / columns[target].clamp(min=tiny))
    return similarity, product.sqrt().clamp(max=1)


def _fused(run: RunReader) -> Tensor:
    fused = run.embedding("fused")
    if fused is None:
        raise RunFormatError(f"{run.folder} has no embeddings yet: its first training stage has not ended")
    return torch.from_numpy(np.asarray(fused, np.float32))


def _split(run: RunReader) -> LinkSplit:
    table = run.links
    parts = {
        name: table.loc[table["split"] == name, ["source", "target"]].to_numpy(np.int64)
        for name in ("seed", "validation", "test")
    }
    return LinkSplit(seed_links=parts["seed"], val_links=parts["validation"], test_links=parts["test"])
