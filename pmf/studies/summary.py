"""A study in one table: mean and spread over seeds, and how sure the difference to the reference is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pmf.runs.layout import DIRECTIONS, SOURCE_TO_TARGET
from pmf.runs.reader import RunReader
from pmf.statistics import holm, query_test, seed_test
from pmf.studies.annotator import pool_found
from pmf.studies.cells import Cell
from pmf.studies.results import FIGURES, query_ranks

_POOL = "pool"


def summary_table(cells: Sequence[Cell], results: pd.DataFrame) -> pd.DataFrame:
    """A row per variant and direction, from the end of each run.

    Args:
        cells: finished, in the order of the catalogue.
        results: of these cells, as by `results_table`.

    Returns:
        setting, value, direction, scope, decode, selection, seeds (how many); NAME_mean and NAME_sd of every figure
        and share of `results` (sd NaN with one seed); against, the variant it is compared with ("" for the first,
        which is compared with none); difference_hits@1 to that, mean over common seeds; queries, wins, losses,
        p_queries (see `query_test`; queries ranked alone); p_seeds (see `seed_test`, of hits@1); in the study
        "annotator" pool_wins, pool_losses and p_pool (see `query_test`, of `pool_found`), source to target; and each
        p as `_holm`, corrected over all rows of this table.
    """
    end = results[results["stage"] == "end"]
    hits = _hits(cells)
    first = (cells[0].variant.setting, cells[0].variant.value)
    compared = {(c.variant.setting, c.variant.value): c.variant.against or first for c in cells}
    rows = []
    for variant, against in compared.items():
        for direction in DIRECTIONS:
            ours, theirs = (
                end[(end["setting"] == setting) & (end["value"] == value) & (end["direction"] == direction)]
                for setting, value in (variant, against)
            )
            row = dict(zip(("setting", "value"), variant, strict=True)) | {"direction": direction, **_spread(ours)}
            if variant == first:
                row["against"] = ""
            elif len(theirs):  # it may have had too few links
                row |= _comparison(ours, theirs, hits[(*variant, direction)], hits[(*against, direction)])
                if direction == SOURCE_TO_TARGET and (*variant, _POOL) in hits:
                    test = query_test(hits[(*variant, _POOL)], hits[(*against, _POOL)])
                    row |= {"pool_wins": test.wins, "pool_losses": test.losses, "p_pool": test.p}
            rows.append(row)
    table = pd.DataFrame(rows)
    for name in ("p_queries", "p_seeds", "p_pool"):
        if name in table:
            table[f"{name}_holm"] = holm(table[name].to_numpy(float))
    return table


def _comparison(ours: pd.DataFrame, theirs: pd.DataFrame, hits: pd.Series, their_hits: pd.Series) -> dict[str, Any]:
    figures, reference = ours.set_index("seed")["hits@1"].align(theirs.set_index("seed")["hits@1"], join="inner")
    test = query_test(hits, their_hits)
    return {
        "against": " = ".join(theirs[["setting", "value"]].iloc[0]),
        "difference_hits@1": float((figures - reference).mean()),
        "queries": test.queries,
        "wins": test.wins,
        "losses": test.losses,
        "p_queries": test.p,
        "p_seeds": seed_test(figures.to_numpy(), reference.to_numpy()),
    }


def _hits(cells: Sequence[Cell]) -> dict[tuple[str, str, str], pd.Series]:
    """Which test queries each variant finds, by direction, and which of the pool; indexed by (seed, query)."""
    parts: dict[tuple[str, str, str], dict[int, pd.Series]] = {}
    for cell in cells:
        ranks = query_ranks(cell.folder)
        for direction, part in ranks.groupby("direction"):
            hits = pd.Series(part["rank"].to_numpy() <= 1, index=part["uri"].to_numpy())
            parts.setdefault((cell.variant.setting, cell.variant.value, str(direction)), {})[cell.seed] = hits
        pool = pool_found(RunReader(cell.folder))
        if pool is not None:
            parts.setdefault((cell.variant.setting, cell.variant.value, _POOL), {})[cell.seed] = pool
    return {key: pd.concat(by_seed, names=["seed", "query"]) for key, by_seed in parts.items()}


def _spread(rows: pd.DataFrame) -> dict[str, Any]:
    same = {name: ", ".join(sorted(rows[name].unique())) for name in ("scope", "decode", "selection")}
    shares = [c for c in map(str, rows) if c.startswith(("doubt_", "freezing_", "frozen_", "hits@1_", "mrr_", "pool_"))]
    figures = {
        f"{name}_{how}": float(getattr(rows[name], how.replace("sd", "std"))())
        for name in [*FIGURES, *shares]
        for how in ("mean", "sd")
    }
    return {**same, "seeds": len(rows), **figures}
