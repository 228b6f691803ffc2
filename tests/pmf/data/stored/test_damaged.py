"""Nothing damaged, forged or half written comes out of the stored form."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from safetensors.numpy import save_file

from pmf.data import stored
from pmf.data.readers import read_graph_pair
from pmf.data.stored import layout
from pmf.data.stored.writer import write
from pmf.errors import DataFormatError
from tests.commands import pmf
from tests.conftest import ROOT
from tests.pmf.data.stored.test_stored import rich_pair


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
