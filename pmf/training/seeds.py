"""Which links a run trains on, selects on and is judged by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pmf.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit, published_links, split_links
from pmf.errors import ConfigError
from pmf.features.feature_set import Feature, build_features
from pmf.training.pivots import pivot_links


def links_of(config: Config, pair: GraphPair, features: Mapping[str, Feature]) -> LinkSplit:
    """The links' parts, by ratio or as published; without seeds, pivots stand in for them.

    Raises:
        ConfigError: the data has no such split, a part would be empty, or no pivots are found.
    """
    share = config.validation_share
    if config.split == "ratio":
        split = split_links(pair.links, seed_ratio=config.seed_ratio, validation_share=share, seed=config.seed)
    elif config.split in pair.splits:
        split = published_links(pair.splits[config.split], validation_share=share, seed=config.seed)
    else:
        raise ConfigError(f"{pair.name} has no split {config.split}; there are {', '.join(['ratio', *pair.splits])}")
    if config.seeds == "links":
        return split
    feature = features.get(config.seeds) or build_features(pair, [config.seeds], config.features)[config.seeds]
    pivots = pivot_links(feature, pair.n_source, count=config.pivots, seed=config.seed)
    pivots = pivots[np.random.default_rng(config.seed).permutation(len(pivots))]
    n_val = round(share * len(pivots))
    return LinkSplit(seed_links=pivots[n_val:], val_links=pivots[:n_val], test_links=split.test_links)
