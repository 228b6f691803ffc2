"""The stored form: what comes out is what went in, and nothing damaged comes out."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from safetensors.numpy import save_file

from pmf.config.features import FeatureOptions
from pmf.data import stored
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from pmf.data.stored import layout
from pmf.data.stored.writer import write
from pmf.errors import ConfigError, DataFormatError
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


@pytest.fixture(scope="module")
def tiny_stored(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "tiny"
    write(read_graph_pair(tiny_data), folder)
    return folder


@pytest.fixture
def copy(tiny_stored: Path, tmp_path: Path) -> Path:
    """A stored data set to damage."""
    folder = tmp_path / "copy"
    write(read_graph_pair(tiny_stored), folder)
    return folder


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


@pytest.fixture(scope="module")
def slow_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of pictures that take a while to make small."""
    folder = tmp_path_factory.mktemp("slow")
    rng = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    for i in range(24):
        pixels = rng.integers(256, size=(400, 400, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{i}.png", compress_level=0)
    for side in (1, 2):
        (folder / f"rel_triples_{side}").write_text("".join(f"e{i}\tr\te{(i + 1) % 24}\n" for i in range(24)))
    (folder / "images_1.tsv").write_text("".join(f"e{i}\tpictures/{i}.png\n" for i in range(24)))
    (folder / "ent_links").write_text("".join(f"e{i}\te{i}\n" for i in range(24)))
    return folder


@pytest.mark.parametrize("pictures", [0, 3, 10])
def test_a_killed_import_leaves_nothing_that_reads_as_complete(slow_data: Path, tmp_path: Path, pictures: int) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pmf", "data", "import", str(slow_data), "--out", str(out), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob(".new-*/data/pictures/*"))) < pictures or not list(tmp_path.glob(".new-*")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    for left in tmp_path.glob(".new-*/data"):
        with pytest.raises(DataFormatError):
            read_graph_pair(left)
    assert pmf("data", "import", slow_data, "--out", out).returncode == 0
    assert len(read_graph_pair(out).source.images) == 24


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "pictures")


def lose(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def exchange(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(100) + b"PAR1")


@pytest.mark.parametrize("damage", [lose, cut, flip, exchange])
def test_any_damaged_table_is_named_in_one_sentence(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    pair = rich_pair(tmp_path)
    write(pair, tmp_path / "whole")
    tables = [path.relative_to(tmp_path / "whole") for path in files_of(tmp_path / "whole")]
    assert len(tables) == 15  # manifest, links, negatives, splits, features and five tables a side
    for number, name in enumerate(tables):
        if name.name == stored.MANIFEST:
            continue
        folder = tmp_path / f"copy {number}"
        write(pair, folder)
        damage(folder / name)
        with pytest.raises(DataFormatError) as caught:
            read_graph_pair(folder)
        assert caught.value.path == folder / name
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: json.dumps({**m, "format": 2}), "format 2, written by a newer version: update"),
        (lambda m: json.dumps({**m, "format": "1"}), "got something else"),
        (lambda m: json.dumps({**m, "splits": [1]}), "got something else"),
        (lambda m: json.dumps({**m, "splits": ["lost"]}), "expected the split lost, got nothing"),
        (lambda m: json.dumps({**m, "files": {}}), "got no entry: import the data again"),
        (lambda m: json.dumps({**m, "files": {layout.LINKS: 3}}), "import the data again"),
        (lambda m: json.dumps(m)[:-9], "got no JSON"),
        (lambda m: "[" * 100_000, "got no JSON"),
        (lambda m: "[]", "got something else"),
    ],
)
def test_a_manifest_that_is_newer_or_damaged(copy: Path, change: Callable[[Any], str], message: str) -> None:
    path = copy / stored.MANIFEST
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(DataFormatError, match=message):
        read_graph_pair(copy)


