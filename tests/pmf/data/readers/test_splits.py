"""Published splits and entities without counterpart."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import DBP2, DBP15K, OPENEA, SRPRS, lay


def test_the_five_folds_are_choices(tmp_path: Path) -> None:
    splits = read_graph_pair(lay(tmp_path, OPENEA)).splits
    assert list(splits) == ["721_5fold/1", "721_5fold/2"]
    assert splits["721_5fold/1"].train.tolist() == [[0, 3]]
    assert splits["721_5fold/1"].valid.tolist() == [[1, 4]]
    assert splits["721_5fold/2"].test.tolist() == [[0, 3]]


def test_a_validation_part_is_optional(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, OPENEA, {"721_5fold/1/valid_links": None}))
    assert pair.splits["721_5fold/1"].valid.shape == (0, 2)


def test_folders_without_test_links_are_no_splits(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, OPENEA, {"721_5fold/1/test_links": None}))
    assert list(pair.splits) == ["721_5fold/2"]


def test_supervised_and_reference_ids_are_links_and_split(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "en_fr_15k_V1" / "mapping" / "0_3", SRPRS))
    assert pair.name == "en_fr_15k_V1"
    assert pair.links.tolist() == [[0, 4], [1, 3], [2, 5]]
    assert pair.splits["published"].train.tolist() == [[0, 4]]
    assert pair.splits["published"].test.tolist() == [[1, 3], [2, 5]]


def test_reference_ids_alone_are_links_without_a_split(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, SRPRS, {"sup_ent_ids": None}))
    assert pair.links.tolist() == [[1, 3], [2, 5]]
    assert not pair.splits


def test_id_splits_may_lie_below_the_links_they_divide(tmp_path: Path) -> None:
    parts = {"0_3/sup_ent_ids": "0\t1\n", "0_3/dev_ent_ids": "2\t4\n", "0_3/ref_ent_ids": "5\t6\n"}
    pair = read_graph_pair(lay(tmp_path, DBP15K, parts))
    assert [getattr(pair.splits["0_3"], part).tolist() for part in ("train", "valid", "test")] == [
        [[0, 4]],
        [[1, 3]],
        [[2, 5]],
    ]


def test_folders_of_ids_may_come_with_folds_of_uris(tmp_path: Path) -> None:
    parts = {
        "721_5fold/1/train_links": "http://x/a\thttp://y/a\n",
        "721_5fold/1/test_links": "http://x/b\thttp://y/b\n",
    }
    split = read_graph_pair(lay(tmp_path, DBP15K, parts)).splits["721_5fold/1"]
    assert (split.train.tolist(), split.test.tolist()) == ([[0, 4]], [[1, 3]])


def test_entities_without_counterpart_are_known_by_part(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, DBP2))
    assert pair.source.entities == ["a", "b", "c", "alone"]
    assert pair.target.entities == ["A", "B", "D"]
    split = pair.splits["splits"]
    assert split.unlinked_train.tolist() == [2]
    assert split.unlinked_valid.tolist() == []
    assert split.unlinked_test.tolist() == [3, 6]
    assert pair.unlinked.tolist() == [2, 3, 6]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train_links", "a\tB\n", "train_links:1: expected a link of the data set, got a B"),
        ("train_links", "a\tZ\n", "train_links:1: expected a link of the data set, got a Z"),
        ("test_links", "c\n", "test_links:1: expected source, target separated by tabs"),
    ],
)
def test_splits_at_odds_with_the_links_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    lay(tmp_path, OPENEA, {f"721_5fold/1/{name}": content})
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(tmp_path)
    assert message in str(caught.value)


def test_another_split_is_another_fingerprint(tmp_path: Path) -> None:
    pairs = [
        read_graph_pair(lay(tmp_path / name, DBP2, change))
        for name, change in (
            ("as it was", {}),
            ("moved", {"splits/train_unlinked_ent1": "", "splits/valid_unlinked_ent1": "c\n"}),
            ("fewer", {"splits/test_links": ""}),
        )
    ]
    assert len({pair.fingerprint for pair in pairs}) == 3
