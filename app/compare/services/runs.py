"""Two to five runs on the same data: the queries all of them ranked, and what changed from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.statistics import holm, paired_bootstrap, query_test

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MOST = 5
FLOWS = {"right": "right in both", "broken": "broken", "fixed": "fixed", "wrong": "wrong in both"}
"""What became of a query from one run to another, in the order of the drawing."""

NAMES = "ABCDE"
"""What the runs are called on the page, in the order they were chosen."""

_WHY = {
    "seed": "training links of {}",
    "validation": "validation links of {}",
    "test": "not ranked by {}",
    "": "without a link in {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The test queries of one direction that every run ranked against the same counterpart.

    Args:
        queries: int64 `[q]`, entity ids.
        ranks: float64 `[r, q]`, 1-based realistic rank of the truth in each run, each query ranked alone.
        left_out: why others are out → how many.
    """

    queries: Ids
    ranks: npt.NDArray[np.float64]
    left_out: dict[str, int]

    @property
    def found(self) -> Mask:
        """`[r, q]`, whether the truth came first."""
        return self.ranks <= 1


def same_data(run: RunView, other: RunView) -> bool:
    """Whether both were trained on the same data set, so that an entity has the same id in both."""
    marks = [one.fingerprint for one in (run, other)]
    return marks[0] is not None and marks[0] == marks[1] and run.n == other.n


def data_name(run: RunView) -> str:
    """Of the data set that a run was trained on."""
    return run.reader.facts.data_name or "unnamed data"


def common(runs: Sequence[RunView], direction: str) -> Common:
    """What can be compared.

    Args:
        runs: of the same data.
        direction: one of `layout.DIRECTIONS`.

    Raises:
        RunFormatError: a run has not written its predictions, or is of other data.
    """
    first = runs[0]
    for name, run in zip(NAMES, runs, strict=False):
        if not same_data(run, first):
            raise RunFormatError(f"{name} was trained on other data than A, so they have no query in common.")
    ranks, truth = (np.stack(part) for part in zip(*(_ranked(run, direction) for run in runs), strict=True))
    ranked = np.isfinite(ranks)
    together = ranked.all(axis=0) & (truth == truth[0]).all(axis=0)
    rest, left_out = ranked.any(axis=0) & ~together, {}
    for name, run, own in zip(NAMES, runs, ranked, strict=False):
        for split, words in _WHY.items():
            if count := int((rest & ~own & (run.split == split)).sum()):
                left_out[words.format(name)] = count
        rest &= own
    if rest.any():
        left_out["judged against another counterpart"] = int(rest.sum())
    queries = np.flatnonzero(together)
    return Common(queries=queries, ranks=ranks[:, queries], left_out=left_out)


def _ranked(run: RunView, direction: str) -> tuple[npt.NDArray[np.float64], Ids]:
    """`[n]` rank of the truth of each test query, NaN elsewhere, and `[n]` the truth."""
    table = run.reader.predictions(["direction", "query", "split", "truth", "rank"])
    if table is None:
        raise RunFormatError(f"{run.run_id} has no predictions yet; they are written when its training ends.")
    table = table[(table["direction"] == direction) & (table["split"] == "test")].drop_duplicates("query")
    rank, truth = np.full(run.n, np.nan), np.full(run.n, -1, np.int64)
    rank[table["query"]], truth[table["query"]] = table["rank"], table["truth"]
    return rank, truth


def differences(both: Common) -> pd.DataFrame:
    """Each run beside the first one, on the common queries.

    Returns:
        A row a run, columns: hits@1, mrr; and but for the first: difference_hits@1 and difference_mrr with _low and
        _high (95 % paired bootstrap over the queries), fixed and broken (queries), p (exact McNemar test) and p_holm
        (corrected over the runs).
    """
    rows = []
    hits, reciprocal = both.found.astype(float), 1 / both.ranks
    for place, (own, mrr) in enumerate(zip(hits, reciprocal, strict=True)):
        row = {"hits@1": own.mean(), "mrr": mrr.mean()} if len(both.queries) else {}
        if place and len(both.queries):
            change = np.stack([own - hits[0], mrr - reciprocal[0]])
            for name, mean, ends in zip(("hits@1", "mrr"), change.mean(axis=1), paired_bootstrap(change), strict=True):
                row |= {
                    f"difference_{name}": mean,
                    f"difference_{name}_low": ends[0],
                    f"difference_{name}_high": ends[1],
                }
            test = query_test(*(_answers(both, run) for run in (place, 0)))
            row |= {"fixed": test.wins, "broken": test.losses, "p": test.p}
        rows.append(row)
    table = pd.DataFrame(rows, index=list(NAMES[: len(rows)]))
    if "p" in table:
        table["p_holm"] = holm(table["p"].to_numpy(float))
    return table


def other_figures(runs: Sequence[RunView], rows: pd.DataFrame, direction: str) -> dict[str, str]:
    """Letter → headline Hits@1 of the runs for which it is another than on the common queries.

    Args:
        runs: in the order of `rows`.
        rows: as `differences` gives them.
        direction: of both.
    """
    lines = {}
    for letter, run, here in zip(rows.index, runs, rows["hits@1"], strict=True):
        shown = headline.headline(run)
        value = shown.metrics.get(direction, {}).get("hits@1") if shown else None
        if value is not None and f"{value:.1%}" != f"{here:.1%}":
            lines[str(letter)] = f"Hits@1 {value:.1%}"
    return lines


def _answers(both: Common, run: int) -> pd.Series:
    index = pd.MultiIndex.from_product([[0], both.queries], names=["seed", "query"])
    return pd.Series(both.found[run], index=index)


def flow(both: Common, before: int, after: int) -> dict[str, Ids]:
    """Flow → its queries, from one run (by its place) to another."""
    was, now = both.found[before], both.found[after]
    masks = {"right": was & now, "broken": was & ~now, "fixed": ~was & now, "wrong": ~was & ~now}
    return {name: both.queries[mask] for name, mask in masks.items()}


def flow_table(before: RunView, after: RunView, queries: Ids, direction: str) -> pd.DataFrame:
    """What both runs made of some queries: entity, counterpart, and prediction and rank of the truth in each."""
    table = pd.DataFrame({"Entity": before.labels[queries], "Counterpart": before.labels[before.partner[queries]]})
    for name, run in (("before", before), ("after", after)):
        rows = run.reader.predictions(["direction", "query", "split", "rank", "candidates"])
        if rows is None:
            continue
        rows = rows[(rows["direction"] == direction) & rows["query"].isin(queries)].drop_duplicates("query")
        rows = rows.set_index("query").loc[queries]
        best = [row[0] if len(row) else -1 for row in rows["candidates"]]
        table[f"Prediction {name}"] = [run.labels[i] if i >= 0 else "" for i in best]
        table[f"Rank {name}"] = rows["rank"].to_numpy()
    return table
