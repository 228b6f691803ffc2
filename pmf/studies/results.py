"""What the runs of a study found: one row a run, stage and direction, and one a group of entities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pmf.alignment.metrics import rank_metrics
from pmf.data.degrees import degree_bucket
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.studies.annotator import pool_found
from pmf.studies.cells import Cell
from pmf.studies.freezing_quality import freezing_quality

FIGURES = ("hits@1", "hits@10", "mrr", "mean_rank")


def results_table(study: str, cells: Sequence[Cell]) -> pd.DataFrame:
    """Every figure of every run.

    Args:
        study: its name.
        cells: finished.

    Returns:
        A row per cell, stage ("stage 1", …, the last is "end") and direction: study, setting, value, seed, preset,
        run, dataset, n_entities, n_test, seed_ratio, matched and rejected (verdicts that the run used), scope, decode,
        selection, split, stage, direction; hits@1, hits@10, mrr, mean_rank of the fused embeddings; hits@1_MODALITY
        and mrr_MODALITY of each alone; frozen_MODALITY, share of all entities; and at the end, where the data tell
        which pictures can help, the columns of `freezing_quality`, in the study "annotator" pool_hits@1, the share of
        the pool that is right with the verdicts, see `pool_found`, and where seed links were made wrong
        doubt_precision and doubt_recall: of those that rules doubt and that therefore did not train.

    Raises:
        RunFormatError: a run cannot be read.
    """
    return pd.DataFrame([row for cell in cells for row in _rows(study, cell)])


def _rows(study: str, cell: Cell) -> Iterator[dict[str, Any]]:
    run = RunReader(cell.folder)
    about = {
        "study": study,
        "setting": cell.variant.setting,
        "value": cell.variant.value,
        "seed": cell.seed,
        "preset": cell.config.preset,
        "run": run.run_id,
        "dataset": run.facts.data_name,
        "n_entities": run.n_entities,
        "n_test": int((run.links["split"] == "test").sum()),
        "seed_ratio": cell.config.seed_ratio,
        **{name: len(run.facts.review.get(name, [])) for name in ("matched", "rejected")},
    }
    reports = run.epoch_reports()
    last = {f"stage {report['stage']}": report for report in reports} | {"end": reports[-1]}
    for stage, report in last.items():
        results = run.results(stage)
        if results is None:  # the last stage ends at the end
            continue
        frozen = {f"frozen_{name}": share for name, share in report["frozen_share"].items()}
        quality: dict[str, float] = {}
        if stage == "end":
            quality = freezing_quality(run) | _pool_quality(run) | _doubt_quality(reports[0].get("rules", {}))
        for direction in layout.DIRECTIONS:
            alone = {
                f"{name}_{modality}": figures[direction][name]
                for name in ("hits@1", "mrr")
                for modality, figures in results["single_modality"].items()
            }
            yield {
                **about,
                **{name: results[name] for name in ("scope", "decode", "selection", "split")},
                "stage": stage,
                "direction": direction,
                **{name: results[direction][name] for name in FIGURES},
                **alone,
                **frozen,
                **quality,
            }


def _pool_quality(run: RunReader) -> dict[str, float]:
    quality = pool_found(run)
    return {} if quality is None else {"pool_hits@1": float(quality.mean())}


def _doubt_quality(rules: Mapping[str, float]) -> dict[str, float]:
    """Of doubted seed links the share that had been made wrong, and of those the share that is doubted."""
    if not rules.get("swapped"):
        return {}
    doubted = rules["swapped_doubted"]
    precision = doubted / rules["doubted"] if rules["doubted"] else math.nan
    return {"doubt_precision": precision, "doubt_recall": doubted / rules["swapped"]}


def query_ranks(folder: Path) -> pd.DataFrame:
    """Rank of each test query's truth when it is ranked alone, whatever one-to-one rule the figures follow.

    Returns:
        Columns direction, uri, type, degree (all of the query) and rank.

    Raises:
        RunFormatError: the run has no predictions.
    """
    run = RunReader(folder)
    predictions = run.predictions()
    if predictions is None:
        raise RunFormatError(f"{folder} has no predictions; remove it, and run the study again")
    test = predictions[predictions["split"] == "test"]
    about = run.entities.loc[test["query"], ["uri", "type", "degree"]].reset_index(drop=True)
    return pd.concat([test[["direction", "rank"]].reset_index(drop=True), about], axis=1)


def groups_table(study: str, cells: Sequence[Cell]) -> pd.DataFrame:
    """The figures by type and by degree of the query, ranked alone.

    Returns:
        A row per cell, direction and group: study, setting, value, seed, direction, by ("type" or "degree"), group,
        queries, hits@1, hits@10, mrr, mean_rank.
    """
    rows = []
    for cell in cells:
        ranks = query_ranks(cell.folder)
        ranks["degree"] = degree_bucket(ranks["degree"].to_numpy())
        for by in ("type", "degree"):
            for (direction, group), part in ranks.groupby(["direction", by], observed=True):
                rows.append(
                    {
                        "study": study,
                        "setting": cell.variant.setting,
                        "value": cell.variant.value,
                        "seed": cell.seed,
                        "direction": direction,
                        "by": by,
                        "group": group or "no type",
                        "queries": len(part),
                        **rank_metrics(part["rank"].to_numpy()),
                    }
                )
    return pd.DataFrame(rows)
