"""Every form in which embeddings, similarities and pairs may come gives the same run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from scipy import sparse

import pmf
from pmf.adopting.names import Called, called
from pmf.cli import main
from pmf.runs.layout import DIRECTIONS, SOURCE_TO_TARGET
from pmf.runs.reader import RunReader
from tests import foreign_systems as foreign
from tests.foreign_systems import COUNT, LINKED
from tests.small_data import DBP15K, lay

Rows = np.ndarray
Save = Callable[[Path, Rows, list[str]], Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.table_data(tmp_path_factory.mktemp("data") / "things")


@pytest.fixture(scope="module")
def rows() -> Rows:
    source, target = foreign.vectors(4, 9, 0.8)
    return np.array(source + target, np.float32)


IDS = [f"a{i}" for i in range(COUNT)] + [f"b{i}" for i in range(COUNT)]


def hits(run: RunReader) -> list[float]:
    results = run.results()
    assert results is not None
    return [results[direction]["hits@1"] for direction in DIRECTIONS]


def expected(rows: Rows) -> list[float]:
    forward, backward = foreign.figures_of(lambda i, j: foreign.cosine(rows[i].tolist(), rows[COUNT + j].tolist()))
    return [forward["hits@1"], backward["hits@1"]]


def npy(folder: Path, rows: Rows, ids: list[str]) -> Path:
    np.save(folder / "embeddings.npy", rows)
    return folder / "embeddings.npy"


def two_sides(folder: Path, rows: Rows, ids: list[str]) -> Path:
    np.savez(folder / "both.npz", source_emb=rows[:COUNT], target_emb=rows[COUNT:])
    return folder / "both.npz"


def tensors(folder: Path, rows: Rows, ids: list[str]) -> Path:
    save_file({"joint": rows}, folder / "out.safetensors")
    return folder / "out.safetensors"


def parquet(folder: Path, rows: Rows, ids: list[str]) -> Path:
    pd.DataFrame({"id": ids, "vector": list(rows)}).sample(frac=1, random_state=0).to_parquet(folder / "e.parquet")
    return folder / "e.parquet"


def word2vec(folder: Path, rows: Rows, ids: list[str]) -> Path:
    lines = [f"{name} {' '.join(map(repr, row.tolist()))}" for name, row in zip(ids, rows, strict=True)]
    (folder / "e.txt").write_text("\n".join([f"{len(rows)} {rows.shape[1]}", *reversed(lines)]))
    return folder / "e.txt"


def with_ids(folder: Path, rows: Rows, ids: list[str]) -> Path:
    np.save(folder / "fused.npy", rows[::-1])
    (folder / "ids.txt").write_text("\n".join(reversed(ids)))
    return folder


@pytest.mark.parametrize("save", [npy, two_sides, tensors, parquet, word2vec, with_ids])
def test_embeddings(tmp_path: Path, data: Path, rows: Rows, save: Save) -> None:
    run = pmf.adopt(data, save(tmp_path, rows, IDS), run=tmp_path / "run", maps=False)
    assert hits(run) == pytest.approx(expected(rows))


def test_arrays_from_python(tmp_path: Path, data: Path, rows: Rows) -> None:
    run = pmf.adopt(data, {"fused": rows}, run=tmp_path / "run", maps=False)
    assert hits(run) == pytest.approx(expected(rows))


def test_maps_and_causes_come_last(tmp_path: Path) -> None:
    few = lay(tmp_path / "few", DBP15K)
    run = pmf.adopt(few, {"fused": np.random.default_rng(0).normal(size=(6, 4))}, run=tmp_path / "run")
    assert run.projection("fused") is not None
    assert run.projection("whole") is None  # it is the fused one
    assert run.failures() is not None


def test_entities_without_a_row_are_missing(tmp_path: Path, data: Path, rows: Rows) -> None:
    np.save(tmp_path / "fused.npy", rows[3:])
    (tmp_path / "ids.txt").write_text("\n".join([*IDS[3:-1], "nobody"]))
    run = pmf.adopt(data, tmp_path, run=tmp_path / "run", maps=False)
    frozen_at = run.frozen_at()
    assert frozen_at is not None
    assert np.flatnonzero(frozen_at[0] == -2).tolist() == [0, 1, 2, 2 * COUNT - 1]
    assert run.facts.adopted is not None
    lines = " ".join(run.facts.adopted.lines)
    assert "no row for 4 of 80 entities" in lines
    assert "left out 1 id that the data lack, such as nobody" in lines


def test_weights_and_relevance(tmp_path: Path, data: Path, rows: Rows) -> None:
    np.savez(tmp_path / "a.npz", structure=rows[:, :4], image=rows[:, 4:], weights=[0.8, 0.2],
             relevance=np.tile([[0.9, 0.1]], (2 * COUNT, 1)))  # fmt: skip
    run = pmf.adopt(data, tmp_path / "a.npz", run=tmp_path / "run", maps=False)
    weight = run.weight()
    assert weight is not None
    assert weight[:, 0].tolist() == pytest.approx((np.array([0.8, 0.2]) / np.hypot(0.8, 0.2)).tolist())
    assert run.relevance()[0, :, 5].tolist() == pytest.approx([0.9, 0.1], abs=1e-3)


def test_a_fused_embedding_that_is_no_concatenation(tmp_path: Path, data: Path, rows: Rows) -> None:
    run = pmf.adopt(data, {"fused": rows, "image": rows[:, :3]}, run=tmp_path / "run", maps=False)
    assert run.modalities == ("image", "whole")
    assert hits(run) == pytest.approx(expected(rows))
    predictions = run.predictions()
    assert predictions is not None
    assert all((row == 0).all() for row in predictions["share_image"])


def test_epochs(tmp_path: Path, data: Path, rows: Rows) -> None:
    (tmp_path / "epochs").mkdir()
    np.save(tmp_path / "fused.npy", rows)
    for epoch in (0, 5, 10):
        noise = np.random.default_rng(epoch).normal(0, 10 - epoch, rows.shape)
        np.save(tmp_path / "epochs" / f"ent_epoch_{epoch:03}.npy", rows + noise)
    run = pmf.adopt(data, tmp_path, run=tmp_path / "run", maps=False)
    snapshots, course = run.snapshots(), run.course()
    assert snapshots is not None
    assert course is not None
    assert snapshots["epochs"].tolist() == [0, 5, 10]
    assert set(course["epoch"]) == {0, 5, 10}
    reports = run.epoch_reports()
    assert [report["epoch"] for report in reports] == [0, 5, 10]
    assert reports[-1]["metrics"]["test"][SOURCE_TO_TARGET]["hits@1"] == pytest.approx(expected(rows)[0])


def test_similarities(tmp_path: Path, data: Path, rows: Rows) -> None:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    dense = unit[:COUNT] @ unit[COUNT:].T
    np.save(tmp_path / "similarity.npy", dense)
    run = pmf.adopt(data, tmp_path / "similarity.npy", run=tmp_path / "dense")
    assert hits(run) == pytest.approx(expected(rows))
    assert run.embedding("fused") is None
    assert run.failures() is not None
    few = np.where(dense >= np.sort(dense, axis=1)[:, -12][:, None], dense, 0)
    for name, form in (("csr", sparse.csr_array), ("csc", sparse.csc_array), ("coo", sparse.coo_array)):
        sparse.save_npz(tmp_path / f"{name}.npz", form(few))
        run = pmf.adopt(data, tmp_path / f"{name}.npz", run=tmp_path / name, maps=False, scope="closed")
        listed = {(int(i), int(j)): float(few[i, j]) for i, j in zip(*few.nonzero(), strict=True)}
        by_hand = foreign.figures_of_list(listed)
        assert hits(run) == pytest.approx([figures["hits@1"] for figures in by_hand])


def test_dedupe(tmp_path: Path, data: Path) -> None:
    file = tmp_path / "clusters.csv"
    rows = [("Cluster ID", "Link Score", "source file", "id")]
    rows += [(i, 0.9 - i / 100, name, f"{side}{i if i else (side == 'b') * 7}") for i in range(20)
             for name, side in (("right.csv", "b"), ("left.csv", "a"))]  # fmt: skip
    file.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    run = pmf.adopt(data, file, run=tmp_path / "run", maps=False)
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "dedupe's clusters"
    assert run.facts.adopted.probabilities
    assert hits(run) == pytest.approx([19 / LINKED, 18 / LINKED])  # b7 is in the clusters of a0, surer, and of a7
    alignment = pmf.match(run).alignment
    assert len(alignment) == 19
    assert (alignment["probability"] == alignment["similarity"]).all()


def test_sssom(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["# curie_map:", "#   L: a", "subject_id\tpredicate_id\tobject_id\tconfidence\tpredicate_modifier"]
    lines += [f"a{i}\tskos:exactMatch\tb{i}\t0.{9 - i % 9}\t{'Not' if i == 4 else ''}" for i in range(10)]
    file = tmp_path / "map.sssom.tsv"
    file.write_text("\n".join(lines))
    arguments = ["adopt", "--data", str(data), "--from", str(file), "--out", str(tmp_path / "run"), "--no-maps"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "read as SSSOM" in printed
    assert f"Hits@1 {9 / LINKED:.3f}" in printed
    assert main(["evaluate", str(tmp_path / "run")]) == 0
    assert f"Hits@1 {9 / LINKED:.3f}" in capsys.readouterr().out


def test_links_of_another_run(tmp_path: Path, data: Path, rows: Rows) -> None:
    (tmp_path / "test.csv").write_text("source,target\n" + "".join(f"a{i},b{i}\n" for i in range(10)))
    first = pmf.adopt(data, {"fused": rows}, run=tmp_path / "one", split=str(tmp_path / "test.csv"), maps=False)
    assert first.links["split"].value_counts().to_dict() == {"seed": 20, "test": 10}
    other = pmf.adopt(data, {"fused": rows[::-1]}, run=tmp_path / "two", split=str(tmp_path / "one"), maps=False)
    assert other.links.equals(first.links)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("img_emb", Called("image")),
        ("ent_embeds", Called("fused")),
        ("kg1_ent_embeds", Called("fused", "source")),
        ("target_att_features", Called("attribute", "target")),
        ("final_emb_120", Called("fused")),
        ("gate_weights", Called("weights")),
        ("sim_matrix", Called("similarity")),
        ("optimizer", None),
        ("img_att", None),
    ],
)
def test_names_of_arrays(name: str, what: Called | None) -> None:
    assert called(name) == what
