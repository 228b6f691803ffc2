"""Neighbours in common, counted by hand, and on the bundled run with plain sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pmf.alignment.explanation.neighbours import first_candidates
from pmf.data.graph_pair import GraphPair
from pmf.failures.neighbours import common_neighbours
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from tests.small_graphs import graph_pair
from tests.whole_tables import whole


def test_by_hand(tmp_path: Path) -> None:
    """Asked is for 0, beside 1, 2 and 3; its truth 4 is beside 5, 6 and 7, the prediction 5 beside 4 and 7."""
    writer = RunWriter(tmp_path / "run", epochs=1, modalities=("structure",), n_entities=8)
    config = {
        "config": {"modalities": ["structure"], "train": {"epochs": 1}},
        "n_source": 4,
        "n_entities": 8,
        "dataset": {"name": "small"},
    }
    entities = whole(pd.DataFrame({"uri": list("abcdefgh")}), layout.ENTITIES, ("structure",))
    split = ["test", "test", "validation", "seed"]
    writer.create(config, entities, pd.DataFrame({"source": range(4), "target": range(4, 8), "split": split}))
    predicted = pd.DataFrame({"query": [0, 1, 2], "candidates": [[5, 4], [6, 5], [6]]})  # 1 wrong, 2 right
    whole(predicted, layout.PREDICTIONS, ("structure",)).to_parquet(writer.folder / layout.PREDICTIONS)
    star = [(0, 0, 1), (0, 0, 2), (3, 0, 0), (0, 0, 0)]  # nobody is a neighbour of itself
    both = graph_pair((star, [*star, (1, 0, 3)]), (4, 4))
    common = common_neighbours(RunReader(writer.folder), both, *(np.array([entity]) for entity in (0, 4, 5)))
    counts = common.linked, common.found, common.of_both, common.for_truth, common.for_prediction
    assert [one.tolist() for one in counts] == [[3], [2], [1], [2], [1]]


def test_against_plain_sets(atlas: RunReader, pair: GraphPair) -> None:
    best, links = first_candidates(atlas), atlas.links
    seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy()
    best[seeds.ravel()] = seeds[:, ::-1].ravel()
    truth_of = dict(links[["source", "target"]].to_numpy().tolist()) | dict(
        links[["target", "source"]].to_numpy().tolist()
    )
    near: list[set[int]] = [set() for _ in range(len(pair))]
    for graph, offset in pair.sides():
        for head, tail in (graph.relation_triples[:, [0, 2]] + offset).tolist():
            if head != tail:
                near[head].add(tail)
                near[tail].add(head)
    table = atlas.failures()
    assert table is not None
    part = table[table["prediction"] >= 0].iloc[::7]
    who = [part[name].to_numpy(np.int64) for name in ("query", "truth", "prediction")]
    counted = common_neighbours(atlas, pair, *who)
    for i, (query, truth, prediction) in enumerate(np.stack(who, axis=1).tolist()):
        taken = {int(best[a]) for a in near[query]}
        right = {int(best[a]) for a in near[query] if best[a] == truth_of.get(a)}
        assert counted.linked[i] == len({truth_of.get(a) for a in near[query]} & near[truth])
        assert counted.found[i] == len(right & near[truth])
        assert counted.of_both[i] == len(right & near[truth] & near[prediction])
        assert counted.for_truth[i] == len(taken & near[truth])
        assert counted.for_prediction[i] == len(taken & near[prediction])
