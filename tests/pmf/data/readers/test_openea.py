"""The OpenEA layout: good folders whole, broken ones not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.conftest import DATASETS

needs_data = pytest.mark.skipif(not DATASETS.exists(), reason="the data sets are not beside the project")

FILES = {
    "rel_triples_1": "a\tlikes\tb\nb\tlikes\ta\n",
    "rel_triples_2": "<A>\tlikes\tB\nA\tknows\tB\n",
    "attr_triples_1": "c\tage\t41\na\tnote\tone\ttwo\na\tnote\t\n",
    "attr_triples_2": "",
    "ent_links": "a\tA\nd\tD\na\tA\n",
    "names_1.tsv": "e\tElla\na\tAnna\n",
    "types.tsv": "entity\ttype\na\tcat\nA\tdog\n",
    "images_1.tsv": "a\tpictures/a.png\n",
}


def lay(folder: Path, **files: str | bytes | None) -> Path:
    """Writes the small good folder with some files replaced, added or (None) left out."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "pictures" / "a.png").write_bytes(b"never decoded here")
    for name, content in {**FILES, **files}.items():
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_a_small_folder_reads_in_full(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "pets"))
    assert (pair.name, pair.format) == ("pets", "openea")
    assert pair.source.entities == ["a", "b", "c", "d", "e"]  # triples, attributes, links, names
    assert pair.target.entities == ["A", "B", "D"]
    assert pair.source.relations == ["likes"]
    assert pair.target.relations == ["likes", "knows"]
    assert pair.target.relation_triples.tolist() == [[0, 0, 1], [0, 1, 1]]
    assert pair.source.attributes == ["age", "note"]
    assert pair.source.attribute_triples.tolist() == [[2, 0], [0, 1], [0, 1]]
    assert pair.source.attribute_values == ["41", "one\ttwo", ""]
    assert pair.source.names == {4: "Ella", 0: "Anna"}
    assert pair.source.types == {0: "cat"}
    assert pair.target.types == {0: "dog"}
    assert pair.source.images == {0: tmp_path / "pets" / "pictures" / "a.png"}
    assert pair.links.tolist() == [[0, 5], [3, 7]]


def test_only_triples_and_links_are_needed(tmp_path: Path) -> None:
    optional = dict.fromkeys(name for name in FILES if name.startswith(("attr", "names", "types", "images")))
    pair = read_graph_pair(lay(tmp_path / "d", **optional))
    assert pair.source.entities == ["a", "b", "d"]
    assert pair.source.attribute_triples.shape == (0, 2)
    assert pair.links.shape == (2, 2)
    assert read_graph_pair(lay(tmp_path / "d", ent_links="")).links.shape == (0, 2)


def test_one_uri_on_both_sides_gets_its_type_on_both(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "d", **{"ent_links": "x\tx\n", "types.tsv": "x\tboth\n"}))
    assert pair.source.types == {4 - 1: "both"}
    assert pair.target.types == {2: "both"}


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("rel_triples_1", "a\tlikes\n", 1, "expected head, relation, tail separated by tabs"),
        ("rel_triples_2", "A\tlikes\tB\tC\n", 1, "expected head, relation, tail separated by tabs"),
        ("rel_triples_2", None, None, "expected a file, got nothing"),
        ("ent_links", None, None, "expected a file, got nothing"),
        ("ent_links", "a\tA\n\nb\tB\n", 2, "got an empty line"),
        ("attr_triples_1", "a\tage\n", 1, "expected entity, attribute, value separated by tabs"),
        ("names_1.tsv", "a\t \n", 1, "expected entity, name separated by tabs, none of them empty"),
        ("images_1.tsv", "a\t../secret.png\n", 1, "expected a path inside the data folder, got ../secret.png"),
        ("images_1.tsv", "a\tpictures/../pictures/a.png\n", 1, "expected a path inside the data folder"),
    ],
)
def test_broken_folders_are_refused(
    tmp_path: Path, name: str, content: str | None, line: int | None, message: str
) -> None:
    folder = lay(tmp_path / "d", **{name: content})
    (tmp_path / "secret.png").touch()
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(folder)
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == (folder / name, line)


def test_a_side_without_entities_is_refused(tmp_path: Path) -> None:
    empty = dict.fromkeys(("rel_triples_2", "attr_triples_2", "ent_links"), "")
    with pytest.raises(DataFormatError, match="rel_triples_2: expected at least one entity"):
        read_graph_pair(lay(tmp_path / "d", **empty))


@pytest.mark.parametrize("where", ["file", "folder"])
def test_links_out_of_the_folder_are_refused(tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.png").touch()
    folder = lay(tmp_path / "d", **{"images_1.tsv": "b\tpictures/a.png\na\tout/a.png\n"})
    if where == "folder":
        (folder / "out").symlink_to(outside)
    else:
        (folder / "out").mkdir()
        (folder / "out" / "a.png").symlink_to(outside / "a.png")
    with pytest.raises(DataFormatError, match=r"images_1.tsv:2: expected a path inside the data folder, got out/a.png"):
        read_graph_pair(folder)


def test_links_inside_the_folder_are_followed_and_loops_left_out(tmp_path: Path) -> None:
    folder = lay(tmp_path / "d", **{"images_1.tsv": "a\tshort.png\n"})
    (folder / "short.png").symlink_to("pictures/a.png")
    assert read_graph_pair(folder).source.images == {0: folder / "pictures" / "a.png"}
    (folder / "short.png").unlink()
    (folder / "short.png").symlink_to("short.png")
    pair = read_graph_pair(folder)
    assert not pair.source.images
    assert "images_1.tsv: 1 picture left out: no such file (e.g. line 1: a short.png)." in [
        str(note) for note in pair.notes
    ]


def test_picture_features_go_to_their_entities(tmp_path: Path) -> None:
    folder = lay(tmp_path / "d", **{"image_features_2.txt": "B\n<A>\n"})
    stored = folder / "image_features_2.safetensors"
    save_file({"features": np.array([[1, 2], [3, 4]], dtype=np.float32)}, stored)
    features = read_graph_pair(folder).target.image_features
    assert {row: vector.tolist() for row, vector in features.items()} == {1: [1, 2], 0: [3, 4]}


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("A\n", "image_features_2.safetensors: expected 1 rows, one per line of image_features_2.txt, got 2"),
    ],
)
def test_picture_features_at_odds_with_their_list_are_refused(tmp_path: Path, listed: str, message: str) -> None:
    folder = lay(tmp_path / "d", **{"image_features_2.txt": listed})
    save_file({"features": np.ones((2, 2), dtype=np.float32)}, folder / "image_features_2.safetensors")
    with pytest.raises(DataFormatError, match=message):
        read_graph_pair(folder)


@pytest.mark.real
@needs_data
def test_the_real_folder_has_the_published_counts() -> None:
    pair = read_graph_pair(DATASETS / "EMOJI_ZH_EN")
    sides = (pair.source, pair.target)
    assert [len(graph) for graph in sides] == [3198, 3842]
    assert [len(graph.relations) for graph in sides] == [4, 4]
    assert [len(graph.attributes) for graph in sides] == [5, 5]
    assert [len(graph.relation_triples) for graph in sides] == [7499, 14138]
    assert [len(graph.attribute_triples) for graph in sides] == [7411, 10098]
    assert [len(graph.names) for graph in sides] == [3198, 3842]
    assert [len(graph.images) for graph in sides] == [1909, 1901]
    assert len(pair.links) == len(np.unique(pair.links[:, 0])) == len(np.unique(pair.links[:, 1])) == 1923
