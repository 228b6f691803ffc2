"""An adopted run is ranked by whatever decoding is asked for: figures, candidates and pairs equal those by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import pmf
from pmf.cli import main
from pmf.errors import ConfigError
from pmf.failures.table import write_failures
from pmf.runs.layout import DIRECTIONS
from pmf.runs.reader import RunReader
from tests import foreign_systems as foreign
from tests.foreign_systems import COUNT, LINKED

CSLS = {"evaluation.decode": "csls", "evaluation.csls_k": 4}
TWICE = CSLS | {"evaluation.csls_rounds": 2}
SINKHORN = {
    "evaluation.decode": "sinkhorn",
    "evaluation.sinkhorn_temperature": 0.1,
    "evaluation.sinkhorn_iterations": 5,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.table_data(tmp_path_factory.mktemp("data") / "things")


def rows() -> np.ndarray:
    """Of both graphs, with a hub: the first target thing lies in the middle of all."""
    source, target = (np.array(table) for table in foreign.vectors(4, 9, 0.8))
    target[0] = 3 * source.mean(axis=0) + 0.3 * target[0]
    return np.concatenate([source, target]).astype(np.float32)


def cosines(table: np.ndarray) -> np.ndarray:
    unit = table.astype(np.float64) / np.linalg.norm(table, axis=1, keepdims=True)
    return unit[:COUNT] @ unit[COUNT:].T


def by_hand(similarity: np.ndarray, settings: dict[str, object]) -> np.ndarray:
    if settings["evaluation.decode"] == "sinkhorn":
        return foreign.sinkhorn(similarity, 0.1, 5)
    return foreign.csls(similarity, 4, int(str(settings.get("evaluation.csls_rounds", 1))))


def assert_ranked(run: RunReader, scores: np.ndarray) -> None:
    """Results, `evaluate`, candidates, ranks and causes are those of the scores."""
    expected = foreign.figures_of(lambda i, j: float(scores[i, j]))
    results, again, table = run.results(), pmf.evaluate(run), run.predictions()
    assert results is not None
    assert table is not None
    assert results["decode"] == again["decode"] == run.facts.config().evaluation.decoding_name
    for direction, figures, square in zip(DIRECTIONS, expected, (scores, scores.T), strict=True):
        assert results[direction] == pytest.approx(figures)
        assert again[direction] == pytest.approx(figures)
        ranked = table[table["direction"] == direction].sort_values("query")
        best = np.array([row[0] for row in ranked["candidates"]]) % COUNT
        assert best.tolist() == square.argmax(axis=1).tolist()
        assert ranked["rank"].tolist() == [1 + int((row > row[i]).sum()) for i, row in enumerate(square)]


def mutual(scores: np.ndarray) -> set[tuple[str, str]]:
    best, back = scores.argmax(axis=1), scores.argmax(axis=0)
    return {(f"a{i}", f"b{j}") for i, j in enumerate(best) if back[j] == i}


def matched(run: RunReader) -> set[tuple[str, str]]:
    alignment = pmf.match(run).alignment
    return set(zip(alignment["source"], alignment["target"], strict=True))


@pytest.mark.parametrize("settings", [CSLS, TWICE, SINKHORN])
def test_embeddings(tmp_path: Path, data: Path, settings: dict[str, object]) -> None:
    run = pmf.adopt(data, {"fused": rows()}, run=tmp_path / "run", settings=settings, maps=False)
    plain = cosines(rows())[:LINKED, :LINKED]  # linked things are the candidates
    scores = by_hand(plain, settings)
    assert (scores.argmax(axis=1) != plain.argmax(axis=1)).any()
    assert_ranked(run, scores)
    assert run.facts.adopted is not None
    assert run.facts.adopted.lines[-1] == f"Candidates are ranked by {run.facts.config().evaluation.decoding_name}."
    assert matched(run) == mutual(by_hand(cosines(rows()), settings))
    failures, predictions = write_failures(run, pmf.read_data(data)), run.predictions()
    assert predictions is not None
    assert failures["right"].sum() == (predictions["rank"] == 1).sum()


def test_cosine_is_the_default_and_is_said(tmp_path: Path, data: Path) -> None:
    run = pmf.adopt(data, {"fused": rows()}, run=tmp_path / "run", maps=False)
    assert_ranked(run, cosines(rows())[:LINKED, :LINKED])
    assert matched(run) == mutual(cosines(rows()))
    assert run.facts.adopted is not None
    assert run.facts.adopted.lines[-1].startswith("Candidates are ranked by cosine. Runs trained here use csls(")


@pytest.mark.parametrize("settings", [CSLS, TWICE, SINKHORN])
def test_a_whole_similarity(tmp_path: Path, data: Path, settings: dict[str, object]) -> None:
    similarity = cosines(rows()).astype(np.float32)
    np.save(tmp_path / "similarity.npy", similarity)
    run = pmf.adopt(data, tmp_path / "similarity.npy", run=tmp_path / "run", settings=settings)
    scores = by_hand(similarity[:LINKED, :LINKED].astype(np.float64), settings)
    assert_ranked(run, scores)
    assert matched(run) == mutual(scores)
    assert run.failures() is not None


def test_a_list_of_pairs(tmp_path: Path, data: Path) -> None:
    similarity = cosines(rows())
    listed = similarity >= np.sort(similarity, axis=1)[:, -6][:, None]
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["source", "target", "score"])
        table.writerows(
            [f"a{i}", f"b{j}", repr(float(similarity[i, j]))] for i, j in zip(*listed.nonzero(), strict=True)
        )
    arguments = ["adopt", "--data", str(data), "--from", str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "run"),
                 "--scope", "closed", "--set", "evaluation.decode=csls", "--set", "evaluation.csls_k=4"]  # fmt: skip
    assert main(arguments) == 0
    run = RunReader(tmp_path / "run")
    scores = by_hand(np.where(listed, similarity, np.nan)[:LINKED, :LINKED], CSLS)
    pairs = {(i, j): float(scores[i, j]) for i, j in zip(*np.isfinite(scores).nonzero(), strict=True)}
    results = run.results()
    assert results is not None
    for direction, figures in zip(DIRECTIONS, foreign.figures_of_list(pairs), strict=True):
        assert results[direction] == pytest.approx(figures)
    assert matched(run) == mutual(np.where(np.isfinite(scores), scores, -np.inf))
    assert run.failures() is not None


def test_the_command_line_says_it_as_well(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "fused.npy", rows())
    arguments = ["adopt", "--data", str(data), "--from", str(tmp_path / "fused.npy"), "--no-maps", "--json"]
    assert main([*arguments, "--out", str(tmp_path / "run"), "--decode", "csls", "--set", "evaluation.csls_k=4"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["lines"][-1] == "Candidates are ranked by csls(k=4, rounds=1)."
    assert_ranked(RunReader(tmp_path / "run"), by_hand(cosines(rows())[:LINKED, :LINKED], CSLS))
    for more, message in (
        (["--set", "evaluation.decode=csls", "--decode", "csls"], "evaluation.decode is said twice"),
        (["--set", "train.epochs=3"], "train.epochs is no setting of an adopted run; there are evaluation.decode"),
        (["--set", "evaluation.csls_k=0"], "evaluation.csls_k must be above 0"),
        (["--set", "evaluation.decode=best"], "evaluation.decode must be one of"),
    ):
        assert main([*arguments, "--out", str(tmp_path / "other"), *more]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "decode", "message"),
    [
        (
            "similarity.npy",
            "greedy",
            "greedy cannot work on a similarity of all pairs.*csls, mutual, sinkhorn can",
        ),
        ("pairs.csv", "sinkhorn", "sinkhorn cannot work on pairs with their scores.*cosine, csls can"),
    ],
)
def test_what_scores_do_not_allow(tmp_path: Path, data: Path, name: str, decode: str, message: str) -> None:
    np.save(tmp_path / "similarity.npy", cosines(rows()))
    (tmp_path / "pairs.csv").write_text("source,target,score\na1,b1,0.5\n")
    with pytest.raises(ConfigError, match=message):
        pmf.adopt(data, tmp_path / name, run=tmp_path / "run", decode=decode)
    assert not (tmp_path / "run").exists()
