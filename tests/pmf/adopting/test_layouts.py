"""Folders and files as their authors' code writes them: names, endings and columns are theirs."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import pmf
from pmf.runs.layout import DIRECTIONS
from pmf.runs.reader import RunReader
from tests import foreign_systems as foreign
from tests.foreign_systems import COUNT, LINKED, uri


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.numbered_data(tmp_path_factory.mktemp("data") / "things")


def hits(run: RunReader) -> list[float]:
    results = run.results()
    assert results is not None
    return [results[direction]["hits@1"] for direction in DIRECTIONS]


def openea(folder: Path, *, shared: bool = False, ending: str = "") -> np.ndarray:
    """All that OpenEA saves; with shared ids a linked pair has one row, as its `sharing` mode gives it."""
    source, target = (np.array(table, np.float32) for table in foreign.vectors(2, 12, 0.9))
    folder.mkdir()
    order = list(range(2 * COUNT))
    random.Random(3).shuffle(order)
    rows = np.zeros((2 * COUNT, 12), np.float32)
    ids: tuple[dict[str, int], dict[str, int]] = {}, {}
    for thing, row in enumerate(order):
        side, number = divmod(thing, COUNT)
        if shared and side and number < 5:
            row = order[number]
        ids[side][uri(side + 1, number)] = row
        rows[row] = (source, target)[side][number]
    np.save(folder / "ent_embeds.npy", rows)
    for name in ("rel", "attr"):
        np.save(folder / f"{name}_embeds.npy", np.ones((3, 12), np.float32))
    np.save(folder / "rev_mapping_mat.npy", np.eye(12, dtype=np.float32))
    for side, own in enumerate(ids, start=1):
        (folder / f"kg{side}_ent_ids{ending}").write_text("".join(f"{name}\t{row}\n" for name, row in own.items()))
        for kind in ("rel", "attr"):
            (folder / f"kg{side}_{kind}_ids").write_text(f"http://x.example/{kind}\t0\n")
            (folder / f"kg{side}_{kind}_embeds_txt").write_text("http://x.example/r 1.0 1.0\n")
        lines = [f"{name} {' '.join(map(str, rows[row]))}\n" for name, row in own.items()]
        (folder / f"kg{side}_ent_embeds_txt{ending}").write_text("".join(lines))
    pairs = [f"{ids[0][uri(1, i)]}\t{ids[1][uri(2, i if i % 3 else (i + 1) % LINKED)]}\n" for i in range(LINKED)]
    (folder / f"alignment_results_12{ending}").write_text("".join(pairs))
    if shared:
        target[:5] = rows[[order[i] for i in range(5)]]
        source[:5] = target[:5]
    return np.concatenate([source, target])


def cosines(rows: np.ndarray) -> list[float]:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    square = unit[:COUNT] @ unit[COUNT:].T
    return [figures["hits@1"] for figures in foreign.figures_of(lambda i, j: float(square[i, j]))]


@pytest.mark.parametrize("ending", ["", ".tsv", ".txt"])
@pytest.mark.parametrize("shared", [False, True])
def test_openea_as_it_saves(tmp_path: Path, data: Path, ending: str, shared: bool) -> None:
    rows = openea(tmp_path / "MTransE", shared=shared, ending=ending)
    run = pmf.adopt(data, tmp_path / "MTransE", run=tmp_path / "run", maps=False)
    assert hits(run) == pytest.approx(cosines(rows))
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "OpenEA's output folder"
    unused = next(line for line in run.facts.adopted.lines if line.startswith("Not used"))
    assert all(name in unused for name in ("rel_embeds.npy", "attr_embeds.npy", "alignment_results_12"))


def test_openea_by_its_texts(tmp_path: Path, data: Path) -> None:
    rows = openea(tmp_path / "out")
    (tmp_path / "out" / "ent_embeds.npy").unlink()
    run = pmf.adopt(data, tmp_path / "out", run=tmp_path / "run", maps=False)
    assert hits(run) == pytest.approx(cosines(rows))


@pytest.mark.parametrize("by_role", [False, True])
def test_openea_by_its_aligned_pairs(tmp_path: Path, data: Path, by_role: bool) -> None:
    openea(tmp_path / "out")
    files = {"pairs": tmp_path / "out" / "alignment_results_12"}
    if not by_role:
        files = {}
        for name in ("ent_embeds.npy", "kg1_ent_embeds_txt", "kg2_ent_embeds_txt"):
            (tmp_path / "out" / name).unlink()
    run = pmf.adopt(data, tmp_path / "out", files=files, run=tmp_path / "run", maps=False)
    assert hits(run)[0] == pytest.approx(sum(i % 3 > 0 for i in range(LINKED)) / LINKED)
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "OpenEA's aligned pairs"


def test_commas_in_ids_of_a_text(tmp_path: Path) -> None:
    names = [f"http://x.example/{side}/Paris,_{i}" for side in (1, 2) for i in range(3)]
    for side, own in (("source", names[:3]), ("target", names[3:])):
        (tmp_path / "data" / side).mkdir(parents=True)
        text = "".join(f'"{name}",thing\n' for name in own)
        (tmp_path / "data" / side / "entities.csv").write_text(f"id,name\n{text}")
    links = "".join(f'"{one}","{other}"\n' for one, other in zip(names, names[3:], strict=False))
    (tmp_path / "data" / "links.csv").write_text(f"source,target\n{links}")
    (tmp_path / "vectors.txt").write_text("".join(f"{name} {i % 3}.5 {-(i % 3)} 1\n" for i, name in enumerate(names)))
    run = pmf.adopt(tmp_path / "data", tmp_path / "vectors.txt", run=tmp_path / "run", maps=False)
    assert hits(run) == [1, 1]


def test_candidates_as_meaformer_writes_them(tmp_path: Path, data: Path) -> None:
    header = "idx,rank,query_id,gt_id,ret1,ret2,ret3,v1,v2,v3"
    lines = []
    for i in range(LINKED):  # of every fourth the truth is second
        found = [(i + 1) % LINKED, i, (i + 2) % LINKED] if i % 4 == 0 else [i, (i + 1) % LINKED, (i + 2) % LINKED]
        ids = ",".join(str(2 * j + 1) for j in found)
        lines.append(f"{i},{int(i % 4 == 0)},{2 * i},{2 * i + 1},{ids},0.1,0.2,0.3")
    file = tmp_path / "MEAformer_DBP15K_zh_en_0.3_ep500_pred.txt"
    file.write_bytes("\r\n".join([header, *lines, ""]).encode())
    run = pmf.adopt(data, file, run=tmp_path / "run", maps=False)
    assert hits(run)[0] == pytest.approx(sum(i % 4 > 0 for i in range(LINKED)) / LINKED)
    predictions = run.predictions()
    assert predictions is not None
    first = predictions[predictions["direction"] == DIRECTIONS[0]].iloc[0]
    assert first["similarity"].tolist() == pytest.approx([0.9, 0.8, 0.7])
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "MEAformer's candidates"


@pytest.mark.parametrize("score", ["Link Score", "confidence_score"])
def test_clusters_of_dedupe(tmp_path: Path, score: str) -> None:
    """`Link Score` and `source file` are of its example of linking two files, `confidence_score` of one file."""
    folder = foreign.table_data(tmp_path / "data")
    rows = [f"{i},{0.9 - i / 100},{side}{i},thing {i}" for i in range(20) for side in "ab"]
    (tmp_path / "out.csv").write_text("\n".join([f"Cluster ID,{score},id,name", *rows]))
    run = pmf.adopt(folder, tmp_path / "out.csv", run=tmp_path / "run", maps=False)
    assert hits(run) == pytest.approx([20 / LINKED] * 2)


def test_the_columns_of_splink(tmp_path: Path) -> None:
    """Linking two tables writes `source_dataset_…` and `match_key`; who names the id column otherwise has `id_l`."""
    folder = foreign.table_data(tmp_path / "data")
    names = (
        "match_weight,match_probability,source_dataset_l,source_dataset_r,id_l,id_r,name_l,name_r,gamma_name,match_key"
    )
    rows = [f"{9 - i / 10},0.99,left,right,a{i},b{i},thing {i},thing {i},3,0" for i in range(20)]
    (tmp_path / "out.csv").write_text("\n".join([names, *rows]))
    run = pmf.adopt(folder, tmp_path / "out.csv", run=tmp_path / "run", maps=False)
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "Splink's predictions"
    assert hits(run) == pytest.approx([20 / LINKED] * 2)
