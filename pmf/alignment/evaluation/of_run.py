"""Evaluate from a run folder alone: no data set, no model."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pmf.alignment.confidence.calibration import Calibrator, calibrate, measure, observations_of
from pmf.alignment.confidence.pair_features import FEWEST_CANDIDATES, View, views
from pmf.alignment.evaluation.evaluate import Candidates, figures, search_figures
from pmf.alignment.evaluation.of_new import figures_of_new, rank_new
from pmf.alignment.evaluation.of_scores import figures_that_came, scores_only
from pmf.alignment.matching import DECODERS, mutual_nearest
from pmf.alignment.metrics import alignment_metrics
from pmf.alignment.search.similarity import Similarities
from pmf.config.build import require
from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit
from pmf.errors import RunFormatError
from pmf.progress import step
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader


def evaluate_run(run: RunReader, *, scope: str | None = None, decode: str | None = None) -> dict[str, Any]:
    """Figures on the test links, from the stored embeddings; of a run that was adopted without any, as they came.

    Args:
        run: a run with embeddings.
        scope: "closed" or "open"; None = as the run was configured.
        decode: None = as the run was configured.

    Returns:
        Per direction what `figures` gives. "alignment": `alignment_metrics` of the one-to-one decision, by the
        decoding's own rule or else of mutual nearest pairs. "counterparts": `measure`, how well probabilities
        hold; None where there are too few entities to withhold any. "search": `search_figures`. And what all of it
        was measured on. Without test links nothing is: there are no directions, and the others are None. Of an updated
        run the figures are of its new entities alone, each ranked among everybody.

    Raises:
        RunFormatError: there are no embeddings yet.
        ConfigError: other candidates or another decoding are wanted of a run that has its scores and no embeddings, or
            of an updated one that cannot be.
    """
    if scores_only(run):
        return figures_that_came(run, scope, decode)
    config = run.facts.config()
    chosen = {"evaluation.scope": scope, "evaluation.decode": decode}
    setting = config.with_settings({name: value for name, value in chosen.items() if value}).evaluation
    split = stored_split(run)
    if run.facts.updated is not None:
        return _of_what_is_new(run, setting, split)
    pool = Candidates.test(split, setting.scope, run.n_source, run.n_entities)
    truth = pool.rows(pool.truth)
    decoder = DECODERS[setting.decode]
    with step("scoring pairs"):
        scores = decoder.score(pool.similarities(stored_fused(run), setting), setting)
    with step("choosing partners"):
        partner = decoder.decide and decoder.decide(scores, setting)
        decided = mutual_nearest(scores, setting) if partner is None else partner
    rule = "mutual" if partner is None else setting.decode
    measured = len(truth) > 0
    with step("ranking"):
        ranked = figures(scores, partner, truth) if measured else {}
    return {
        **ranked,
        "alignment": {"rule": rule, **alignment_metrics(decided.numpy(), truth.numpy())} if measured else None,
        "search": search_figures(scores, pool, setting) if measured else None,
        "counterparts": _counterparts(run, pool, scores, split),
        "split": "test",
        "scope": setting.scope,
        "decode": setting.decoding_name,
        "selection": config.train.selection,
        "seed": run.facts.seed,
        "run": run.run_id,
    }


def _of_what_is_new(run: RunReader, setting: EvaluationConfig, split: LinkSplit) -> dict[str, Any]:
    require(setting.scope == "open", f"{run.folder} is an update: what is new is ranked among everybody, scope open")
    ranked = list(rank_new(stored_fused(run), run.is_new, split, run.n_source, setting))
    return {
        **figures_of_new(ranked),
        **dict.fromkeys(("alignment", "search", "counterparts")),
        "split": "test",
        "scope": setting.scope,
        "decode": setting.decoding_name,
        "selection": run.facts.selection,
        "seed": run.facts.seed,
        "run": run.run_id,
    }


def counterparts_of(run: RunReader) -> dict[str, Any] | None:
    """What `evaluate_run` gives as "counterparts", and nothing else is computed."""
    if scores_only(run):
        counterparts: dict[str, Any] | None = figures_that_came(run, None, None)["counterparts"]
        return counterparts
    if run.facts.updated is not None:
        return None
    setting, split = run.facts.config().evaluation, stored_split(run)
    pool = Candidates.test(split, setting.scope, run.n_source, run.n_entities)
    return _counterparts(run, pool, pool.similarities(stored_fused(run), setting), split)


def _counterparts(run: RunReader, pool: Candidates, scores: Similarities, split: LinkSplit) -> dict[str, Any] | None:
    config = run.facts.config()
    if min(len(pool.source), len(pool.target)) < FEWEST_CANDIDATES or len(pool.truth) < 2:
        return None
    with step("fitting probabilities"):
        both = views(scores.plain(), config.evaluation.csls_k)
        return measure(calibrate_pool(run, pool, both, split), both, pool.rows(pool.truth), config.seed)


def calibrate_pool(run: RunReader, pool: Candidates, both: tuple[View, View], split: LinkSplit) -> Calibrator:
    """A calibrator for the candidates of a pool."""
    source, target = (
        torch.from_numpy(np.flatnonzero(np.isin(entities, seeds, invert=True)))
        for entities, seeds in zip((pool.source, pool.target), split.seed_links.T, strict=True)
    )
    table = run.held_back()
    return calibrate(None if table is None else observations_of(table), both, (source, target))


def stored_fused(run: RunReader) -> Tensor:
    """The fused embeddings, float32 `[n, D]`.

    Raises:
        RunFormatError: there are none yet.
    """
    return torch.from_numpy(np.array(require_embeddings(run), np.float32))  # a copy: the file is not to be written to


def require_embeddings(run: RunReader) -> npt.NDArray[np.float16]:
    """The fused embeddings as they are stored, `[n, D]`, memory-mapped.

    Raises:
        RunFormatError: there are none yet.
    """
    fused = run.embedding("fused")
    if fused is None:
        raise RunFormatError(f"{run.folder} has no embeddings: {run.facts.why_missing('embeddings are')}")
    return fused
