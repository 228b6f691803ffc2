"""Folders that are written are read back as they were, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmf.data.readers import read_graph_pair
from pmf.data.write import copy_with_images, write_pair
from pmf.errors import ConfigError, DataFormatError
from tests.pmf.data.test_planted import assert_same_but_for_pictures


def test_a_pair_with_everything_comes_back(tmp_path: Path) -> None:
    demo = read_graph_pair("demo")
    demo.source.attribute_values[0] = 'a\ttab, "quotes" and 北京'
    images = np.zeros((len(demo), 3), np.float32)
    images[::2] = np.arange(3 * len(images[::2])).reshape(-1, 3) + 1
    write_pair(demo, tmp_path / "again", images)
    again = read_graph_pair(tmp_path / "again")
    assert_same_but_for_pictures(demo, again)
    found = {i + offset: vector for graph, offset in again.sides() for i, vector in graph.image_features.items()}
    assert sorted(found) == list(range(0, len(demo), 2))
    assert all(np.array_equal(found[i], images[i]) for i in found)


def test_entities_that_nothing_mentions_are_left_out(tmp_path: Path) -> None:
    demo = read_graph_pair("demo")
    source = replace(demo.source, entities=[*demo.source.entities, "http://atlas.example/en/resource/Nothing"])
    source.types[len(demo.source)] = "nothing"
    links = demo.links + np.array([0, 1])
    write_pair(replace(demo, source=source, links=links), tmp_path / "again", np.ones((len(demo) + 1, 2), np.float32))
    assert_same_but_for_pictures(
        replace(demo, source=replace(demo.source, types=dict(list(source.types.items())[:-1]))),
        read_graph_pair(tmp_path / "again"),
    )


@pytest.fixture
def dbp15k(tmp_path: Path) -> Path:
    """Three entities a side, their ids interleaved, names in the published place."""
    folder = tmp_path / "zh_en"
    folder.mkdir()
    for side, ids in ((1, (0, 2, 7)), (2, (5, 3, 9))):
        (folder / f"ent_ids_{side}").write_text("".join(f"{i}\thttp://{side}.example/{i}\n" for i in ids))
        (folder / f"triples_{side}").write_text(f"{ids[0]}\t0\t{ids[1]}\n{ids[1]}\t1\t{ids[2]}\n")
    (folder / "ill_ent_ids").write_text("0\t5\n2\t3\n")
    save_file({"ids": np.array([0]), "features": np.ones((1, 2), np.float32)}, folder / "image_features.safetensors")
    (tmp_path / "translated_ent_name").mkdir()
    names = [[i, [f"name{i}"]] for i in (0, 2, 7, 5, 3, 9)]
    (tmp_path / "translated_ent_name" / "dbp_zh_en.json").write_text(json.dumps(names))
    return folder


def test_dbp15k_keeps_its_layout_ids_and_names(dbp15k: Path, tmp_path: Path) -> None:
    before = read_graph_pair(dbp15k)
    images = np.array([[1, 0], [0, 0], [0, 2], [3, 3], [0, 4], [0, 0]], np.float32)
    copy_with_images(before, tmp_path / "varied", images)
    after = read_graph_pair(tmp_path / "varied")
    assert after.format == "dbp15k"
    assert_same_but_for_pictures(before, after)
    assert {i: v.tolist() for i, v in after.source.image_features.items()} == {0: [1, 0], 2: [0, 2]}
    assert {i: v.tolist() for i, v in after.target.image_features.items()} == {0: [3, 3], 1: [0, 4]}


def test_a_folder_appears_whole_or_not_at_all(dbp15k: Path, tmp_path: Path) -> None:
    pair = read_graph_pair(dbp15k)
    (tmp_path / "taken").mkdir()
    with pytest.raises(ConfigError, match="taken exists already: name a new folder"):
        write_pair(pair, tmp_path / "taken")
    (dbp15k / "ent_ids_1").unlink()
    with pytest.raises(DataFormatError, match="ent_ids_1"):
        copy_with_images(pair, tmp_path / "half", np.ones((6, 2), np.float32))
    assert not (tmp_path / "half").exists()
