"""Which links training may see. Test links leave this file only towards evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmf.arrays import Ids
from pmf.data.graph_pair import PublishedSplit
from pmf.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSplit:
    """Disjoint parts of the links, each int64 `[·, 2]` of (source, target) entity ids.

    Args:
        seed_links: training links.
        val_links: taken from the seeds to select an epoch; empty when nothing is selected on them.
        test_links: everything else.
    """

    seed_links: Ids
    val_links: Ids
    test_links: Ids


def split_links(links: Ids, *, seed_ratio: float, validation_share: float, seed: int) -> LinkSplit:
    """Shuffle the links by `seed` and cut them.

    Args:
        links: int64 `[l, 2]`.
        seed_ratio: share of all links that are seeds, validation links among them.
        validation_share: share of the seeds set aside for validation, 0 for none.
        seed: of the shuffle; the test links depend on it and on `seed_ratio` alone.

    Raises:
        ConfigError: too few links for a part to hold at least one.
    """
    order = np.random.default_rng(seed).permutation(len(links))
    n_seed = round(seed_ratio * len(links))
    n_val = round(validation_share * n_seed)
    if n_seed - n_val < 1 or n_seed >= len(links) or (validation_share > 0 and n_val < 1):
        raise ConfigError(
            f"{len(links)} links cannot be split with seed_ratio={seed_ratio} and "
            f"validation_share={validation_share}: every part needs at least one link"
        )
    shuffled = links[order]
    return LinkSplit(seed_links=shuffled[n_val:n_seed], val_links=shuffled[:n_val], test_links=shuffled[n_seed:])


def published_links(split: PublishedSplit, *, validation_share: float, seed: int) -> LinkSplit:
    """The parts of a split that comes with the data, its test links left as they are.

    Args:
        split: the published division.
        validation_share: share of the training links set aside for validation where the split has no part for it.
        seed: of the shuffle that sets them aside.

    Raises:
        ConfigError: too few links for a part to hold at least one.
    """
    train, valid = split.train, split.valid
    if not len(valid) and validation_share > 0:
        order = np.random.default_rng(seed).permutation(len(train))
        n_val = round(validation_share * len(train))
        train, valid = split.train[order[n_val:]], split.train[order[:n_val]]
    if not len(train) or not len(split.test) or (validation_share > 0 and not len(valid)):
        raise ConfigError(
            f"the published split has {len(split.train)} training, {len(split.valid)} validation and "
            f"{len(split.test)} test links: every part needs at least one"
        )
    return LinkSplit(seed_links=train, val_links=valid, test_links=split.test)
