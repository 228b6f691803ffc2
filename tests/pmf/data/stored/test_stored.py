"""The stored form: what comes out is what went in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from pmf.data.stored import layout
from pmf.data.stored.writer import write
from pmf.errors import ConfigError
from pmf.features.feature_set import build_features
from tests.commands import TINY, pmf
from tests.conftest import ROOT

REAL = ("mmkg/DBP15K/zh_en", "mmkg/DBP15K/fr_en", "EMOJI_ZH_EN", "FB15K237-DB15K")


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same to the last bit, arrays and what holds them too."""
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and np.array_equal(left, right)
    if isinstance(left, (KnowledgeGraph, PublishedSplit)):
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def assert_same_pair(original: GraphPair, read: GraphPair, folder: Path) -> None:
    for f in fields(GraphPair):
        if f.name in ("source", "target"):
            for g in fields(KnowledgeGraph):
                before, after = (getattr(getattr(pair, f.name), g.name) for pair in (original, read))
                assert before.keys() == after.keys() if g.name == "images" else same(before, after), g.name
        elif f.name not in ("path", "format"):
            assert same(getattr(original, f.name), getattr(read, f.name)), f.name
    assert (read.path, read.format) == (folder.resolve(), "stored")


def rich_pair(folder: Path) -> GraphPair:
    """Every field filled, with the odd values that a format may lose."""
    Image.new("RGB", (900, 500), "red").save(folder / "large.png")
    Image.new("RGB", (20, 20), "blue").save(folder / "small.png")
    (folder / "broken.png").write_text("no picture")
    graph = KnowledgeGraph(
        entities=["http://x/ä\u2028b", "urn:2", "3"],
        relations=["r", "unused"],
        attributes=["p"],
        relation_triples=np.array([[0, 0, 1], [0, 0, 1], [2, 0, 2]]),
        attribute_triples=np.array([[1, 0], [1, 0]]),
        attribute_values=["", "a\tb\n\u202e"],
        names={2: "=cmd()", 0: "é"},
        images={0: folder / "large.png", 1: folder / "small.png", 2: folder / "broken.png"},
        image_features={2: np.array([1e-40, -0.0], np.float32), 0: np.array([3, 4], np.float32)},
        types={1: "thing"},
    )
    bare = KnowledgeGraph(
        entities=["only"],
        relations=[],
        attributes=[],
        relation_triples=np.zeros((0, 3), np.int64),
        attribute_triples=np.zeros((0, 2), np.int64),
        attribute_values=[],
        images={0: folder / "small.png"},
    )
    links = np.array([[2, 3], [0, 3]])
    none = np.zeros((0, 2), np.int64)
    split = PublishedSplit(train=links[1:], valid=none, test=links[:1], unlinked_test=np.array([1]))
    return GraphPair(
        name="odd one",
        path=folder,
        format="made",
        source=graph,
        target=bare,
        links=links,
        splits={"721_5fold/1": split, "published": replace(split, valid=links[:1])},
        unlinked=np.array([1]),
        negatives=np.array([[1, 3]]),
        notes=(Note(kind="left out", why="w", file="f", count=2, examples=("a", "b")),),
    )


def test_every_field_comes_back_and_pictures_are_kept_small(tmp_path: Path) -> None:
    pair, out = rich_pair(tmp_path), tmp_path / "deep" / "out"
    (tmp_path / "image_truth.tsv").write_text("3\tirrelevant\n")
    steps: list[tuple[int, int]] = []
    manifest = write(pair, out, progress=lambda what, done, total: steps.append((done, total)))
    read = read_graph_pair(out)
    assert_same_pair(pair, read, out)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert manifest["pictures"] == {"reduced": 1, "copied": 2, "unreadable": 1}
    large, small, broken = (read.source.images[row] for row in range(3))
    assert (large.suffix, broken.suffix, broken.stat().st_size) == (".webp", ".unreadable", 0)
    assert small == read.target.images[0]  # one file for one content
    assert small.read_bytes() == (tmp_path / "small.png").read_bytes()
    assert len(list((out / "pictures").iterdir())) == 3
    assert manifest["fingerprint"] == pair.fingerprint != read.fingerprint  # a picture was made smaller
    assert (out / "image_truth.tsv").read_text() == "3\tirrelevant\n"
    again = tmp_path / "again"
    write(read, again)
    assert_same_pair(read, read_graph_pair(again), again)
    assert (again / layout.LINKS).read_bytes() == (out / layout.LINKS).read_bytes()


