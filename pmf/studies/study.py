"""A study from start to end: train the cells, collect the figures, compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pmf.audit.account import Account
from pmf.files import replace_file
from pmf.progress import Progress
from pmf.studies.annotator import ERROR
from pmf.studies.annotator_cells import plan_annotator
from pmf.studies.catalogue import find_study
from pmf.studies.cells import Request, plan_cells, train_cells
from pmf.studies.results import groups_table, results_table
from pmf.studies.summary import summary_table


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReport:
    """What a study found.

    Args:
        study: its name.
        question: what it asks.
        out: its folder.
        summary: see `summary_table`.
        conditions: sentences without which the figures say nothing.
        left_out: a sentence for each variant that the data have too few links for.
    """

    study: str
    question: str
    out: Path
    summary: pd.DataFrame
    conditions: tuple[str, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; what is not known is null."""
        rows = [
            {name: None if pd.isna(value) else value for name, value in row.items()}
            for row in self.summary.to_dict("records")
        ]
        return {
            "study": self.study,
            "question": self.question,
            "out": str(self.out),
            "conditions": list(self.conditions),
            "left_out": list(self.left_out),
            "summary": rows,
        }


def run_study(
    request: Request, progress: Progress, tell: Callable[[Account], None] = lambda account: None
) -> StudyReport:
    """Train what is not yet trained, and write `results.parquet`, `groups.parquet` and `summary.parquet`.

    Args:
        request: what is asked for.
        progress: called with (what, done, total).
        tell: see `train_cells`.

    Raises:
        PMFError: bad settings or data, or the folder holds something else. Finished runs stay and are not repeated.
    """
    plan = plan_annotator if request.study == "annotator" else plan_cells
    cells, left_out = train_cells(request, plan, progress, tell)
    results = results_table(request.study, cells)
    summary = summary_table(cells, results)
    tables = {"results": results, "groups": groups_table(request.study, cells), "summary": summary}
    for name, table in tables.items():
        replace_file(request.out / f"{name}.parquet", table.to_parquet)
    return StudyReport(
        study=request.study,
        question=find_study(request.study).question,
        out=request.out,
        summary=summary,
        conditions=_conditions(results),
        left_out=tuple(left_out),
    )


def _conditions(results: pd.DataFrame) -> tuple[str, ...]:
    end = results[results["stage"] == "end"]

    def all_of(name: str) -> str:
        return ", ".join(str(value) for value in end[name].unique())

    seeds = end["seed"].nunique()
    sentences = (
        f"Test links, {all_of('scope')} candidates, decoding {all_of('decode')}; epoch chosen by: "
        f"{all_of('selection')}; end of training; mean ± standard deviation over {seeds} seed{'s' * (seeds > 1)}.",
        "± points: difference in Hits@1. p (queries): exact McNemar test, each query ranked alone and counted once "
        "over the seeds; p (seeds): paired t-test, from three seeds on; both corrected by Holm over all rows.",
    )
    if "pool_hits@1" not in results:
        return sentences
    return (
        *sentences,
        f"Hits@1: of links that nobody is asked about; {ERROR:.0%} of the answers are wrong. Pool right: share of the "
        "other links that are right, by a verdict or else as the run's first candidate; p (pool): exact McNemar test.",
    )


def readable(summary: pd.DataFrame) -> pd.DataFrame:
    """The summary with what a person reads first: percent, ± and few digits."""
    table = summary[["setting", "value"]].copy()
    table["direction"] = summary["direction"].str.replace("_", " ")
    percent = {"hits@1": "Hits@1 %", "hits@10": "Hits@10 %", "mrr": "MRR %", "frozen_image": "image frozen %"}
    quality = {"freezing_f1": "freezing F1 %", "freezing_linked_f1": "linked only %", "freezing_auc": "AUC %"}
    others = {"pool_hits@1": "pool right %", "doubt_precision": "doubts right %", "doubt_recall": "wrong doubted %"}
    for name, title in (percent | quality | others).items():
        if f"{name}_mean" in summary:
            pairs = zip(summary[f"{name}_mean"] * 100, summary[f"{name}_sd"] * 100, strict=True)
            table[title] = ["" if pd.isna(m) else f"{m:.1f}" + ("" if pd.isna(s) else f" ± {s:.1f}") for m, s in pairs]
    if "p_queries_holm" in summary:
        table["against"] = summary["against"].fillna("")
        table["± points"] = [_or_blank(value * 100, "+.1f") for value in summary["difference_hits@1"]]
        table["p (queries)"] = [_or_blank(value, ".2g") for value in summary["p_queries_holm"]]
        table["p (seeds)"] = [_or_blank(value, ".2g") for value in summary["p_seeds_holm"]]
    if "p_pool_holm" in summary:
        table["p (pool)"] = [_or_blank(value, ".2g") for value in summary["p_pool_holm"]]
    return table


def _or_blank(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)
