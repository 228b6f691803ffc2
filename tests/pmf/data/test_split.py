from __future__ import annotations

import numpy as np
import pytest

from pmf.data.graph_pair import PublishedSplit
from pmf.data.split import published_links, split_links

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


@pytest.mark.parametrize(
    ("count", "ratio", "share", "sizes"),
    [
        (0, 0.3, 0.1, (0, 0, 0)),
        (1, 0.3, 0.1, (1, 0, 0)),  # somebody has to teach
        (2, 0.1, 0, (1, 0, 1)),
        (5, 0.3, 0.1, (2, 0, 3)),
        (10, 1, 0.1, (9, 1, 0)),  # all known, nothing is measured
        (10, 0.1, 0.6, (1, 0, 9)),  # no validation where it would leave no seed
    ],
)
def test_any_number_of_links_will_do(count: int, ratio: float, share: float, sizes: tuple[int, int, int]) -> None:
    split = split_links(LINKS[:count], seed_ratio=ratio, validation_share=share, seed=0)
    parts = (split.seed_links, split.val_links, split.test_links)
    assert tuple(map(len, parts)) == sizes
    assert sorted(map(tuple, np.concatenate(parts).tolist())) == sorted(map(tuple, LINKS[:count].tolist()))


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


@pytest.mark.parametrize(
    ("given", "sizes"), [((20, 10, 0), (20, 10, 0)), ((2, 0, 7), (2, 0, 7)), ((24, 0, 0), (22, 2, 0))]
)
def test_a_published_split_may_lack_parts(given: tuple[int, int, int], sizes: tuple[int, int, int]) -> None:
    split = published_links(published(*given), validation_share=0.1, seed=0)
    assert (len(split.seed_links), len(split.val_links), len(split.test_links)) == sizes
