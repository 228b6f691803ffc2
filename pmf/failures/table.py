"""The table of failures: each test query of a run, and why it went wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from pmf.alignment.evaluation.of_run import counterparts_of
from pmf.alignment.explanation.counterfactual import write_counterfactuals
from pmf.arrays import Ids
from pmf.audit.chance import chance_in_words, is_at_chance
from pmf.data.graph_pair import GraphPair
from pmf.errors import RunFormatError
from pmf.failures.causes import CAUSES, UNEXPLAINED
from pmf.failures.contrast import Contrast, contrast
from pmf.failures.evidence import Evidence, collect, judged
from pmf.failures.repaired import repaired_ranks
from pmf.failures.rules import RULES
from pmf.files import replace_file
from pmf.modalities.whole import WHOLE
from pmf.progress import Progress, silent
from pmf.runs import layout
from pmf.runs.reader import RunReader

MOST_RIGHT = 20_000
"""Right answers that rules are asked of: enough to know a share of 1 % to a tenth of it, in the memory of few."""

_RANKS = ("alone", "without", "thawed", "repaired_without", "repaired_thawed")


def write_failures(run: RunReader, pair: GraphPair | None, progress: Progress = silent) -> pd.DataFrame:
    """Find the causes of a run's errors on test links, and store them and the counterfactual ranks behind them.

    Candidates are those of the run's own evaluation. Test links are read here because this is a diagnosis; nothing
    of it goes back into a training.

    Args:
        run: a run whose training has ended.
        pair: the graphs it was trained on; without them the rules that need them are left out, and a note says so.
        progress: called with (what, done, total).

    Returns:
        Columns as in `layout.FAILURE_COLUMNS`, one row a test query and direction, right ones too.

    Raises:
        RunFormatError: the run has not finished, has no test links, or is damaged.
    """
    results = run.results()
    if results is None or run.predictions() is None:
        raise RunFormatError(f"{run.folder} has not finished: causes are found for the errors that a run ends with")
    scope = str(run.facts.settings["evaluation.scope"])
    ranks = write_counterfactuals(run, scope, progress)
    repaired = repaired_ranks(run, scope, progress)
    progress("causes", 0, 1)
    queries = judged(run, ranks, repaired)
    compared = to_compare(queries)
    table = explain(queries, compared, collect(run, queries, compared, pair))
    table.attrs |= {
        "scope": scope,
        "decode": str(results.get("decode", "")),
        "notes": [*_notes(run, pair), *_left_out(table.attrs["contrasts"])],
        "calibration": _calibration(run),
    }
    replace_file(run.folder / layout.FAILURES, table.to_parquet)
    progress("causes", 1, 1)
    return table


def to_compare(queries: pd.DataFrame, most_right: int = MOST_RIGHT) -> Ids:
    """Places of the queries of `judged` that rules look at: all wrong ones with a rival, and enough right ones."""
    has_rival, right = (queries["rival"] >= 0).to_numpy(), (queries["rank"] <= 1).to_numpy()
    answers = np.flatnonzero(has_rival & right)
    chosen = answers[:: max(1, -(-len(answers) // most_right))]
    return np.sort(np.concatenate([np.flatnonzero(has_rival & ~right), chosen]))


def explain(queries: pd.DataFrame, compared: Ids, seen: Evidence) -> pd.DataFrame:
    """The table of failures, from every test query as `judged` gives them and the evidence on those at some places.

    A circumstance (`CAUSES`) counts where it tells something in this run, see `pmf.failures.contrast`.
    """
    table = queries[["direction", "query", "truth", "prediction", "rank"]].copy()
    table["right"] = queries["rank"] <= 1
    wrong = ~table["right"].to_numpy()[compared]
    verdicts = {name: rule(seen) for name, rule in RULES.items()}
    contrasts = {name: contrast(verdict.holds, wrong) for name, verdict in verdicts.items()}
    holding: list[list[str]] = [[] for _ in range(len(queries))]
    cause = np.where(table["right"], "", UNEXPLAINED).astype(object)
    modality, epoch, gain = np.full(len(queries), "", object), np.full(len(queries), -1), np.full(len(queries), np.nan)
    names = np.array([*seen.modalities, ""], object)  # -1 is the last
    for name, verdict in reversed(verdicts.items()):  # the first of them has the last word
        if CAUSES[name].circumstance and not contrasts[name].tells:
            continue
        holds = verdict.holds & wrong
        here = compared[holds]
        cause[here], modality[here] = name, names[verdict.modality[holds]]
        epoch[here], gain[here] = verdict.epoch[holds], verdict.gain[holds]
        for row in here:
            holding[row].insert(0, name)
    ranks = [f"{kind}_{m}" for kind in _RANKS for m in seen.modalities]
    table["cause"], table["modality"], table["causes"] = cause, modality, holding
    table["epoch"], table["gain"] = epoch, gain
    table = table.join(queries[["similarity_rank", *ranks]])
    table.attrs["contrasts"] = {name: asdict(one) for name, one in contrasts.items()}
    return table


def _calibration(run: RunReader) -> dict[str, Any] | None:
    """Whether probabilities of being right hold, by direction; None where there are too few links."""
    counterparts = counterparts_of(run)
    return counterparts and {direction: counterparts[direction]["right"] for direction in layout.DIRECTIONS}


def _left_out(contrasts: dict[str, dict[str, float | None]]) -> list[str]:
    """A sentence for each circumstance that goes with errors of this run and explains none of them."""
    return [
        f"“{CAUSES[name].title.capitalize()}” explains nothing here: it holds for {one['wrong']:.1%} of the errors and "
        f"for {one['right']:.1%} of the right answers."
        for name, one in contrasts.items()
        if one["wrong"] and CAUSES[name].circumstance and not Contrast(**one).tells
    ]


def _notes(run: RunReader, pair: GraphPair | None) -> list[str]:
    """A sentence for each rule that cannot be asked of this run."""
    notes = []
    if is_at_chance(run.results()):
        notes.append(chance_in_words(run.results() or {}, run.facts.account))
    if pair is None:
        notes.append(
            "Neighbours and near-duplicate entities were not looked at: the data set of the run was not at hand."
        )
    if run.modalities == (WHOLE.name,):
        notes.append(
            "Causes that compare modalities were not looked for: no embeddings of modalities came with the run."
        )
        return notes
    if "image" not in run.modalities:
        notes.append("Pictures were not looked at: the run does not use them.")
    if not {"name", "char"} & set(run.modalities):
        notes.append("Names were not looked at: the run does not use them.")
    return notes
