"""Three or more data sets, aligned two by two: entities of one data set that chains of pairs declare to be the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from app.alignment.services.given import given_links
from app.shared.services.run_view import RunView
from pmf.errors import ConfigError
from pmf.runs.accepted import pair_id

COLUMNS = ("group", "run", "id", "source", "target", "state", "probability", "suspect")

Edge = tuple[str, str, str, float | None]
"""Uris of source and target, state, and probability; None where people decided, or the link was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradictions:
    """What several alignments say together.

    Args:
        data_sets: how many there are.
        groups: groups of entities that pairs connect.
        contradicting: of these, groups with two entities of one data set.
        pairs: a row a pair of those groups, with `COLUMNS`; `suspect` marks the least certain of a group.
    """

    data_sets: int
    groups: int
    contradicting: int
    pairs: pd.DataFrame


def given(run: RunView) -> list[Edge]:
    """The links that a run was given to train and to choose by."""
    return [(str(run.uris[one]), str(run.uris[other]), "given", None) for one, other in given_links(run)]


def contradictions(runs: Sequence[RunView], edges: Sequence[Sequence[Edge]]) -> Contradictions:
    """The groups in which a chain of pairs leads from one entity to another of the same data set.

    Sides of two runs are the same data set where an entity stands in both. Several counterparts that one alignment
    gives to one entity are no contradiction by themselves.

    Args:
        runs: one for each pair of data sets.
        edges: the pairs of each run.

    Raises:
        ConfigError: both sides of a run have an id in common, so which data set an entity is of cannot be told.
    """
    data_set = _data_sets(runs)
    table = pd.DataFrame(
        [
            (number, run.run_id, *edge)
            for number, (run, some) in enumerate(zip(runs, edges, strict=True))
            for edge in some
        ],
        columns=["number", "run", "source", "target", "state", "probability"],
    ).drop_duplicates(["number", "source", "target"])
    ends = [
        list(zip(table["number"].map(lambda n, side=side: data_set[n][side]), table[name], strict=True))
        for side, name in enumerate(("source", "target"))
    ]
    codes, entities = pd.factorize(pd.Series([*ends[0], *ends[1]], dtype=object))
    one, other = np.split(codes, 2)
    links = coo_matrix((np.ones(len(table), np.int8), (one, other)), (len(entities),) * 2)
    groups, group = connected_components(links, directed=False)
    sets = np.array([data for data, _ in entities], np.int64)
    # within one alignment, several counterparts are a decision; through another one, they are a contradiction
    several = pd.Series(sets).groupby(group).agg(lambda part: part.duplicated().any()).to_numpy(bool, copy=True)
    several &= pd.Series(table["number"].to_numpy()).groupby(group[one]).nunique().to_numpy() > 1
    kept = several[group[one]]
    pairs = table[kept].assign(group=group[one][kept])
    pairs["group"] = pd.factorize(pairs["group"])[0] + 1
    pairs["id"] = [pair_id(*pair) for pair in zip(pairs["source"], pairs["target"], strict=True)]
    certain = pairs["probability"].astype(float).fillna(1)
    pairs["suspect"] = (certain == certain.groupby(pairs["group"]).transform("min")) & (certain < 1)
    pairs = pairs.assign(certain=certain).sort_values(["group", "certain"], kind="stable")
    return Contradictions(
        data_sets=len(set(sets.tolist())),
        groups=groups,
        contradicting=int(several.sum()),
        pairs=pairs.reset_index(drop=True)[list(COLUMNS)],
    )


def _data_sets(runs: Sequence[RunView]) -> list[tuple[int, int]]:
    """A number for the data set of each side of each run."""
    sides = [set(run.uris[part].tolist()) for run in runs for part in (slice(run.n_source), slice(run.n_source, None))]
    common = [[not one.isdisjoint(other) for other in sides] for one in sides]
    _, number = connected_components(np.array(common), directed=False)
    for run, pair in zip(runs, number.reshape(-1, 2).tolist(), strict=True):
        if pair[0] == pair[1]:
            raise ConfigError(
                f"both graphs of {run.run_id} have an id in common, or share one with the same other graph: "
                "which data set an entity is of cannot be told"
            )
    return [tuple(pair) for pair in number.reshape(-1, 2).tolist()]
