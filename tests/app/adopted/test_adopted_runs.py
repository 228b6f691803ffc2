"""Every page on adopted runs: it shows what came, and says what did not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pmf
from app.report.__main__ import main
from app.shared.services import catalog
from pmf.failures.table import write_failures
from tests import foreign_systems as foreign
from tests.app.pages import open_page, sentences, visit

PAGES = ("overview", "freezing", "embeddings", "matches", "review", "failures", "compare", "data")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Adopted from OpenEA (embeddings), numpy dumps (of modalities), Splink (scores) and a matrix (ranked by CSLS)."""
    root = tmp_path_factory.mktemp("adopted")
    numbered, tables = foreign.numbered_data(root / "numbered"), foreign.table_data(root / "tables")
    foreign.openea_output(root / "openea")
    foreign.dumps(root / "dumps")
    foreign.splink_predictions(root / "splink.csv")
    for data, name in ((numbered, "openea"), (numbered, "dumps"), (tables, "splink.csv")):
        run = pmf.adopt(data, root / name, run=root / "runs" / name.partition(".")[0], maps=False)
        write_failures(run, pmf.read_data(data))
    source, target = (np.array(table) for table in foreign.vectors(4, 9, 0.8))
    np.save(root / "similarity.npy", source @ target.T)
    ranking = {"evaluation.decode": "csls", "evaluation.csls_k": 5}
    pmf.adopt(tables, root / "similarity.npy", run=root / "runs" / "matrix", settings=ranking)
    return root / "runs"


@pytest.fixture(autouse=True)
def _here(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(runs))
    monkeypatch.setattr(catalog, "BUNDLED", runs / "none")


@pytest.mark.parametrize("run", ["openea", "dumps", "splink", "matrix"])
def test_every_page_opens(run: str) -> None:
    test = None
    for page in PAGES:
        test = visit(test, page, run=run) if test else open_page(page, run=run)
        assert not test.error, (page, test.error[0].value)


def test_scores_alone_say_what_is_missing() -> None:
    test = open_page("embeddings", run="splink")
    assert "Embeddings are not there: none came with Splink's predictions." in sentences(test)
    words = sentences(visit(test, "matches", run="splink"))
    assert "What each modality gives to the score is not known" in words
    assert "no embeddings came, but pairs with their scores" in words
    words = sentences(visit(test, "freezing", run="splink"))
    assert "**Not known:** no relevance came with Splink's predictions" in words


def test_shares_appear_where_embeddings_of_modalities_came() -> None:
    words = sentences(open_page("matches", run="dumps"))
    assert "Rank of the true pair by one modality alone" in words
    assert "Rows are taken to follow the ids of ent_ids_1 and ent_ids_2" in words


def test_two_systems_on_the_same_links_are_compared() -> None:
    words = sentences(open_page("compare", runs="openea,dumps"))
    assert "On 30 queries that every run ranked as a test link" in words


@pytest.mark.parametrize("run", ["dumps", "splink", "matrix"])
def test_the_report(runs: Path, tmp_path: Path, run: str) -> None:
    assert main([str(runs / run), "--out", str(tmp_path)]) == 0
    text = next(tmp_path.glob("*.md")).read_text()
    assert "adopted" in text
    assert ("ranked by the scores that came" in text) == (run == "splink")
    assert ("CSLS (k = 5, applied once) of the scores that came" in text) == (run == "matrix")


def test_a_training_loop_is_followed_while_it_goes_on(runs: Path) -> None:
    rng = np.random.default_rng(0)
    with pmf.LiveRun(runs.parent / "numbered", runs / "live", epochs=9, keep_every=1, maps=False) as live:
        gates = np.ones((2, 2 * foreign.COUNT))
        for epoch in range(4):
            gates[1, : 10 * epoch] = 0
            structure, image = rng.normal(size=(2, 2 * foreign.COUNT, 4))
            relevance = rng.random(gates.shape)
            live.epoch(loss=9 - epoch, structure=structure, image=image, weights=gates, relevance=relevance)
        assert "**Image: 38% frozen** (30 of 80 features; epochs 1–3" in sentences(open_page("freezing", run="live"))
        for page in ("embeddings", "overview", "train"):
            test = open_page(page, run="live", tab="watch")
            assert not test.error, (page, test.error[0].value)
