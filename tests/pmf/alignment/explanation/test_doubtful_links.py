"""Links that may be wrong, of a data set and of a run: which ones, with what in their place, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pmf.alignment.explanation.doubtful_links import doubtful_links_of_data
from pmf.audit.doubt import doubt_findings
from pmf.cli import main
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.logic.doubt import CLEAR
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ROOT

WRONG = [3, 40, 77, 110]
"""Links of the bundled data whose targets change places."""


@pytest.fixture(scope="module")
def graphs() -> GraphPair:
    return read_graph_pair("demo")


@pytest.fixture(scope="module")
def changed(graphs: GraphPair) -> GraphPair:
    links = graphs.links.copy()
    links[WRONG, 1] = np.roll(links[WRONG, 1], 1)
    return replace(graphs, links=links, splits={})


def test_wrong_links_of_a_data_set_are_listed_with_their_right_counterpart(
    graphs: GraphPair, changed: GraphPair
) -> None:
    doubtful = doubtful_links_of_data(changed)
    listed = {(link.source, link.target): link for link in doubtful}
    right = set(map(tuple, graphs.links.tolist()))
    assert not set(listed) & right
    assert len(listed) >= 3
    for pair, link in listed.items():
        assert len({*pair, *link.rival}) == 3
        assert link.rival in right
        assert link.probability >= CLEAR
        assert link.because
    assert [link.probability for link in doubtful] == sorted((link.probability for link in doubtful), reverse=True)
    (finding,) = doubt_findings(changed)
    assert (finding.count, finding.severity) == (len(doubtful), "note")
    assert set(finding.examples[:2]) <= {end for pair in listed for end in pair}
    assert list(doubt_findings(graphs)) == []
    assert list(doubt_findings(replace(graphs, links=graphs.links[:0]))) == []


def test_a_run_asks_its_seeds_about_all_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of its seeds and two of its test links are made wrong; test links are no evidence."""
    source, folder = ROOT / "assets" / "runs" / "atlas", tmp_path / "atlas"
    folder.mkdir()
    for path in source.iterdir():
        if path.name != layout.LINKS:
            (folder / path.name).symlink_to(path)
    links = RunReader(source).links
    seeds, tests = (links.index[links["split"] == part][[10, 50]] for part in ("seed", "test"))
    for rows in (seeds, tests):
        links.loc[rows, "target"] = links.loc[rows, "target"].to_numpy()[::-1]
    links.to_parquet(folder / layout.LINKS)
    assert main(["explain", str(folder), "--links", "--json"]) == 0
    listed = {(row["source"], row["target"]): row["split"] for row in json.loads(capsys.readouterr().out)}
    rows = links.loc[[*seeds, *tests]]
    changed = dict(zip(zip(rows["source"], rows["target"], strict=True), rows["split"], strict=True))
    found = {pair: part for pair, part in listed.items() if pair in changed}
    assert found.items() <= changed.items()
    assert set(found.values()) == {"seed", "test"}
    assert main(["explain", str(folder), "--links"]) == 0
    printed = capsys.readouterr().out
    assert f"{len(listed)} links may be wrong, by rules that start from the seed links" in printed
    assert "likelier (0." in printed
