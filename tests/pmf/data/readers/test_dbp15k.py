"""The DBP15K layout: good folders whole, broken ones not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.conftest import DATASETS

needs_data = pytest.mark.skipif(not DATASETS.exists(), reason="the data sets are not beside the project")

# Ids of the two sides interleave, as they do in the published files.
FILES = {
    "ent_ids_1": "0\thttp://x/a\n2\thttp://x/b\n5\thttp://x/c\n",
    "ent_ids_2": "4\t<http://y/b>\n1\thttp://y/a\n",
    "triples_1": "0\t7\t2\n2\t8\t5\n0\t7\t2\n",
    "triples_2": "1\t9\t4\n",
    "ill_ent_ids": "0\t1\n2\t4\n0\t1\n5\t4\n",
}
ATTRIBUTES = {
    "training_attrs_1": "http://x/b\thttp://p/age\thttp://p/name\thttp://p/age\nhttp://x/elsewhere\thttp://p/name\n",
    "numerical_triples_1": "<http://x/b>\t<http://p/age>\t41\nhttp://x/b\thttp://p/age\t42\nhttp://x/none\thttp://p/z\t1\n",
}


def lay(folder: Path, **files: str | bytes | None) -> Path:
    """Writes the small good folder with some files replaced, added or (None) left out."""
    folder.mkdir(exist_ok=True)
    for name, content in {**FILES, **files}.items():
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_a_small_folder_reads_in_full(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "zh_en"))
    assert (pair.name, pair.format, pair.path) == ("DBP15K zh_en", "dbp15k", tmp_path / "zh_en")
    assert pair.source.entities == ["http://x/a", "http://x/b", "http://x/c"]
    assert pair.target.entities == ["http://y/b", "http://y/a"]
    assert pair.source.relations == ["7", "8"]
    assert pair.target.relations == ["9"]
    assert pair.source.relation_triples.tolist() == [[0, 0, 1], [1, 1, 2], [0, 0, 1]]
    assert pair.target.relation_triples.tolist() == [[1, 0, 0]]
    assert pair.links.tolist() == [[0, 4], [1, 3], [2, 3]]  # one target linked twice, the repeated link once
    assert [str(note) for note in pair.notes] == ["ill_ent_ids: 1 link: listed more than once; each counts once."]
    assert pair.source.attribute_triples.shape == (0, 2)
    assert pair.source.attribute_values == []
    assert not pair.source.names
    assert not pair.source.image_features


def test_listed_relations_keep_their_uris_and_order(tmp_path: Path) -> None:
    folder = lay(tmp_path / "d", rel_ids_1="8\thttp://p/second\n7\t<http://p/first>\n6\thttp://p/unused\n")
    pair = read_graph_pair(folder)
    assert pair.name == "d"
    assert pair.source.relations == ["http://p/second", "http://p/first", "http://p/unused"]
    assert pair.source.relation_triples[:, 1].tolist() == [1, 0, 1]


def test_values_come_first_and_names_fill_up(tmp_path: Path) -> None:
    source = read_graph_pair(lay(tmp_path / "d", **ATTRIBUTES)).source
    assert source.attributes == ["http://p/age", "http://p/name"]
    assert source.attribute_triples.tolist() == [[1, 0], [1, 0], [1, 1]]
    assert source.attribute_values == ["41", "42", ""]


@pytest.mark.parametrize("name", ["training_attrs_2", "numerical_triples_2"])
def test_attribute_files_may_be_empty_but_not_beside_the_point(tmp_path: Path, name: str) -> None:
    assert not read_graph_pair(lay(tmp_path / "d", **{name: ""})).target.attributes
    lay(tmp_path / "d", **{name: "http://z/a\thttp://p/age\t1\n"})
    with pytest.raises(DataFormatError, match=f"{name}: expected attributes of entities in ent_ids, got no line"):
        read_graph_pair(tmp_path / "d")


@pytest.mark.parametrize("place", ["d/dbp_d.json", "translated_ent_name/dbp_d.json"])
def test_translated_names_in_the_folder_or_beside_it(tmp_path: Path, place: str) -> None:
    folder = lay(tmp_path / "d")
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text('[[5, ["big", "cat"]], [0, []], [1, ["größe"]]]', encoding="utf-8")
    pair = read_graph_pair(folder)
    assert pair.source.names == {2: "big cat"}
    assert pair.target.names == {1: "größe"}
    assert pair.labels == ["a", "b", "big cat", "b", "größe"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b'[[0, ["a"]],\n[', 2, "expected JSON"),
        (b"\xff\xff\xff", None, "expected JSON"),
        (b'[[0, ["\\ud800"]]]', None, "expected JSON"),
        (b"[" * 100_000, None, "expected JSON"),
        (b'{"0": ["a"]}', None, r"expected a list of \[id, \[word, …\]\], got dict"),
        (b'[["0", ["a"]]]', None, r'expected \[id, \[word, …\]\], got \["0", \["a"\]\]'),
        (b"[[0, [1]]]", None, r"got \[0, \[1\]\]"),
    ],
)
def test_broken_names_are_refused(tmp_path: Path, content: bytes, line: int | None, message: str) -> None:
    folder = lay(tmp_path / "d", **{"dbp_d.json": content})
    with pytest.raises(DataFormatError, match=message) as caught:
        read_graph_pair(folder)
    assert (caught.value.path, caught.value.line) == (folder / "dbp_d.json", line)


def test_picture_features_go_to_their_entities(tmp_path: Path) -> None:
    folder = lay(tmp_path / "d")
    features = np.array([[1, 2], [3, 4]], dtype=np.float32)
    save_file({"ids": np.array([1, 5]), "features": features}, folder / "image_features.safetensors")
    pair = read_graph_pair(folder)
    assert {row: vector.tolist() for row, vector in pair.source.image_features.items()} == {2: [3, 4]}
    assert {row: vector.tolist() for row, vector in pair.target.image_features.items()} == {1: [1, 2]}


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 2, 5], "expected features of 3 ids, got 2 rows"),
    ],
)
def test_picture_features_at_odds_with_the_entities_are_refused(tmp_path: Path, ids: list[int], message: str) -> None:
    folder = lay(tmp_path / "d")
    tensors = {"ids": np.array(ids), "features": np.ones((2, 2), dtype=np.float32)}
    save_file(tensors, folder / "image_features.safetensors")
    with pytest.raises(DataFormatError, match=message):
        read_graph_pair(folder)


def test_pickled_features_are_never_opened(tmp_path: Path) -> None:
    folder = lay(tmp_path / "d", **{"d_GA_id_img_feature_dict.pkl": b"\x80\x04}."})
    assert not read_graph_pair(folder).source.image_features


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("ent_ids_1", "0\thttp://x/a\n0\thttp://x/b\n", 2, "expected an id used once, got 0 again"),
        ("ent_ids_2", "4\thttp://y/b\n5\thttp://y/a\n", 2, "expected an id used once, got 5 again"),
        ("ent_ids_1", "0\thttp://x/a\n1\t<http://x/a>\n", 2, "expected a URI listed once, got <http://x/a> again"),
        ("ent_ids_1", "zero\thttp://x/a\n", 1, "expected an integer id, got 'zero'"),
        ("ent_ids_1", "", None, "expected at least one id, got an empty file"),
        ("ent_ids_2", None, None, "expected a file, got nothing"),
        ("ent_ids_2", b"4\thttp://y/b\n1\t\xff\n", 2, "expected UTF-8 text, got byte 0xff"),
        ("triples_1", "0\t7\t2\n0\t7\n", 2, "expected head id, relation id, tail id separated by tabs"),
        ("triples_1", "0\t7\t3\n", 1, "expected an id listed in ent_ids, got 3"),
        ("triples_1", "4\t7\t2\n", 1, "expected an id listed in ent_ids, got 4"),
        ("triples_1", "0\tseven\t2\n", 1, "expected an integer id, got 'seven'"),
        ("triples_1", "0\t7\tx\n", 1, "expected an integer id, got 'x'"),
        ("triples_2", None, None, "expected a file, got nothing"),
        ("ill_ent_ids", "0\t9\n1\t9\n", 1, "expected links between entities of the two graphs, got 2 rows"),
        ("ill_ent_ids", "0\t1\t2\n", 1, "expected source id, target id separated by tabs"),
        ("training_attrs_1", "http://x/a\tp\nhttp://x/b\t\tp\n", 2, "expected entity URI… separated by tabs"),
        ("numerical_triples_1", "http://x/a\tp\n", 1, "expected entity URI, attribute URI, value separated by tabs"),
    ],
)
def test_broken_folders_are_refused(
    tmp_path: Path, name: str, content: str | bytes | None, line: int | None, message: str
) -> None:
    folder = lay(tmp_path / "d", **{name: content})
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(folder)
    assert message in str(caught.value)
    at_fault = "triples_1" if name == "rel_ids_1" else name
    assert (caught.value.path, caught.value.line) == (folder / at_fault, line)


@pytest.mark.real
@needs_data
@pytest.mark.parametrize(
    ("folder", "entities", "relations", "attributes", "relation_triples", "attribute_triples", "names", "links"),
    [
        (
            "mmkg/DBP15K/zh_en", (19388, 19572), (1701, 1323), (8111, 7173), (70414, 95142), (248035, 343218),
            (19388, 19572), 15000,
        ),
        (
            "mmkg/DBP15K/fr_en", (19661, 19993), (903, 1208), (4547, 6422), (105998, 115722), (273825, 351094),
            (19660, 19993), 15000,
        ),
        (
            "FB15K237-DB15K", (14541, 12842), (237, 279), (115, 0), (310116, 99028), (29247, 0), (0, 0), 12658,
        ),
    ],
)  # fmt: skip
def test_real_folders_have_the_published_counts(
    folder: str,
    entities: tuple[int, int],
    relations: tuple[int, int],
    attributes: tuple[int, int],
    relation_triples: tuple[int, int],
    attribute_triples: tuple[int, int],
    names: tuple[int, int],
    links: int,
) -> None:
    pair = read_graph_pair(DATASETS / folder)
    sides = (pair.source, pair.target)
    assert tuple(map(len, sides)) == entities
    assert tuple(len(graph.relations) for graph in sides) == relations
    assert tuple(len(graph.attributes) for graph in sides) == attributes
    assert tuple(len(graph.relation_triples) for graph in sides) == relation_triples
    assert tuple(len(graph.attribute_triples) for graph in sides) == attribute_triples
    assert tuple(len(graph.attribute_values) for graph in sides) == attribute_triples
    assert tuple(len(graph.names) for graph in sides) == names
    assert len(pair.links) == links
    assert len(np.unique(pair.links[:, 1])) == (12654 if "FB" in folder else links)


@pytest.mark.real
@needs_data
def test_real_ids_join_names_links_and_values() -> None:
    pair = read_graph_pair(DATASETS / "mmkg/DBP15K/zh_en")
    source, target = pair.links[0]
    assert pair.labels[source] == "abdullah gul"
    assert pair.locate(int(target))[0].entities[target - pair.n_source].endswith("/Abdullah_Gül")
    joined = read_graph_pair(DATASETS / "FB15K237-DB15K")
    row, attribute = joined.source.attribute_triples[0]
    assert joined.source.entities[row] == "/m/06rf7"
    assert joined.source.attributes[attribute].endswith("location.geocode.longitude")
    assert joined.source.attribute_values[0] == "9.70404945"
