from __future__ import annotations

import numpy as np
import pytest

from pmf.data.graph_pair import PublishedSplit
from pmf.data.split import published_links, split_links
from pmf.errors import ConfigError

LINKS = np.stack([np.arange(100), np.arange(100) + 100], axis=1)


def test_parts_are_disjoint_and_whole() -> None:
    split = split_links(LINKS, seed_ratio=0.3, validation_share=0.2, seed=5)
    assert [len(p) for p in (split.seed_links, split.val_links, split.test_links)] == [24, 6, 70]
    together = np.concatenate([split.seed_links, split.val_links, split.test_links])
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, LINKS.tolist()))


def test_validation_is_taken_from_the_seeds_and_leaves_the_test_links_alone() -> None:
    without = split_links(LINKS, seed_ratio=0.3, validation_share=0, seed=5)
    split = split_links(LINKS, seed_ratio=0.3, validation_share=0.5, seed=5)
    assert len(without.val_links) == 0
    assert np.array_equal(without.test_links, split.test_links)


def test_another_seed_is_another_split() -> None:
    first, second = (split_links(LINKS, seed_ratio=0.3, validation_share=0, seed=s) for s in (0, 1))
    assert not np.array_equal(first.test_links, second.test_links)


@pytest.mark.parametrize(("count", "ratio", "share"), [(2, 0.1, 0), (10, 0.99, 0), (10, 0.2, 0.1), (10, 0.1, 0.6)])
def test_too_few_links_is_one_sentence(count: int, ratio: float, share: float) -> None:
    with pytest.raises(ConfigError, match=f"{count} links cannot be split"):
        split_links(LINKS[:count], seed_ratio=ratio, validation_share=share, seed=0)


def published(train: int, valid: int, test: int) -> PublishedSplit:
    parts = np.split(LINKS, np.cumsum([train, valid, test]))
    return PublishedSplit(train=parts[0], valid=parts[1], test=parts[2])


def test_a_published_split_is_taken_as_it_is() -> None:
    split = published_links(published(20, 10, 70), validation_share=0.5, seed=0)
    assert np.array_equal(split.seed_links, LINKS[:20])
    assert np.array_equal(split.val_links, LINKS[20:30])
    assert np.array_equal(split.test_links, LINKS[30:])


def test_validation_links_come_from_the_training_part_where_none_are_published() -> None:
    split = published_links(published(30, 0, 70), validation_share=0.2, seed=3)
    assert [len(part) for part in (split.seed_links, split.val_links, split.test_links)] == [24, 6, 70]
    together = np.concatenate([split.seed_links, split.val_links])
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, LINKS[:30].tolist()))
    assert len(published_links(published(30, 0, 70), validation_share=0, seed=3).val_links) == 0


@pytest.mark.parametrize(("train", "valid", "test", "share"), [(0, 10, 70, 0), (20, 10, 0, 0), (2, 0, 70, 0.1)])
def test_a_published_split_needs_every_part(train: int, valid: int, test: int, share: float) -> None:
    with pytest.raises(ConfigError, match=f"has {train} training, {valid} validation and {test} test links"):
        published_links(published(train, valid, test), validation_share=share, seed=0)