def forge(folder: Path, name: str, content: Callable[[Path], None]) -> None:
    """Put another file in place of one, with a manifest to match."""
    content(folder / name)
    path = folder / stored.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["files"][name] = {"bytes": 0, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
    path.write_text(json.dumps(manifest))


SECOND = object()


def changed(table: str, column: str, value: Any) -> tuple[str, Callable[[Path], None]]:
    """A table with its first value of a column changed, or made that of the second row."""

    def content(path: Path) -> None:
        rows = pq.read_table(path)
        _, second, *rest = rows[column].to_pylist()
        values = [second if value is SECOND else value, second, *rest]
        place = rows.column_names.index(column)
        pq.write_table(
            rows.set_column(place, rows.schema.field(column), pa.array(values, rows.schema.field(column).type)), path
        )

    return table, content


FORGED = {
    "id too high": (*changed("source/relation_triples.parquet", "tail", 64), "tail below 64"),
    "id below zero": (*changed("target/attribute_triples.parquet", "entity", -1), "entity below 64"),
    "link to a source": (*changed("links.parquet", "target", 0), "expected target ids, got 0"),
    "URI twice": (*changed("target/entities.parquet", "uri", SECOND), "each URI once"),
    "relation twice": (*changed("source/relations.parquet", "uri", SECOND), "each URI once"),
    "picture outside": (*changed("source/entities.parquet", "picture", "../../../secret.png"), "expected the picture"),
    "other columns": (
        "links.parquet",
        lambda path: pq.write_table(pa.table({"source": ["a"], "target": ["b"]}), path),
        "expected columns",
    ),
    "no table": ("links.parquet", lambda path: path.write_bytes(b"PAR1PAR1"), "expected a Parquet file"),
    "no entities": (
        "source/entities.parquet",
        lambda path: pq.write_table(layout.SCHEMAS["entities.parquet"].empty_table(), path),
        "expected entities",
    ),
    "features of others": (
        "source/image_features.safetensors",
        lambda path: save_file({"entities": np.array([64]), "features": np.ones((1, 2), np.float32)}, path),
        "one vector each of some of 64 entities",
    ),
    "features not finite": (
        "source/image_features.safetensors",
        lambda path: save_file({"entities": np.array([1]), "features": np.full((1, 2), np.nan, np.float32)}, path),
        "finite numbers",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_file_with_a_manifest_to_match_is_refused(
    copy: Path, name: str, content: Callable[[Path], None], message: str
) -> None:
    forge(copy, name, content)
    with pytest.raises(DataFormatError, match=message):
        read_graph_pair(copy)


def test_forged_splits_are_refused(tmp_path: Path) -> None:
    write(rich_pair(tmp_path), tmp_path / "out")
    read = read_graph_pair(tmp_path / "out")
    parts = {f"{name}/{part}": ids for name, split in read.splits.items() for part, ids in vars(split).items()}
    for change, message in (
        ({"published/train": np.array([[1, 3]])}, "published/train: links of the data set"),
        ({"published/unlinked_test": np.array([4])}, "published/unlinked_test: entities below 4"),
        ({"unlinked": np.array([-1])}, "unlinked: entities below 4"),
    ):
        tensors = {"unlinked": read.unlinked, **parts, **change}
        forge(tmp_path / "out", layout.SPLITS, lambda path, tensors=tensors: save_file(tensors, path))  # type: ignore[misc]
        with pytest.raises(DataFormatError, match=message):
            read_graph_pair(tmp_path / "out")


def test_forged_negatives_are_refused(tmp_path: Path) -> None:
    write(rich_pair(tmp_path), tmp_path / "out")
    for pairs in ([[1, 4]], [[3, 3]], [[-1, 3]], [[1, 3, 3]]):
        forge(
            tmp_path / "out",
            layout.NEGATIVES,
            lambda path, pairs=pairs: save_file({"negatives": np.array(pairs)}, path),  # type: ignore[misc]
        )
        with pytest.raises(DataFormatError, match="a source entity below 3 and a target entity below 4"):
            read_graph_pair(tmp_path / "out")


def test_pictures_that_are_lost_or_lead_elsewhere_are_refused(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (4, 4)).save(secret)
    picture = next(iter(read_graph_pair(copy).source.images.values()))
    picture.unlink()
    with pytest.raises(DataFormatError, match=f"expected the picture {picture.name}, got none"):
        read_graph_pair(copy)
    picture.symlink_to(secret)
    with pytest.raises(DataFormatError, match="got none"):
        read_graph_pair(copy)
    (copy / "pictures").rename(tmp_path / "moved")
    (copy / "pictures").symlink_to(tmp_path / "moved")
    with pytest.raises(DataFormatError, match="got none"):
        read_graph_pair(copy)
