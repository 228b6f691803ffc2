"""A training whose entities are compared through an index: what it finds, what it says, what it needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pmf.alignment.evaluation.of_run import evaluate_run
from pmf.alignment.search import index
from pmf.cli import main
from pmf.errors import ConfigError
from pmf.progress import silent
from pmf.runs.layout import DIRECTIONS
from pmf.runs.reader import RunReader
from pmf.training.start import new_run
from tests.conftest import TINY_SETTINGS

pytestmark = pytest.mark.usefixtures("one_thread")

INDEXED = {"evaluation.exact_pairs": "0", "evaluation.index_pairs": "0", "evaluation.decode": "mutual"}


def test_a_run_through_an_index_is_the_run_by_all_pairs_and_says_so(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So few entities all come into every shortlist: what differs is the path, and the last digits."""
    settings = TINY_SETTINGS | {"data": str(tiny_data), "train.snapshots": "2"}
    found, results = new_run("default", settings | INDEXED, tmp_path / "index", silent)
    exact, plain = new_run("default", settings | {"evaluation.decode": "mutual"}, tmp_path / "exact", silent)
    assert plain["search"] is None
    told = results["search"]
    assert (told["k"], told["ranked_links"], told["links"]) == (10, 34, 34)
    assert min(told["recall"].values()) > 0.99
    for direction in DIRECTIONS:
        assert results[direction] == pytest.approx(plain[direction], rel=0.05)
    tables = [RunReader(folder).predictions() for folder in (found, exact)]
    assert tables[0] is not None
    assert tables[1] is not None
    assert (tables[0]["rank"].dropna() <= 33).all()
    firsts = [np.array([row[0] for row in table["candidates"]]) for table in tables]
    assert (firsts[0] == firsts[1]).mean() > 0.9
    relevance = [np.asarray(RunReader(folder).relevance(), np.float32) for folder in (found, exact)]
    np.testing.assert_allclose(relevance[0], relevance[1], atol=0.02)

    assert evaluate_run(RunReader(found))["search"] == told
    capsys.readouterr()
    assert main(["evaluate", str(found)]) == 0
    assert "figures are of 34 of 34 links" in capsys.readouterr().out
    assert main(["evaluate", str(exact), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["search"] is None
    assert main(["match", str(found), "--out", str(tmp_path / "alignment.tsv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] > 0


@pytest.mark.parametrize("candidates", ["all", "linked"])
def test_a_missing_library_is_told_before_the_training(
    candidates: str, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    # more pairs than linked entities make, fewer than all: only the last evaluation needs an index
    pairs = {"all": "0", "linked": str(50 * 50)}[candidates]
    settings = {
        "freezing.candidates": candidates,
        "evaluation.exact_pairs": "0",
        "evaluation.index_pairs": pairs,
        "evaluation.scope": "open",
    }
    with pytest.raises(ConfigError, match="needs the package faiss-cpu"):
        new_run("published", TINY_SETTINGS | {"data": str(tiny_data)} | settings, tmp_path / "r", silent)
