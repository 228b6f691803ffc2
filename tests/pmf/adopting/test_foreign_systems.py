"""Outputs of three other systems become runs whose figures, shares and ranks are those counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pmf
from pmf.alignment.explanation.shares import shares
from pmf.cli import main
from pmf.runs.layout import DIRECTIONS
from pmf.runs.reader import RunReader
from tests import foreign_systems as foreign
from tests.foreign_systems import COUNT, LINKED, Figures


def assert_figures(run: RunReader, expected: tuple[Figures, Figures]) -> None:
    """In the run's results, in its predictions and by `pmf evaluate`."""
    results, again, table = run.results(), pmf.evaluate(run), run.predictions()
    assert results is not None
    assert table is not None
    assert run.state().name == "finished"
    for direction, figures in zip(DIRECTIONS, expected, strict=True):
        assert results[direction] == pytest.approx(figures)
        assert again[direction] == pytest.approx(figures)
        ranks = table.loc[(table["direction"] == direction) & (table["split"] == "test"), "rank"]
        assert len(ranks) == LINKED
        assert float((ranks <= 1).mean()) == pytest.approx(figures["hits@1"])
    run.check()


def entity(run: RunReader, uri: str) -> int:
    return int(np.flatnonzero(run.entities["uri"] == uri)[0])


def test_openea(tmp_path: Path) -> None:
    data = foreign.numbered_data(tmp_path / "data")
    source, target = foreign.openea_output(tmp_path / "output" / "MTransE")
    run = pmf.adopt(data, tmp_path / "output" / "MTransE", run=tmp_path / "run", maps=False)
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "OpenEA's output folder"
    assert run.modalities == ("whole",)
    assert_figures(run, foreign.figures_of(lambda i, j: foreign.cosine(source[i], target[j])))
    assert any("rel_embeds.npy" in line for line in run.facts.adopted.lines)
    assert any("No embeddings of modalities came" in line for line in run.facts.adopted.lines)
    alignment = pmf.match(run).alignment  # all are test links, so all of both graphs are compared
    pairs = {(row.source, row.target): row.similarity for row in alignment.itertuples()}
    for (one, other), similarity in list(pairs.items())[:5]:
        i, j = (int(name.rpartition("/t")[2]) for name in (one, other))
        assert similarity == pytest.approx(foreign.cosine(source[i], target[j]), abs=1e-6)


def test_numpy_dumps_of_modalities(tmp_path: Path) -> None:
    data = foreign.numbered_data(tmp_path / "data")
    parts = foreign.dumps(tmp_path / "dumps")
    run = pmf.adopt(data, tmp_path / "dumps", run=tmp_path / "run", maps=False)
    assert run.modalities == ("structure", "attribute", "image")
    length = sum(gate**2 for gate in foreign.GATES.values())

    def share(name: str, i: int, j: int) -> float:
        return foreign.GATES[name] ** 2 / length * foreign.cosine(parts[name][0][i], parts[name][1][j])

    assert_figures(run, foreign.figures_of(lambda i, j: sum(share(name, i, j) for name in foreign.PARTS)))
    for i, j in ((0, 0), (3, 17), (COUNT - 1, 2)):
        pair = np.array(entity(run, foreign.uri(1, i))), np.array(entity(run, foreign.uri(2, j)))
        expected = [share(name, i, j) for name in ("gph", "att", "img")]
        assert shares(run, *pair).tolist() == pytest.approx(expected, abs=1e-6)
    one, other = entity(run, foreign.uri(1, 3)), entity(run, foreign.uri(2, 17))
    ranks = pmf.explain(run, one, other).source_to_target
    similar = [sum(share(name, 3, j) for name in foreign.PARTS) for j in range(LINKED)]
    assert (ranks.fused.candidate, ranks.fused.truth) == (
        1 + sum(value > similar[17] for value in similar),
        1 + sum(value > similar[3] for value in similar),
    )
    results = run.results()
    assert results is not None
    for name, ours in (("gph", "structure"), ("att", "attribute"), ("img", "image")):
        alone = foreign.figures_of(lambda i, j, own=parts[name]: foreign.cosine(own[0][i], own[1][j]))
        assert results["single_modality"][ours][DIRECTIONS[0]] == pytest.approx(alone[0])
    assert run.facts.adopted is not None
    assert "Rows are taken to follow the ids of ent_ids_1 and ent_ids_2." in run.facts.adopted.lines


def test_splink(tmp_path: Path) -> None:
    data = foreign.table_data(tmp_path / "data")
    weights = foreign.splink_predictions(tmp_path / "predictions.csv")
    run = pmf.adopt(data, tmp_path / "predictions.csv", run=tmp_path / "run", scope="closed")
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "Splink's predictions"
    outside = sum(i >= LINKED or j >= LINKED for i, j in weights)
    assert f"{outside} pairs of entities that are in no test link left out" in " ".join(run.facts.adopted.lines)
    assert_figures(run, foreign.figures_of_list(weights))
    table = run.failures()
    assert table is not None
    assert set(table.loc[~table["right"], "cause"]) <= {"hub", "no-candidate", "unexplained"}
    assert len(pmf.match(run).alignment) > 0
    predictions = run.predictions()
    assert predictions is not None
    uris = run.entities["uri"]
    for row in predictions[predictions["direction"] == DIRECTIONS[0]].itertuples():
        listed = {j: w for (i, j), w in weights.items() if f"a{i}" == uris[row.query] and j < LINKED}
        assert [uris[c] for c in row.candidates] == [f"b{j}" for j in sorted(listed, key=lambda j: (-listed[j], j))]
        assert row.similarity.tolist() == pytest.approx([2**w / (1 + 2**w) for w in sorted(listed.values())[::-1]])


def test_a_table_with_pairs_of_unlinked_entities_loses_none(tmp_path: Path) -> None:
    data = foreign.table_data(tmp_path / "data")
    weights = foreign.splink_predictions(tmp_path / "predictions.csv")
    run = pmf.adopt(data, tmp_path / "predictions.csv", run=tmp_path / "run", maps=False)
    assert run.facts.config().evaluation.scope == "open"
    assert run.facts.adopted is not None
    assert "so all entities are candidates (--scope closed" in " ".join(run.facts.adopted.lines)
    predictions = run.predictions()
    assert predictions is not None
    assert predictions.loc[predictions["direction"] == DIRECTIONS[0], "candidates"].map(len).sum() == len(weights)
    answer = pmf.match(run).alignment
    assert (answer["source"].str[1:].astype(int) >= LINKED).any()


def test_what_an_adopted_run_cannot_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, folder = foreign.table_data(tmp_path / "data"), str(tmp_path / "run")
    foreign.splink_predictions(tmp_path / "p.csv")
    pmf.adopt(data, tmp_path / "p.csv", run=folder, maps=False)
    (tmp_path / "verdicts.csv").write_text("source,target,verdict\na1,b1,match\n")
    for arguments, message in (
        (["train", "--resume", folder], "is trained by another system"),
        (["train", "--from", folder, "--verdicts", str(tmp_path / "verdicts.csv")], "was trained by another system"),
        (["evaluate", folder, "--decode", "csls"], "adopt it anew with that setting"),
        (["match", folder, "--out", str(tmp_path / "a.tsv"), "--decode", "hungarian"], "mutual is all that matches"),
        (["explain", folder, "a1", "b1"], "has no embeddings: it comes from Splink's predictions"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
