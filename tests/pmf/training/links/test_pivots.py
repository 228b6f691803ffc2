"""Starting without a single link."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pmf.config.features import FeatureOptions
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError
from pmf.features.feature_set import Feature, build_features
from pmf.progress import silent
from pmf.runs.reader import RunReader
from pmf.training.links.pivots import pivot_links
from pmf.training.start import new_run
from tests.conftest import TINY_SETTINGS


def test_pictures_find_most_of_their_own_kind(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    feature = build_features(pair, ["image"], FeatureOptions())["image"]
    pivots = pivot_links(feature, pair.n_source, count=30, seed=0)
    assert 10 <= len(pivots) <= 30
    assert len(np.unique(pivots[:, 0])) == len(np.unique(pivots[:, 1])) == len(pivots)
    truth = dict(pair.links.tolist())
    right = [truth[source] == target for source, target in pivots.tolist() if source in truth]
    assert np.mean(right) > 0.6  # every fifth picture shows something else


def test_the_most_alike_come_first(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    feature = build_features(pair, ["image"], FeatureOptions())["image"]
    few, many = (pivot_links(feature, pair.n_source, count=count, seed=0) for count in (5, 30))
    assert np.array_equal(few, many[:5])


def test_nothing_to_start_from_is_said() -> None:
    feature = Feature(np.zeros((6, 3), np.float32), np.zeros(6, bool))
    with pytest.raises(ConfigError, match=r"fewer than two entities of a graph .*; start from something else"):
        pivot_links(feature, 3, count=5, seed=0)


def test_a_run_without_seeds_trains_and_never_sees_a_link(tiny_data: Path, tmp_path: Path) -> None:
    folder, results = new_run(
        "published", TINY_SETTINGS | {"data": str(tiny_data), "seeds": "image"}, tmp_path / "r", silent
    )
    links = RunReader(folder).links
    pair = read_graph_pair(tiny_data)
    seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy()
    truth = set(map(tuple, pair.links.tolist()))
    assert any(tuple(row) not in truth for row in seeds.tolist())  # they are guesses
    assert results["source_to_target"]["hits@1"] > 0.1  # 34 candidates


@pytest.mark.parametrize(
    ("column", "ways"),
    [("name,price", ["value", "char"]), ("name,x", ["char"]), ("x,price", ["value"]), ("x,y", [])],
)
def test_what_training_can_start_from_is_named_where_the_chosen_is_lacking(
    tmp_path: Path, column: str, ways: list[str]
) -> None:
    for side in ("source", "target"):
        first, second = column.split(",")
        name = (lambda i: f"shop no {i}") if first == "name" else (lambda i: "")
        price = (lambda i: str(100 + 7 * i)) if second == "price" else (lambda i: "")
        rows = [f"{chr(0x4E00 + i) if side == 'source' else chr(0x3042 + i)},{name(i)},{price(i)}" for i in range(30)]
        (tmp_path / f"{side}.csv").write_text("\n".join([f"id,{column}", *rows]), encoding="utf-8")
    settings = {"data": str(tmp_path), "seeds": "image", "modalities": "structure"}
    with pytest.raises(ConfigError, match="has no image features") as refused:
        new_run("default", settings, tmp_path / "run", silent)
    assert [way for way in ("value", "char") if f"--set seeds={way}" in str(refused.value)] == ways
    assert ways or "give links" in str(refused.value)
