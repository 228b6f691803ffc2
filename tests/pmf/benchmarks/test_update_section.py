"""The update section: entities held out, then new; the same seeds in both trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pmf.benchmarks.request import Request
from pmf.benchmarks.update import HELD_OUT, held_out, update_section, without
from pmf.commands import bench
from pmf.data.readers import read_graph_pair
from tests.conftest import TINY_SETTINGS


def test_held_out_entities_leave_with_all_that_is_theirs(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    later = held_out(pair, seed=0)
    assert later[pair.links].all(axis=1).sum() == later[pair.links].any(axis=1).sum() == round(HELD_OUT * 56)
    before = without(pair, later)
    gone = {pair.labels[i] for i in np.flatnonzero(later[: pair.n_source])}
    for graph, side in zip((before.source, before.target), (pair.source, pair.target), strict=True):
        kept = [uri for uri in side.entities if uri in set(graph.entities)]
        assert graph.entities == kept
        triples = {tuple(graph.entities[i] for i in ends) for ends in graph.relation_triples[:, [0, 2]].tolist()}
        whole = {tuple(side.entities[i] for i in ends) for ends in side.relation_triples[:, [0, 2]].tolist()}
        assert triples == {ends for ends in whole if set(ends) <= set(kept)}
        assert len(graph.attribute_values) == len(graph.attribute_triples)
    assert gone
    assert gone.isdisjoint(before.labels[: before.n_source])
    names = [(before.labels[s], before.labels[t]) for s, t in before.links.tolist()]
    assert names == [(pair.labels[s], pair.labels[t]) for s, t in pair.links.tolist() if not later[[s, t]].any()]


def test_says_what_an_update_saves_and_costs(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = TINY_SETTINGS | {
        "data": str(tiny_data),
        "modalities": "structure,relation,attribute",
        "train.epochs": "2",
    }
    figures = update_section(Request(section="update", settings=settings | {"train.freeze_epochs": "2"}))
    assert figures["new"] == 2 * 3 + 1  # a twentieth of 56 links and of 16 entities without one
    assert figures["links"] == 6
    assert figures["share"] == figures["update"]["seconds"] / figures["first"]["seconds"]
    for name in ("update", "full"):
        assert set(figures[name]) == {"seconds", "cpu_seconds", "source_to_target", "target_to_source"}
    bench._print_update(figures)
    assert "7 of 128 entities held out" in capsys.readouterr().out
