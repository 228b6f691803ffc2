"""Runs that were adopted with scores of pairs and without embeddings: everything is read from their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.errors import ConfigError, RunFormatError
from pmf.runs.layout import DIRECTIONS, SOURCE_TO_TARGET
from pmf.runs.reader import RunReader


def scores_only(run: RunReader) -> bool:
    """Whether a run was adopted with scores of pairs and without embeddings."""
    return run.facts.adopted is not None and not run.facts.adopted.embeddings


def figures_that_came(run: RunReader, scope: str | None, decode: str | None) -> dict[str, Any]:
    """The figures that were taken when the run was adopted, as `evaluate_run` gives them.

    Raises:
        ConfigError: other candidates or another decoding are wanted.
    """
    if scope not in (None, run.facts.scope) or decode not in (None, run.facts.settings["evaluation.decode"]):
        raise ConfigError(f"{run.folder} has scores of pairs and no embeddings: adopt it anew with that setting")
    results = run.results() or {}
    names = (*DIRECTIONS, "split", "scope", "decode", "selection")
    nothing = {"alignment": None, "search": None, "counterparts": None, "seed": None}
    return {**{name: results[name] for name in names if name in results}, **nothing, "run": run.run_id}


def pairs_that_came(run: RunReader, *, one_to_one: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who belongs together by the scores, and the source entities that are left, best first.

    Args:
        run: adopted with scores alone.
        one_to_one: keep pairs that are each other's first candidate; False = every source's first.

    Returns:
        As in `pmf.alignment.evaluation.align.Matching`; `probability` only where the scores are probabilities, and
        never of having no counterpart.

    Raises:
        RunFormatError: there are no predictions.
    """
    table = run.predictions(["direction", "query", "candidates", "similarity"])
    if table is None or run.facts.adopted is None:
        raise RunFormatError(f"{run.folder} has no predictions")
    table = table[table["candidates"].map(len) > 0]
    first = np.full(run.n_entities, -1, np.int64)
    first[table["query"]] = [row[0] for row in table["candidates"]]
    forward = table[table["direction"] == SOURCE_TO_TARGET]
    source, target = forward["query"].to_numpy(), first[forward["query"]]
    uris = run.entities["uri"].to_numpy()
    shown = [float(row[0]) for row in forward["similarity"]]
    pairs = pd.DataFrame({"source": uris[source], "target": uris[target], "similarity": shown})
    kept = (first[target] == source) if one_to_one else np.ones(len(pairs), np.bool_)
    alone = pairs[~kept].rename(columns={"target": "best_candidate"})
    if run.facts.adopted.probabilities:
        pairs["probability"] = pairs["similarity"]
    best, rest = (
        part.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)
        for part in (pairs[kept], alone)
    )
    return best, rest


def similarities_that_came(
    run: RunReader, left: npt.NDArray[np.integer], right: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Of pairs of entities of any shape, those that are among the stored candidates of either; NaN of others.

    Raises:
        RunFormatError: there are no predictions.
    """
    table = run.predictions(["query", "candidates", "similarity"])
    if table is None:
        raise RunFormatError(f"{run.folder} has no predictions")
    lengths = table["candidates"].map(len).to_numpy()
    query = np.repeat(table["query"].to_numpy(np.int64), lengths)
    candidate = np.concatenate([np.zeros(0, np.int64), *table["candidates"]]).astype(np.int64)
    similarity = np.concatenate([np.zeros(0), *table["similarity"]])
    keys = np.minimum(query, candidate) * run.n_entities + np.maximum(query, candidate)
    order = np.argsort(keys, kind="stable")
    keys, similarity = keys[order], similarity[order]
    wanted = np.minimum(left, right) * run.n_entities + np.maximum(left, right)
    place = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    if not len(keys):
        return np.full(wanted.shape, np.nan)
    return np.where(keys[place] == wanted, similarity[place], np.nan)


def ranks_that_came(run: RunReader, scope: str) -> pd.DataFrame:
    """The rank of each test query's truth by the scores, columns as in `pmf.runs.layout.COUNTERFACTUAL_COLUMNS`.

    Raises:
        RunFormatError: there are no predictions.
    """
    table = run.predictions(["direction", "query", "truth", "split", "rank"])
    if table is None:
        raise RunFormatError(f"{run.folder} has no predictions")
    table = table[(table["split"] == "test") & table["rank"].notna()].drop(columns="split").assign(scope=scope)
    for name in run.modalities:  # one, the whole: nothing is left without it, and nothing is frozen
        table[f"alone_{name}"], table[f"without_{name}"] = table["rank"], np.nan
        table[f"thawed_{name}"] = table["rank"]
    return table.reset_index(drop=True)