@pytest.mark.parametrize("name", ["demo", *(pytest.param(name, marks=pytest.mark.real) for name in REAL)])
def test_real_data_sets_come_back_equal(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = "demo" if name == "demo" else request.getfixturevalue("datasets") / name
    pair = read_graph_pair(path)
    write(pair, tmp_path / "out")
    read = read_graph_pair(tmp_path / "out")
    assert_same_pair(pair, read, tmp_path / "out")
    assert (read.fingerprint == pair.fingerprint) == (name != "EMOJI_ZH_EN")  # it alone has large pictures


@pytest.mark.real
def test_loading_dbp15k_takes_two_seconds_at_most(datasets: Path, tmp_path: Path) -> None:
    raw = datasets / "mmkg/DBP15K/zh_en"
    write(read_graph_pair(raw), tmp_path / "out")

    def seconds(folder: Path) -> float:
        """CPU seconds of reading, which other work on the machine does not stretch, in a process of its own."""
        code = "import sys, time; from pmf.data.readers import read_graph_pair as read; begin = time.process_time();"
        command = [sys.executable, "-c", f"{code} read(sys.argv[1]); print(time.process_time() - begin)", str(folder)]
        return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)

    stored_seconds = seconds(tmp_path / "out")
    assert stored_seconds < 2
    assert stored_seconds < seconds(raw) / 2


def test_features_of_stored_data_are_those_of_the_original(tiny_data: Path, tiny_stored: Path) -> None:
    modalities = ("relation", "attribute", "image", "char")
    before, after = (
        build_features(read_graph_pair(folder), modalities, FeatureOptions()) for folder in (tiny_data, tiny_stored)
    )
    for modality in modalities:
        left, right = (
            f.toarray() if hasattr(f, "toarray") else f for f in (before[modality].matrix, after[modality].matrix)
        )
        assert np.array_equal(left, right), modality
        assert np.array_equal(before[modality].present, after[modality].present)


def test_the_commands_import_and_train_on_what_was_imported(tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = pmf("data", "import", tiny_data, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["out"], summary["pictures"], summary["layout"]) == (str(out), {"copied": 112}, "openea")
    assert summary["fingerprint"] == read_graph_pair(tiny_data).fingerprint
    refused = pmf("data", "import", tiny_data, "--out", out)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines()[-1] == f"pmf: {out} exists already: name a new folder, or remove it first"
    trained = pmf("train", "--data", out, "--run", tmp_path / "run", *TINY, "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads((tmp_path / "run" / "config.json").read_text())["dataset"]["format"] == "stored"
    assert 0 <= json.loads(trained.stdout)["source_to_target"]["hits@1"] <= 1


def test_an_import_says_what_it_did(tiny_data: Path, tmp_path: Path) -> None:
    told = pmf("data", "import", tiny_data, "--out", tmp_path / "out")
    assert told.stdout.splitlines() == [
        f"{tiny_data.name} stored in {tmp_path / 'out'}: 64 + 64 entities, 56 links",
        "pictures: 112 copied",
        f"fingerprint {read_graph_pair(tiny_data).fingerprint}",
    ]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_nothing_that_exists_is_written_over(tiny_stored: Path, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "out")
    with pytest.raises(ConfigError, match="exists already"):
        write(read_graph_pair(tiny_stored), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_import_that_fails_leaves_nothing(tmp_path: Path) -> None:
    pair = rich_pair(tmp_path)

    def stop(what: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(pair, tmp_path / "new" / "out", progress=stop)
    assert not list((tmp_path / "new").iterdir())
