"""Neighbours that two entities have in common: as the links say, and as far as the run knows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmf.alignment.explanation.neighbours import first_candidates
from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.runs.reader import RunReader

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """How many neighbours of the truth, or the prediction, are counterparts of the query's; int64 `[e]` each.

    Args:
        linked: of the truth, as all links of the data say, test links too.
        found: those among them that the run knows, by a seed link or as a first candidate.
        of_both: those of `found` that are neighbours of the prediction too.
        for_truth: of the truth, as the run takes it, rightly or not.
        for_prediction: the same of the prediction.
    """

    linked: Counts
    found: Counts
    of_both: Counts
    for_truth: Counts
    for_prediction: Counts


def common_neighbours(run: RunReader, pair: GraphPair, query: Ids, truth: Ids, prediction: Ids) -> Common:
    """Count them for e queries, each int64 `[e]` entity ids."""
    near = neighbours(pair)
    links = run.links[["source", "target"]].to_numpy(np.int64)
    linked = _table(np.concatenate([links, links[:, ::-1]]), len(pair))
    taken = _table(_taken(run), len(pair))
    ours = {name: near[query] @ table for name, table in (("linked", linked), ("taken", taken))}
    ours["found"] = near[query] @ taken.multiply(linked).tocsr()

    def count(which: str, *others: Ids) -> Counts:
        shared = ours[which].astype(bool)
        for other in others:
            shared = shared.multiply(near[other])
        return np.asarray(shared.sum(axis=1), np.int64).ravel()

    return Common(
        linked=count("linked", truth),
        found=count("found", truth),
        of_both=count("found", truth, prediction),
        for_truth=count("taken", truth),
        for_prediction=count("taken", prediction),
    )


def neighbours(pair: GraphPair) -> sparse.csr_array:
    """Bool `[n, n]`: who is at the other end of a relation triple, the entity itself left out."""
    ends = np.concatenate([graph.relation_triples[:, [0, 2]] + offset for graph, offset in pair.sides()])
    ends = ends[ends[:, 0] != ends[:, 1]]
    return _table(np.concatenate([ends, ends[:, ::-1]]), len(pair))


def _taken(run: RunReader) -> Ids:
    """(entity, its counterpart) as the run takes it: by a seed link, else its first candidate; int64 `[·, 2]`."""
    best = first_candidates(run)
    seeds = run.links.loc[run.links["split"] == "seed", ["source", "target"]].to_numpy(np.int64)
    best[seeds.ravel()] = seeds[:, ::-1].ravel()
    known = np.flatnonzero(best >= 0)
    return np.stack([known, best[known]], axis=1)


def _table(pairs: Ids, n: int) -> sparse.csr_array:
    ones = np.ones(len(pairs), np.bool_)
    return sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n)).tocsr()
